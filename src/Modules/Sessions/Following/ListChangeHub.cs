using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>
/// Looks after every open stream of this node. One loop compares what each has been shown with what holds now; a stream wakes up only when
/// there is something to send. A change that leaves a list as it was is not a change.
/// </summary>
internal sealed partial class ListChangeHub(
    IToolViews views, ICredentials credentials, IReadModels models, SessionRegistry sessions, SessionsOptions options, IHostApplicationLifetime lifetime,
    TimeProvider time, ILogger<ListChangeHub> logger) : BackgroundService
{
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(5);
    private readonly ConcurrentDictionary<Watch, bool> watches = new();
    private long endedSeen;
    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Begins to look after a stream. What changed since the caller's view was found is noticed too.</summary>
    /// <param name="caller">Whose stream it is.</param>
    /// <param name="session">Its session; null in the stateless era.</param>
    /// <param name="servesCall">Whether it is the answer of a call.</param>
    public Watch Begin(Caller caller, Session? session, bool servesCall = false)
    {
        var watch = new Watch(caller, session) { ServesCall = servesCall };
        watches.TryAdd(watch, true);
        if (!servesCall && lifetime.ApplicationStopping.IsCancellationRequested)
        {
            watch.Signal(WatchSignal.Ended);
        }

        wake.Writer.TryWrite(true);
        return watch;
    }

    /// <summary>The stream has ended.</summary>
    public void End(Watch watch) => watches.TryRemove(watch, out _);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stopping = lifetime.ApplicationStopping.Register(EndAll);
        var keepAlive = KeepAlive(stoppingToken);

        // Every change is published: of views, and of the sessions and credentials that views know nothing of.
        models.Published += OnPublished;
        try
        {
            while (await wake.Reader.WaitToReadAsync(stoppingToken))
            {
                wake.Reader.TryRead(out _);
                foreach (var (watch, _) in watches)
                {
                    Check(watch);
                }

                // A burst of writes costs the streams one look.
                await Task.Delay(Gather, time, stoppingToken);
            }
        }
        finally
        {
            models.Published -= OnPublished;
                await keepAlive.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Check(Watch watch)
    {
        try
        {
            if (Now(watch) is not { } view)
            {
                watch.Signal(WatchSignal.Ended);
            }
            else if (!watch.ServesCall)
            {
                watch.Compare(view);
            }
        }
        catch (Exception e)
        {
            // One stream that cannot be judged ends; the others go on.
            Log.Failed(logger, e);
            watch.Signal(WatchSignal.Ended);
        }
    }

    /// <summary>What the stream's owner sees now; null when the stream must end.</summary>
    private ToolView? Now(Watch watch)
    {
        var principal = credentials.Find(watch.Principal.CredentialId);
        if (principal is null || principal.Id != watch.Principal.Id || !principal.MaySeeTools
            || (watch.Session is { } session && !sessions.IsLive(session)))
        {
            return null;
        }

        return views.Find(watch.Resource, principal) is { } view && view.ToolkitId == watch.ToolkitId ? view : null;
    }

    private void OnPublished(ReadSnapshot snapshot)
    {
        // What another node ended must not wait here for its next use.
        var ended = snapshot.Get<SessionsState>().Ended;
        if (Interlocked.Exchange(ref endedSeen, ended) != ended)
        {
            sessions.ForgetEnded();
        }

        Look();
    }

    /// <summary>Has every stream compared with what holds now.</summary>
    public void Look()
    {
        if (!watches.IsEmpty)
        {
            wake.Writer.TryWrite(true);
        }
    }

    private void EndAll()
    {
        foreach (var (watch, _) in watches)
        {
            if (!watch.ServesCall)
            {
                watch.Signal(WatchSignal.Ended);
            }
        }
    }

    private async Task KeepAlive(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.KeepAlive, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var (watch, _) in watches)
            {
                watch.Signal(WatchSignal.Quiet);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A stream could not be compared with what holds now, and was ended")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
