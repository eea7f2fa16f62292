using Microsoft.Extensions.Options;

namespace Toolgate.Connections;

/// <summary>How many sessions with upstreams are open on this node, and what happens at the limit: the one that was idle longest goes.</summary>
internal sealed class SessionQuota(IOptions<McpOptions> options)
{
    private int open;

    /// <summary>Closes the session that was idle longest; false when all are in use.</summary>
    public Func<bool>? Evict { get; set; }

    /// <summary>Takes one.</summary>
    /// <exception cref="McpFault">All are in use.</exception>
    public void Take()
    {
        if (Interlocked.Increment(ref open) > options.Value.MaxSessions && Evict?.Invoke() != true)
        {
            Interlocked.Decrement(ref open);
            throw new McpFailureException(new ToolError("upstream_unavailable", "All sessions with upstreams are in use.", Retryable: true));
        }
    }

    /// <summary>Gives one back.</summary>
    public void GiveBack() => Interlocked.Decrement(ref open);
}
