using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Toolgate.Bench;

/// <summary>
/// An MCP server of 2025-11-25 that does as little as a server can: a tool that answers at once, one that answers with a megabyte, one that tells of
/// progress a hundred times.
/// </summary>
internal static class McpUpstream
{
    /// <summary>Notifications of one call of <c>progress</c>.</summary>
    public const int Steps = 100;

    private const string Tools =
        """
        {"tools":[{"name":"echo","description":"Answers at once.","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}},
        {"name":"large","description":"Answers with a megabyte.","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}},
        {"name":"progress","description":"Tells of progress.","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}}]}
        """;

    private static readonly byte[] Large = Encoding.UTF8.GetBytes($$"""{"content":[{"type":"text","text":"{{new string('x', 1 << 20)}}"}]}""");

    public static WebApplication Build(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add($"http://127.0.0.1:{port}");
        app.Run(Serve);
        return app;
    }

    private static async Task Serve(HttpContext context)
    {
        if (context.Request.Method != "POST")
        {
            context.Response.StatusCode = context.Request.Method == "GET" && !context.Request.Headers.Accept.ToString().Contains("event-stream", StringComparison.Ordinal) ? 200 : 405;
            return;
        }

        using var request = await JsonDocument.ParseAsync(context.Request.Body);
        var root = request.RootElement;
        if (!root.TryGetProperty("id", out var id))
        {
            context.Response.StatusCode = 202;
            return;
        }

        var method = root.GetProperty("method").GetString();
        var parameters = root.TryGetProperty("params", out var found) ? found : default;
        await (method switch
        {
            "initialize" => Initialize(context, id),
            "tools/list" => Result(context, id, Encoding.UTF8.GetBytes(Tools.ReplaceLineEndings(""))),
            "tools/call" => Call(context, id, parameters),
            "ping" => Result(context, id, "{}"u8.ToArray()),
            _ => Error(context, id),
        });
    }

    private static Task Initialize(HttpContext context, JsonElement id)
    {
        context.Response.Headers["Mcp-Session-Id"] = "bench";
        return Result(
            context, id, """{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"bench","version":"1"}}"""u8.ToArray());
    }

    private static Task Call(HttpContext context, JsonElement id, JsonElement parameters) => parameters.GetProperty("name").GetString() switch
    {
        "large" => Result(context, id, Large),
        "progress" => Progress(context, id, parameters),
        _ => Result(context, id, """{"content":[{"type":"text","text":"An answer"}]}"""u8.ToArray()),
    };

    private static async Task Progress(HttpContext context, JsonElement id, JsonElement parameters)
    {
        var token = parameters.TryGetProperty("_meta", out var meta) && meta.TryGetProperty("progressToken", out var given) ? given.GetRawText() : null;
        context.Response.ContentType = "text/event-stream";
        var writer = context.Response.BodyWriter;
        for (var step = 1; token is not null && step <= Steps; step++)
        {
            Write(writer, $$$"""data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":{{{token}}},"progress":{{{step}}},"total":{{{Steps}}}}}""");
            await writer.FlushAsync();
        }

        Write(writer, $$$"""data: {"jsonrpc":"2.0","id":{{{id.GetRawText()}}},"result":{"content":[{"type":"text","text":"Done"}]}}""");
        await writer.FlushAsync();
    }

    private static void Write(IBufferWriter<byte> writer, string line)
    {
        Encoding.UTF8.GetBytes(line, writer);
        writer.Write("\n\n"u8);
    }

    private static async Task Result(HttpContext context, JsonElement id, byte[] result)
    {
        var head = Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","id":{{id.GetRawText()}},"result":""");
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = head.Length + result.Length + 1;
        var writer = context.Response.BodyWriter;
        writer.Write(head);
        writer.Write(result);
        writer.Write("}"u8);
        await writer.FlushAsync();
    }

    private static async Task Error(HttpContext context, JsonElement id)
    {
        context.Response.StatusCode = 400;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync($$$"""{"jsonrpc":"2.0","id":{{{id.GetRawText()}}},"error":{"code":-32601,"message":"Method not found"}}""");
    }
}
