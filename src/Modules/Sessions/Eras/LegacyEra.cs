using System.Text;
using Microsoft.AspNetCore.Http;

namespace Toolgate.Sessions;

/// <summary>Revisions up to 2025-11-25: a session, opened by <c>initialize</c> and bound to one resource, principal and credential.</summary>
internal sealed class LegacyEra(
    SessionRegistry sessions, Initializing initializing, ToolCalling calling, ToolListing listing, OfferMethods offers, Following following,
    SettingLevel settingLevel, SessionsTelemetry telemetry)
{
    /// <summary>The revision offered to a client that asks for one that is not served.</summary>
    public const string Latest = "2025-11-25";

    private static readonly string[] Versions = [Latest, "2025-06-18", "2025-03-26", "2024-11-05"];

    /// <summary>The revision that answers a request for <paramref name="requested"/>: never one without sessions.</summary>
    public static string Negotiate(string requested) => Array.Find(Versions, version => version == requested) ?? Latest;

    /// <summary>Serves a POST.</summary>
    public async Task Serve(HttpContext context, Caller caller, McpMessage message)
    {
        if (message is { Kind: MessageKind.Request, Method: McpMethods.Initialize })
        {
            using var opening = telemetry.StartMessage(message, "initialize");
            await initializing.Open(context, caller, message);
            return;
        }

        if (await Bound(context, caller, message.Id) is not { } session)
        {
            return;
        }

        if (message.Kind == MessageKind.Response)
        {
            await Take(context, message, session);
            return;
        }

        if (message.Kind == MessageKind.Notification)
        {
            if (message is { Method: McpMethods.Cancelled, RequestId.IsEmpty: false })
            {
                session.Cancel(Encoding.UTF8.GetString(message.RequestId.Span));
            }

            McpResponse.Accepted(context);
            return;
        }

        using var activity = telemetry.StartMessage(message, session.Facts.ProtocolVersion);
        switch (message.Method)
        {
            case McpMethods.CallTool:
                await calling.Legacy(context, caller, message, session);
                break;
            case McpMethods.ListTools:
                await listing.Legacy(context, caller, message, session);
                break;
            case McpMethods.SetLevel:
                await settingLevel.Answer(context, message, session);
                break;
            case McpMethods.Ping:
                await McpResponse.Result(context, message.Id.Span, "{}"u8, default, default);
                break;
            default:
                await (offers.Serve(context, caller, message, session) ?? McpResponse.Error(context, 200, ErrorCodes.MethodNotFound, $"Method not found: {message.Method}", message.Id));
                break;
        }
    }

    /// <summary>Takes a client's answer. One that nobody waits for here is accepted and forgotten: whether it is late or invented, it changes nothing.</summary>
    private static Task Take(HttpContext context, McpMessage message, Session session)
    {
        if (session.Asks.Answer(message))
        {
            McpResponse.Accepted(context);
            return Task.CompletedTask;
        }

        return McpResponse.Error(
            context, StatusCodes.Status409Conflict, ErrorCodes.Transport,
            "Another node of this deployment asked: route the requests of a session to the node that serves its streams.");
    }

    /// <summary>Serves a GET: the session's stream.</summary>
    public async Task Follow(HttpContext context, Caller caller)
    {
        if (!MediaTypes.AcceptsStream(context.Request))
        {
            await McpResponse.Error(context, 406, ErrorCodes.Transport, "Accept must list text/event-stream.");
        }
        else if (await Bound(context, caller, default) is { } session)
        {
            await following.Follow(context, caller, session);
        }
    }

    /// <summary>Serves a DELETE: ends the session.</summary>
    public async Task Close(HttpContext context, Caller caller)
    {
        if (await Bound(context, caller, default) is not { } session)
        {
            return;
        }

        if (await sessions.End(session.Facts.Id, "closed", caller.Principal.Id, CancellationToken.None))
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        else
        {
            await NotFound(context, default);
        }
    }

    /// <summary>The session that a request names, when it is this caller's at this resource; else the request is answered.</summary>
    private async ValueTask<Session?> Bound(HttpContext context, Caller caller, ReadOnlyMemory<byte> id)
    {
        var headers = context.Request.Headers;
        if (headers[McpHeaders.ProtocolVersion] is { Count: > 0 } version
            && Array.IndexOf(Versions, HeaderValue.Plain(version)) < 0)
        {
            await ModernEra.UnsupportedVersion(context, version.ToString(), id);
            return null;
        }

        if (headers[McpHeaders.SessionId] is not [{ Length: > 0 } sessionId])
        {
            await McpResponse.Error(context, 400, ErrorCodes.Transport, "Mcp-Session-Id is missing: open a session with initialize.", id);
            return null;
        }

        var session = await sessions.Find(sessionId, context.RequestAborted);
        if (session is null)
        {
            await NotFound(context, id);
            return null;
        }

        var facts = session.Facts;
        if (facts.Toolkit != caller.Resource.Slug)
        {
            await McpResponse.Error(context, 403, ErrorCodes.Forbidden, "Session belongs to a different MCP resource", id);
            return null;
        }

        if (facts.PrincipalId != caller.Principal.Id || facts.CredentialId != caller.Principal.CredentialId)
        {
            await McpResponse.Error(context, 403, ErrorCodes.Forbidden, "Session belongs to a different MCP principal", id);
            return null;
        }

        // A toolkit made anew under the same slug is another toolkit: the session ended with the old one.
        if (facts.ToolkitId != caller.View.ToolkitId)
        {
            await NotFound(context, id);
            return null;
        }

        return session;
    }

    private static Task NotFound(HttpContext context, ReadOnlyMemory<byte> id) => McpResponse.Error(context, 404, ErrorCodes.NotFound, "Session not found", id);
}
