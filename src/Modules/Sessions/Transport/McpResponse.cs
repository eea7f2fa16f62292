using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Toolgate.Sessions;

/// <summary>Writes JSON-RPC answers straight into the response's pipe. Prepared bytes are copied, never parsed.</summary>
internal static class McpResponse
{
    private static ReadOnlySpan<byte> CallOpening => "{\"jsonrpc\":\"2.0\",\"id\":"u8;

    private static ReadOnlySpan<byte> CallContent => ",\"result\":{\"content\":"u8;

    private static ReadOnlySpan<byte> CallStructured => ",\"structuredContent\":"u8;

    private static ReadOnlySpan<byte> CallFailed => ",\"isError\":true"u8;

    private static ReadOnlySpan<byte> CallSucceeded => ",\"isError\":false"u8;

    /// <summary>A result: <c>{"jsonrpc":"2.0","id":…,"result":</c> + the parts + <c>}</c>.</summary>
    public static ValueTask<FlushResult> Result(HttpContext context, ReadOnlySpan<byte> id, ReadOnlySpan<byte> head, ReadOnlySpan<byte> body, ReadOnlySpan<byte> tail)
    {
        var opening = "{\"jsonrpc\":\"2.0\",\"id\":"u8;
        var result = ",\"result\":"u8;
        Begin(context, 200, opening.Length + id.Length + result.Length + head.Length + body.Length + tail.Length + 1);
        var writer = context.Response.BodyWriter;
        writer.Write(opening);
        writer.Write(id);
        writer.Write(result);
        writer.Write(head);
        writer.Write(body);
        writer.Write(tail);
        writer.Write("}"u8);
        return writer.FlushAsync(CancellationToken.None);
    }

    /// <summary>The result of a tool call, composed of prepared parts.</summary>
    public static ValueTask<FlushResult> CallResult(
        HttpContext context, ReadOnlySpan<byte> id, ReadOnlySpan<byte> content, ReadOnlySpan<byte> structured, bool isError, ReadOnlySpan<byte> tail)
    {
        Begin(
            context, 200,
            CallOpening.Length + id.Length + CallContent.Length + content.Length + (structured.IsEmpty ? 0 : CallStructured.Length) + structured.Length
                + (isError ? CallFailed : CallSucceeded).Length + tail.Length + 1);
        var writer = context.Response.BodyWriter;
        WriteCallResult(writer, id, content, structured, isError, tail);
        return writer.FlushAsync(CancellationToken.None);
    }

    /// <summary>Writes the JSON of the result of a tool call.</summary>
    public static void WriteCallResult(
        IBufferWriter<byte> writer, ReadOnlySpan<byte> id, ReadOnlySpan<byte> content, ReadOnlySpan<byte> structured, bool isError, ReadOnlySpan<byte> tail)
    {
        writer.Write(CallOpening);
        writer.Write(id);
        writer.Write(CallContent);
        writer.Write(content);
        writer.Write(structured.IsEmpty ? default : CallStructured);
        writer.Write(structured);
        writer.Write(isError ? CallFailed : CallSucceeded);
        writer.Write(tail);
        writer.Write("}"u8);
    }

    /// <summary>A document that is there already.</summary>
    public static ValueTask<FlushResult> Whole(HttpContext context, int status, ReadOnlyMemory<byte> json)
    {
        Begin(context, status, json.Length);
        return context.Response.BodyWriter.WriteAsync(json, CancellationToken.None);
    }

    /// <summary>An error with its HTTP status. A request whose id is not known gets an error without one.</summary>
    public static async Task Error(HttpContext context, int status, int code, string message, ReadOnlyMemory<byte> id = default, ReadOnlyMemory<byte> data = default)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        WriteError(buffer, code, message, id.Span, data.Span);
        Begin(context, status, buffer.WrittenCount);
        await context.Response.BodyWriter.WriteAsync(buffer.WrittenMemory, CancellationToken.None);
    }

    /// <summary>Accepted, and nothing to say.</summary>
    public static void Accepted(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.ContentLength = 0;
    }

    /// <summary>Writes the JSON of an error.</summary>
    public static void WriteError(IBufferWriter<byte> output, int code, string message, ReadOnlySpan<byte> id, ReadOnlySpan<byte> data = default)
    {
        using var json = new Utf8JsonWriter(output, ToolErrors.Relaxed);
        json.WriteStartObject();
        json.WriteString("jsonrpc"u8, "2.0"u8);
        if (!id.IsEmpty)
        {
            json.WritePropertyName("id"u8);
            json.WriteRawValue(id, skipInputValidation: true);
        }

        json.WriteStartObject("error"u8);
        json.WriteNumber("code"u8, code);
        json.WriteString("message"u8, message);
        if (!data.IsEmpty)
        {
            json.WritePropertyName("data"u8);
            json.WriteRawValue(data, skipInputValidation: true);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Begin(HttpContext context, int status, int length)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = length;
        response.Headers[HeaderNames.XContentTypeOptions] = "nosniff";
    }

}
