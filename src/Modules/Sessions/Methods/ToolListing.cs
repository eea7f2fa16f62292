using System.Text;
using Microsoft.AspNetCore.Http;

namespace Toolgate.Sessions;

/// <summary><c>tools/list</c>: the bytes that were rendered when the view was compiled, on one page or cut into several.</summary>
internal sealed class ToolListing(Limiter limiter, SessionsOptions options)
{
    /// <summary>Answers a client with a session.</summary>
    public async ValueTask Legacy(HttpContext context, Caller caller, McpMessage message, Session session)
    {
        using var place = await limiter.Lists.Enter(caller.Principal.Id, context.RequestAborted);
        if (!place.IsTaken)
        {
            await limiter.TooManyWait(caller.Principal.Id).Answer(context, message.Id);
            return;
        }

        session.ShownDigest = caller.View.ListDigest;
        await Answer(context, caller, message, "}"u8);
    }

    /// <summary>Answers a client of the stateless era.</summary>
    public async ValueTask Modern(HttpContext context, Caller caller, McpMessage message)
    {
        using var place = await limiter.Lists.Enter(caller.Principal.Id, context.RequestAborted);
        if (!place.IsTaken)
        {
            await limiter.TooManyWait(caller.Principal.Id).Answer(context, message.Id);
            return;
        }

        await Answer(context, caller, message, ServerIdentity.ModernListTail);
    }

    private ValueTask Answer(HttpContext context, Caller caller, McpMessage message, ReadOnlySpan<byte> tail)
    {
        if (message.HasCursor || options.PageSize > 0)
        {
            return Page(context, caller, message, tail);
        }

        var flushed = McpResponse.Result(context, message.Id.Span, "{\"tools\":"u8, caller.View.ToolsJson.Span, tail);
        return flushed.IsCompletedSuccessfully ? ValueTask.CompletedTask : new(flushed.AsTask());
    }

    private ValueTask Page(HttpContext context, Caller caller, McpMessage message, ReadOnlySpan<byte> tail)
    {
        // Pages that nobody cuts have no cursors: whatever is sent as one is not ours.
        if ((message.HasCursor && (message.Cursor is null || options.PageSize == 0)) || ToolPages.Cut(caller.View, options.PageSize, message.Cursor) is not { } page)
        {
            return new(McpResponse.Error(context, 200, ErrorCodes.InvalidParams, "Invalid params: the cursor is not one of this server's", message.Id));
        }

        var next = page.Next is null ? "]" : $"],\"nextCursor\":\"{page.Next}\"";
        var flushed = McpResponse.Result(context, message.Id.Span, "{\"tools\":["u8, page.Entries.Span, [.. Encoding.UTF8.GetBytes(next), .. tail]);
        return flushed.IsCompletedSuccessfully ? ValueTask.CompletedTask : new(flushed.AsTask());
    }
}
