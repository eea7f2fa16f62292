using Microsoft.AspNetCore.Http;
using Toolgate.Rest;

namespace Toolgate.Audit;

/// <summary>How long a read waits for the index: a client sees its own write, or is told that it does not.</summary>
internal static class Patience
{
    /// <summary>The same as for <c>Toolgate-Min-Position</c>.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>The position that the index shows, or null when it did not catch up in time.</summary>
    public static async Task<long?> CatchUp(AuditIndex index, HttpContext context, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Longest);
        try
        {
            var position = await index.CatchUp(patience.Token);
            context.Wrote(position);
            return position;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>503: the events are in the log, the index does not show them yet.</summary>
    public static ProblemResult Exhausted(HttpContext context)
    {
        context.Response.Headers.RetryAfter = "1";
        return Problem.Of(503, "index_behind", "The search index has not reached the newest events yet.");
    }
}
