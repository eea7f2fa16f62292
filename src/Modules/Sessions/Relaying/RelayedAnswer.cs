using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Toolgate.Connections;

namespace Toolgate.Sessions;

/// <summary>Writes the end of a relayed request, as the whole answer or as the last event of a stream.</summary>
internal static class RelayedAnswer
{
    private const int LongestEcho = 256;
    private static readonly byte[] Retryable = """{"code":"log_unavailable","retryable":true}"""u8.ToArray();

    /// <summary>Answers with one JSON document.</summary>
    public static async ValueTask Plain(HttpContext context, McpMessage message, Session? session, CallResult result)
    {
        if (result.End == CallEnd.Cancelled)
        {
            // Whoever cancelled does not want an answer, but HTTP needs an end.
            McpResponse.Accepted(context);
        }
        else if (result.Outcome is ToolOutcome.Answered or ToolOutcome.Failed && message.Method == McpMethods.CallTool)
        {
            // The way of nearly every call: prepared parts go straight into the response.
            var (content, structured, isError) = Parts(result.Outcome, session);
            await McpResponse.CallResult(context, message.Id.Span, content.Span, structured.Span, isError, Tail(session));
        }
        else
        {
            var buffer = new ArrayBufferWriter<byte>(512);
            var status = Write(buffer, message, session, result);
            await McpResponse.Whole(context, session is null ? status : StatusCodes.Status200OK, buffer.WrittenMemory);
        }
    }

    /// <summary>The last event of a stream; empty for a request that was cancelled.</summary>
    public static ReadOnlyMemory<byte> Event(McpMessage message, Session? session, CallResult result)
    {
        if (result.End == CallEnd.Cancelled)
        {
            return default;
        }

        var buffer = new ArrayBufferWriter<byte>(512);
        if (result.Outcome is ToolOutcome.Answered or ToolOutcome.Failed && message.Method == McpMethods.CallTool)
        {
            var (content, structured, isError) = Parts(result.Outcome, session);
            McpResponse.WriteCallResult(buffer, message.Id.Span, content.Span, structured.Span, isError, Tail(session));
        }
        else
        {
            Write(buffer, message, session, result);
        }

        return buffer.WrittenMemory;
    }

    /// <summary>Writes the document; the HTTP status that 2026-07-28 gives it.</summary>
    private static int Write(ArrayBufferWriter<byte> output, McpMessage message, Session? session, CallResult result)
    {
        switch (result.End)
        {
            case CallEnd.Unknown:
                // The same bytes, whether the tool is blocked, not granted, someone else's or nobody's.
                var name = result.Name ?? message.Name ?? "";
                McpResponse.WriteError(output, ErrorCodes.InvalidParams, $"Unknown tool: {(name.Length > LongestEcho ? name[..LongestEcho] : name)}", message.Id.Span);
                return StatusCodes.Status200OK;
            case CallEnd.NotRecorded:
                McpResponse.WriteError(
                    output, ErrorCodes.Internal, "The call could not be recorded, so it was not carried out. Try again later.", message.Id.Span, Retryable);
                return StatusCodes.Status200OK;
        }

        switch (result.Outcome)
        {
            case ToolOutcome.Rejected rejected:
                McpResponse.WriteError(output, rejected.Code, rejected.Message, message.Id.Span, rejected.Data.Span);
                return rejected.Code switch
                {
                    ErrorCodes.HeaderMismatch or ErrorCodes.MissingCapability or ErrorCodes.UnsupportedVersion => StatusCodes.Status400BadRequest,
                    ErrorCodes.MethodNotFound => StatusCodes.Status404NotFound,
                    _ => StatusCodes.Status200OK,
                };
            case ToolOutcome.Failed failed:
                McpResponse.WriteError(output, ErrorCodes.Internal, $"[{failed.Error.Code}] {failed.Error.Message}", message.Id.Span, DataOf(failed.Error));
                return StatusCodes.Status200OK;
            case ToolOutcome.Relayed relayed:
                output.Write("{\"jsonrpc\":\"2.0\",\"id\":"u8);
                output.Write(message.Id.Span);
                output.Write(",\"result\":"u8);
                if (session is null)
                {
                    ModernResult.Write(output, relayed.Result.Span, message.Method);
                }
                else
                {
                    output.Write(relayed.Result.Span);
                }

                output.Write("}"u8);
                return StatusCodes.Status200OK;
            default:
                throw new InvalidOperationException("A request ends with a result or an error.");
        }
    }

    private static (ReadOnlyMemory<byte> Content, ReadOnlyMemory<byte> Structured, bool IsError) Parts(ToolOutcome outcome, Session? session)
    {
        var (content, structured, isError) = ToolErrors.PartsOf(outcome);
        var takes = session is null || (session.KnowsStructuredContent && structured.Span.TrimStart(" \t\r\n"u8) is [(byte)'{', ..]);
        return (content, takes ? structured : default, isError);
    }

    private static ReadOnlySpan<byte> Tail(Session? session) => session is null ? ServerIdentity.ModernTail : "}"u8;

    private static ReadOnlySpan<byte> DataOf(ToolError error)
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        using (var json = new Utf8JsonWriter(buffer, ToolErrors.Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("code"u8, error.Code);
            json.WriteBoolean("retryable"u8, error.Retryable);
            if (!error.Details.IsEmpty)
            {
                json.WritePropertyName("details"u8);
                json.WriteRawValue(error.Details.Span, skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan;
    }
}
