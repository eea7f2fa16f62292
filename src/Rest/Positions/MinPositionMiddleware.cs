using System.Globalization;
using Microsoft.AspNetCore.Http;
using Toolgate.EventStore;

namespace Toolgate.Rest;

/// <summary>Headers that tie REST to the log.</summary>
public static class LogPositionHeaders
{
    /// <summary>On every write: the position that shows it.</summary>
    public const string Position = "Toolgate-Position";

    /// <summary>On any read: the position that the answer must reflect.</summary>
    public const string MinPosition = "Toolgate-Min-Position";
}

/// <summary>Makes a read wait, up to 5 s, until this node's read models have reached the position that a known client names; else 503.</summary>
internal sealed class MinPositionMiddleware(RequestDelegate next, IReadModels models)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public Task InvokeAsync(HttpContext context)
        => context.Request.Headers.TryGetValue(LogPositionHeaders.MinPosition, out var header) && RequestActor.Of(context) is not null
            ? Wait(context, header.ToString())
            : next(context);

    private async Task Wait(HttpContext context, string header)
    {
        if (!long.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out var position))
        {
            const string detail = "Toolgate-Min-Position must be a log position: a whole number.";
            await Problem.Of(400, "malformed", detail, new ProblemError(LogPositionHeaders.MinPosition, "invalid_position", detail)).ExecuteAsync(context);
            return;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(Patience);
        try
        {
            await models.WaitFor(position, patience.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            context.Response.Headers.RetryAfter = "1";
            await Problem.Of(503, "position_not_reached", "This node has not reached the position yet.").ExecuteAsync(context);
            return;
        }

        await next(context);
    }
}
