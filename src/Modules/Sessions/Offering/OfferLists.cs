using Microsoft.AspNetCore.Http;

namespace Toolgate.Sessions;

/// <summary><c>resources/list</c>, <c>resources/templates/list</c> and <c>prompts/list</c>: the bytes that were rendered when the view was compiled, on one page.</summary>
internal static class OfferLists
{
    /// <summary>Answers <c>resources/list</c>.</summary>
    public static Task Resources(HttpContext context, Caller caller, McpMessage message, Session? session)
    {
        if (session is not null)
        {
            session.ShownResourcesDigest = caller.View.Offers.ResourcesDigest;
        }

        return Answer(context, message, session, "{\"resources\":"u8, caller.View.Offers.ResourcesJson.Span);
    }

    /// <summary>Answers <c>resources/templates/list</c>.</summary>
    public static Task Templates(HttpContext context, Caller caller, McpMessage message, Session? session)
        => Answer(context, message, session, "{\"resourceTemplates\":"u8, caller.View.Offers.TemplatesJson.Span);

    /// <summary>Answers <c>prompts/list</c>.</summary>
    public static Task Prompts(HttpContext context, Caller caller, McpMessage message, Session? session)
    {
        if (session is not null)
        {
            session.ShownPromptsDigest = caller.View.Offers.PromptsDigest;
        }

        return Answer(context, message, session, "{\"prompts\":"u8, caller.View.Offers.PromptsJson.Span);
    }

    private static Task Answer(HttpContext context, McpMessage message, Session? session, ReadOnlySpan<byte> head, ReadOnlySpan<byte> list)
    {
        if (message.HasCursor)
        {
            // No cursor was ever given out: there is one page.
            return McpResponse.Error(context, 200, ErrorCodes.InvalidParams, "Invalid params: the cursor is not one of this server's", message.Id);
        }

        return McpResponse.Result(context, message.Id.Span, head, list, session is null ? ServerIdentity.ModernListTail : "}"u8).AsTask();
    }
}
