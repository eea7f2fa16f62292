using System.Security.Cryptography;

namespace Toolgate.Connections;

/// <summary>
/// Leaves an upstream alone that failed several times in a row, so that its callers are answered at once and it is not flooded when it comes back.
/// <code>
/// closed ─ n failures ─► open ─ the time is over ─► one probe ─ success ─► closed
///                          ▲                            └─ failure ─┐
///                          └──────── twice the time, at most a minute ┘
/// </code>
/// </summary>
internal sealed class UpstreamCircuit(TimeProvider time, int failuresUntilOpen, TimeSpan maxBackOff)
{
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(1);
    private readonly Lock gate = new();
    private int failures;
    private long openedAt;
    private TimeSpan openFor;

    /// <summary>Lets a request pass, or says when the next one will.</summary>
    /// <exception cref="McpFault">The upstream is left alone.</exception>
    public void Enter()
    {
        lock (gate)
        {
            if (failures < failuresUntilOpen)
            {
                return;
            }

            var left = openFor - time.GetElapsedTime(openedAt);
            if (left > TimeSpan.Zero)
            {
                throw new McpFailureException(new ToolError(
                    "upstream_unavailable", $"The upstream failed {failures} times in a row and is left alone for {Math.Ceiling(left.TotalSeconds):0} more seconds.", Retryable: true));
            }

            // This one is the probe: the others wait for what becomes of it.
            openedAt = time.GetTimestamp();
        }
    }

    /// <summary>The upstream answered, whatever it said.</summary>
    public void Succeeded()
    {
        if (Volatile.Read(ref failures) != 0)
        {
            lock (gate)
            {
                failures = 0;
            }
        }
    }

    /// <summary>The upstream could not be reached, or did not answer in time.</summary>
    public void Failed()
    {
        lock (gate)
        {
            failures++;
            if (failures >= failuresUntilOpen)
            {
                openedAt = time.GetTimestamp();
                openFor = BackOff.After(failures - failuresUntilOpen, FirstBackOff, maxBackOff);
            }
        }
    }
}

/// <summary>How long to wait after failures.</summary>
internal static class BackOff
{
    /// <summary>Doubles from <paramref name="first"/> to <paramref name="most"/>, less up to a quarter: what failed together does not come back together.</summary>
    public static TimeSpan After(int failures, TimeSpan first, TimeSpan most)
    {
        var full = Math.Min(first.TotalMilliseconds * Math.Pow(2, Math.Min(failures, 30)), most.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(full * (1 - RandomNumberGenerator.GetInt32(250) / 1_000.0));
    }
}
