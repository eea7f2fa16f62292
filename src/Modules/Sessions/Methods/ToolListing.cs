using Microsoft.AspNetCore.Http;

namespace Toolgate.Sessions;

/// <summary><c>tools/list</c>: the bytes that were rendered when the view was compiled, on one page.</summary>
internal static class ToolListing
{
    /// <summary>Answers a client with a session.</summary>
    public static ValueTask Legacy(HttpContext context, Caller caller, McpMessage message, Session session)
    {
        session.ShownDigest = caller.View.ListDigest;
        return Answer(context, caller, message, "}"u8);
    }

    /// <summary>Answers a client of the stateless era.</summary>
    public static ValueTask Modern(HttpContext context, Caller caller, McpMessage message) => Answer(context, caller, message, ServerIdentity.ModernListTail);

    private static ValueTask Answer(HttpContext context, Caller caller, McpMessage message, ReadOnlySpan<byte> tail)
    {
        if (message.HasCursor)
        {
            // No cursor was ever given out: there is one page.
            return new(McpResponse.Error(context, 200, ErrorCodes.InvalidParams, "Invalid params: the cursor is not one of this server's", message.Id));
        }

        var flushed = McpResponse.Result(context, message.Id.Span, "{\"tools\":"u8, caller.View.ToolsJson.Span, tail);
        return flushed.IsCompletedSuccessfully ? ValueTask.CompletedTask : new(flushed.AsTask());
    }
}
