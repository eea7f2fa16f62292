using Microsoft.AspNetCore.Http;
using Toolgate.EventStore;

namespace Toolgate.Rest;

/// <summary>The verified caller of the request, as far as conventions need to know it. Set by the authentication middleware.</summary>
/// <param name="Id">Identity of the caller, stored with every event that it causes.</param>
public sealed record RequestActor(string Id)
{
    /// <summary>The caller of a request, or null when the endpoint is open.</summary>
    public static RequestActor? Of(HttpContext context) => context.Features.Get<RequestActor>();
}

/// <summary>What endpoints say about a request and a response.</summary>
public static class RequestContext
{
    /// <summary>Metadata for events caused by this request.</summary>
    public static EventMetadata Metadata(this HttpContext context)
        => new(RequestActor.Of(context)?.Id ?? "anonymous", CausationId: context.TraceIdentifier);

    /// <summary>States where the effect of a write is in the log, and the version of the resource when it has one.</summary>
    public static void Wrote(this HttpContext context, long position, long? version = null)
    {
        context.Response.Headers[LogPositionHeaders.Position] = position.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (version is { } v)
        {
            context.Response.Headers.ETag = EntityTag.Of(v);
        }
    }

    /// <summary>States the outcome of a decision: <c>Toolgate-Position</c> and <c>ETag</c>.</summary>
    public static void Wrote<TState>(this HttpContext context, Decided<TState>.Done done) => context.Wrote(done.Position, done.Version);

    /// <summary>States the version of a resource that was read.</summary>
    public static void Read(this HttpContext context, long version) => context.Response.Headers.ETag = EntityTag.Of(version);
}
