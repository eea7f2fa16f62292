using Microsoft.AspNetCore.Http;

namespace Toolgate.Sessions;

/// <summary><c>logging/setLevel</c> (revisions up to 2025-11-25): for this session, from its next message on; upstreams learn of it with the next call.</summary>
internal sealed class SettingLevel(SessionClients clients)
{
    /// <summary>Sets the level.</summary>
    public async Task Answer(HttpContext context, McpMessage message, Session session)
    {
        if (!LogLevels.Knows(message.Level))
        {
            await McpResponse.Error(context, 200, ErrorCodes.InvalidParams, "Invalid params: level must be one of RFC 5424's, from debug to emergency", message.Id);
            return;
        }

        session.LogLevel = message.Level!;
        await clients.SetLevel(session.Facts.Id, message.Level!, context.RequestAborted);
        await McpResponse.Result(context, message.Id.Span, "{}"u8, default, default);
    }
}
