using Microsoft.AspNetCore.Http;
using Toolgate.Access;
using Toolgate.Rest;

namespace Toolgate.Sessions;

/// <summary>
/// Counts the requests of a principal over REST: 429 when there were too many. A call over REST counts in its own way, and what a builtin tool asks for was
/// counted as the call of that tool.
/// </summary>
internal sealed class LimitRequests(RequestDelegate next, Limiter limiter)
{
    /// <summary>The endpoint's requests are calls.</summary>
    public static object IsCall { get; } = new CallMark();

    public Task InvokeAsync(HttpContext context)
        => context.Request.Path.StartsWithSegments("/api") && RequestActor.Of(context) is { } actor && context.Features.Get<ActingAs>() is null && context.GetEndpoint()?.Metadata.GetMetadata<CallMark>() is null
            && limiter.Count(actor.Id) is { } refusal
            ? refusal.Problem(context).ExecuteAsync(context)
            : next(context);

    private sealed class CallMark;
}
