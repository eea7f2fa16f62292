using System.Collections.Concurrent;

namespace Toolgate.Connections;

/// <summary>Cancellation sources that are used again: a call that ends in time leaves its timer to the next one.</summary>
internal sealed class Deadlines(TimeProvider time)
{
    private const int Kept = 256;
    private readonly ConcurrentBag<CancellationTokenSource> pool = [];

    /// <summary>A source that cancels after <paramref name="timeout"/>.</summary>
    public CancellationTokenSource Start(TimeSpan timeout)
    {
        if (!pool.TryTake(out var source))
        {
            return new CancellationTokenSource(timeout, time);
        }

        source.CancelAfter(timeout);
        return source;
    }

    /// <summary>Takes a source back; one that was cancelled is of no more use.</summary>
    public void End(CancellationTokenSource source)
    {
        if (pool.Count < Kept && source.TryReset())
        {
            pool.Add(source);
        }
        else
        {
            source.Dispose();
        }
    }
}
