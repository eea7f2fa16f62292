using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
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
internal sealed partial class RelayedRequest(
    RelayStreams streams, StatelessRelay stateless, SessionsOptions options, TimeProvider time, ILogger<RelayedRequest> logger)
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
    public Task Run(HttpContext context, Caller caller, McpMessage message, Session? session, string? target, RelayedWork work)
        => session is null ? stateless.Run(context, caller, message, target, work) : InSession(context, caller, message, session, work);

    /// <summary>
    /// A request in a session. A client that loses its connection has not cancelled (2025-11-25, "Cancellation"): only <c>notifications/cancelled</c> does.
    /// What it missed it can come back for.
    /// </summary>
    private async Task InSession(HttpContext context, Caller caller, McpMessage message, Session session, RelayedWork work)
    {
        var id = message.IdText();
        var cancellation = session.Begin(id);
        try
        {
            var reply = new Reply(context, caller, message, session, streams, cancellation);
            var client = new SessionClient(caller, session, reply, options, time);
            CallResult result;
            try
            {
                result = await work(client, message, cancellation.Token);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                result = new(CallEnd.Cancelled);
            }
            catch (Exception e) when (reply.IsStream)
            {
                Log.Failed(logger, e, message.Method);
                result = Broken;
            }

            client.End();
            await reply.Finish(result);
        }
        finally
        {
            session.End(id, cancellation);
        }
    }

    /// <summary>What is answered when something of ours failed after the answer had begun.</summary>
    public static CallResult Broken { get; } = new(CallEnd.Outcome, new ToolOutcome.Rejected(ErrorCodes.Internal, "Toolgate failed. Its log has the details.", default));

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Method} failed after its answer had begun")]
        public static partial void Failed(ILogger logger, Exception exception, string method);
    }
}
