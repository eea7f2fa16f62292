using Microsoft.AspNetCore.Http;
using Toolgate.Connections;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary><c>tools/call</c> in both eras.</summary>
internal sealed class ToolCalling(CallPipeline pipeline, SurfaceCalls surface)
{
    private const int LongestEcho = 256;

    /// <summary>
    /// A call in a session. A client that loses its connection has not cancelled (2025-11-25, "Cancellation"): only
    /// <c>notifications/cancelled</c> does.
    /// </summary>
    public async Task Legacy(HttpContext context, Caller caller, McpMessage message, Session session)
    {
        var id = message.IdText();
        var cancellation = session.Begin(id);
        try
        {
            var result = await Call(caller, message, session.Facts.Id, session.Facts.ProtocolVersion, cancellation.Token);
            await Answer(context, message, result, "}"u8.ToArray(), session.KnowsStructuredContent, onlyObjects: true);
        }
        finally
        {
            session.End(id, cancellation);
        }
    }

    /// <summary>A call of the stateless era: closing the connection cancels.</summary>
    public async Task Modern(HttpContext context, Caller caller, McpMessage message)
    {
        if (message.Name is { } name && caller.View.ByName.TryGetValue(name, out var tool)
            && HeaderParameters.FaultOf(context.Request.Headers, tool.Tool.Definition, message.Arguments) is { } fault)
        {
            await ModernEra.Mismatch(context, message, fault);
            return;
        }

        var result = await Call(caller, message, null, ModernEra.Version, context.RequestAborted);
        await Answer(context, message, result, ServerIdentity.ModernTail, knowsStructured: true, onlyObjects: false);
    }

    private ValueTask<CallResult> Call(Caller caller, McpMessage message, string? sessionId, string era, CancellationToken cancellationToken)
    {
        var name = message.Name ?? "";
        caller.View.ByName.TryGetValue(name, out var tool);
        var request = new CallRequest(CallClient.Silent(caller.Principal), caller.View, tool, name, message.Arguments, sessionId, era);
        return caller.View.Surface == ToolSurface.Direct ? pipeline.Call(request, cancellationToken) : surface.Call(request, cancellationToken);
    }

    private static async ValueTask Answer(
        HttpContext context, McpMessage message, CallResult result, ReadOnlyMemory<byte> tail, bool knowsStructured, bool onlyObjects)
    {
        switch (result.End)
        {
            case CallEnd.Unknown:
                // The same bytes, whether the tool is blocked, not granted, someone else's or nobody's.
                var name = result.Name ?? message.Name ?? "";
                await McpResponse.Error(context, 200, ErrorCodes.InvalidParams, $"Unknown tool: {(name.Length > LongestEcho ? name[..LongestEcho] : name)}", message.Id);
                break;
            case CallEnd.NotRecorded:
                await McpResponse.Error(
                    context, 200, ErrorCodes.Internal, "The call could not be recorded, so it was not carried out. Try again later.", message.Id,
                    """{"code":"log_unavailable","retryable":true}"""u8.ToArray());
                break;
            case CallEnd.Cancelled:
                // Whoever cancelled does not want an answer, but HTTP needs an end.
                McpResponse.Accepted(context);
                break;
            default:
                await Outcome(context, message, result.Outcome!, tail, knowsStructured, onlyObjects);
                break;
        }
    }

    private static async ValueTask Outcome(
        HttpContext context, McpMessage message, ToolOutcome outcome, ReadOnlyMemory<byte> tail, bool knowsStructured, bool onlyObjects)
    {
        if (outcome is ToolOutcome.Rejected rejected)
        {
            await McpResponse.Error(context, 200, rejected.Code, rejected.Message, message.Id, rejected.Data);
            return;
        }

        var (content, structured, isError) = ToolErrors.PartsOf(outcome);
        var hasStructured = knowsStructured && !structured.IsEmpty && (!onlyObjects || IsObject(structured.Span));
        await McpResponse.CallResult(context, message.Id.Span, content.Span, hasStructured ? structured.Span : default, isError, tail.Span);
    }

    private static bool IsObject(ReadOnlySpan<byte> json) => json.TrimStart(" \t\r\n"u8) is [(byte)'{', ..];
}
