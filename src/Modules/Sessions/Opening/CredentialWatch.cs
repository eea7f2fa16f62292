using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Toolgate.Access;
using Toolgate.EventStore;

namespace Toolgate.Sessions;

/// <summary>
/// Ends what runs on this node for a credential at the moment at which the credential ends: sessions, streams, waiting calls. It looks after every change of
/// credentials, and when the next of them reaches its end by itself:
/// <code>
/// revoked, removed ─► published ─┐
/// expired ─► alarm ──────────────┴─► bell ─► leashes, sessions, streams
/// </code>
/// </summary>
internal sealed partial class CredentialWatch(
    CredentialLeashes leashes, SessionRegistry sessions, ListChangeHub hub, IReadModels models, ICredentials credentials, TimeProvider time,
    ILogger<CredentialWatch> logger) : BackgroundService
{
    /// <summary>Longest time that a timer is set for.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Timers may ring a little before their time.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(5);

    private readonly Channel<bool> bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private int isDue;

    /// <inheritdoc/>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        models.Published += Ring;
        bell.Writer.TryWrite(true);
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var alarm = time.CreateTimer(_ => Due(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        object? seen = null;
        try
        {
            await foreach (var _ in bell.Reader.ReadAllAsync(stoppingToken))
            {
                var (revision, isDueNow) = (credentials.Revision, Interlocked.Exchange(ref isDue, 0) == 1);
                if (ReferenceEquals(revision, seen) && !isDueNow)
                {
                    continue;
                }

                seen = revision;
                await Look(stoppingToken);
                if (credentials.NextEnd is { } next)
                {
                    var wait = next - time.GetUtcNow() + Late;
                    alarm.Change(wait < Late ? Late : wait > Longest ? Longest : wait, Timeout.InfiniteTimeSpan);
                }
            }
        }
        finally
        {
            models.Published -= Ring;
        }
    }

    private void Ring(ReadSnapshot snapshot) => bell.Writer.TryWrite(true);

    private void Due()
    {
        Volatile.Write(ref isDue, 1);
        bell.Writer.TryWrite(true);
    }

    private async Task Look(CancellationToken stoppingToken)
    {
        leashes.Check();
        hub.Look();
        foreach (var session in sessions.Local.Where(session => credentials.Find(session.Facts.CredentialId) is null).ToArray())
        {
            try
            {
                await sessions.End(session.Facts.Id, "credential_ended", "system", stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // It serves nobody any more; the next round of the keeper writes its end.
                Log.NotEnded(logger, e);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The end of a session whose credential has ended could not be written yet")]
        public static partial void NotEnded(ILogger logger, Exception exception);
    }
}
