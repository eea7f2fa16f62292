using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Toolgate.Sessions;

/// <summary>
/// The requests that wait on this node for their clients' answers: so many at most, of so many bytes, and for so long. One that nobody comes back for is
/// cancelled; so are all when the server stops, because nobody could come back to this process.
/// </summary>
internal sealed partial class ParkedCalls(
    SessionsOptions options, UsedStates used, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<ParkedCalls> logger) : BackgroundService
{
    private const long MostBytes = 64L << 20;
    private readonly Lock gate = new();
    private readonly Dictionary<string, ParkedCall> parked = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> each = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<ParkedCall, bool> running = new();
    private long bytes;

    /// <summary>How many wait.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return parked.Count;
            }
        }
    }

    /// <summary>Notes a request whose work has begun, until it has ended.</summary>
    /// <param name="call">The request.</param>
    /// <param name="leash">What ties it to its credential.</param>
    public void Begin(ParkedCall call, Leash leash)
    {
        call.Leash = leash;
        running.TryAdd(call, true);
        _ = Forget();

        async Task Forget()
        {
            await ((Task)call.Work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            running.TryRemove(call, out _);
            leash.Dispose();
            call.Dispose();
        }
    }

    /// <summary>Parks a request until its state comes back; false when there is no room, or no time left.</summary>
    public bool Park(ParkedCall call, RequestState state)
    {
        lock (gate)
        {
            var principal = call.Caller.Principal.Id;
            var own = each.GetValueOrDefault(principal);
            if (parked.Count >= options.MaxParked || own >= options.MaxParkedEach || bytes + call.Bytes > MostBytes
                || lifetime.ApplicationStopping.IsCancellationRequested)
            {
                return false;
            }

            call.State = state;
            call.ParkedBytes = call.Bytes;
            bytes += call.ParkedBytes;
            each[principal] = own + 1;
            parked.Add(call.Id, call);
            return true;
        }
    }

    /// <summary>Takes the request of a state back; null when it does not wait here, or any more, for this very state.</summary>
    public ParkedCall? Take(RequestState state)
    {
        lock (gate)
        {
            return state.Parked is { } id && parked.TryGetValue(id, out var call) && call.State!.Nonce == state.Nonce ? Remove(call) : null;
        }
    }

    /// <summary>Cancels what nobody came back for in time; how many those were.</summary>
    public int Expire()
    {
        ParkedCall[] late;
        lock (gate)
        {
            var now = time.GetUtcNow();
            late = [.. parked.Values.Where(call => call.State!.ExpiresAt <= now)];
            foreach (var call in late)
            {
                Remove(call);
            }
        }

        foreach (var call in late)
        {
            call.Cancel();
        }

        return late.Length;
    }

    /// <summary>Cancels all and waits until each has its outcome: their records must reach the queue before it closes.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        CancelParked();
        foreach (var (call, _) in running)
        {
            call.Cancel();
        }

        await Task.WhenAll(running.Keys.Select(call => (Task)call.Work)).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stopping = lifetime.ApplicationStopping.Register(CancelParked);
        var pause = TimeSpan.FromTicks(Math.Clamp(options.AnswerWithin.Ticks / 10, TimeSpan.TicksPerSecond / 10, TimeSpan.TicksPerSecond * 10));
        using var timer = new PeriodicTimer(pause, time);
        for (var round = 0; await timer.WaitForNextTickAsync(stoppingToken); round++)
        {
            Expire();
            if (round % 10 == 0)
            {
                try
                {
                    await used.Sweep(time.GetUtcNow(), stoppingToken);
                }
                catch (Exception e) when (!stoppingToken.IsCancellationRequested)
                {
                    // Whatever it is: the next round tries again, and the host goes on.
                    Log.Unreachable(logger, e);
                }
            }
        }
    }

    private void CancelParked()
    {
        ParkedCall[] all;
        lock (gate)
        {
            all = [.. parked.Values];
            foreach (var call in all)
            {
                Remove(call);
            }
        }

        foreach (var call in all)
        {
            call.Cancel();
        }
    }

    private ParkedCall Remove(ParkedCall call)
    {
        parked.Remove(call.Id);
        bytes -= call.ParkedBytes;
        call.State = null;
        var principal = call.Caller.Principal.Id;
        var left = each[principal] - 1;
        if (left == 0)
        {
            each.Remove(principal);
        }
        else
        {
            each[principal] = left;
        }

        return call;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Used request states could not be swept")]
        public static partial void Unreachable(ILogger logger, Exception exception);
    }
}
