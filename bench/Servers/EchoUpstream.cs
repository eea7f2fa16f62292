using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Toolgate.Bench;

/// <summary>The upstream API that every call reaches: answers at once with a small JSON object.</summary>
internal static class EchoUpstream
{
    public static WebApplication Build(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add($"http://127.0.0.1:{port}");
        app.Run(async context =>
        {
            context.Response.ContentType = "application/json";
            var body = context.Request.Path == "/graphql"
                ? """{"data":{"item":{"id":42,"title":"An answer","labels":["one","two"],"open":true}}}"""u8.ToArray()
                : """{"id":42,"title":"An answer","labels":["one","two"],"open":true}"""u8.ToArray();
            context.Response.ContentLength = body.Length;
            await context.Response.Body.WriteAsync(body);
        });
        return app;
    }
}

/// <summary>The floor: a bare Kestrel endpoint that reads a JSON-RPC request with a reader and echoes its id.</summary>
internal static class Floor
{
    public static WebApplication Build(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add($"http://127.0.0.1:{port}");
        app.Run(async context =>
        {
            if (context.Request.ContentLength is not { } contentLength)
            {
                return;
            }

            var reader = context.Request.BodyReader;
            var length = (int)contentLength;
            var read = await reader.ReadAtLeastAsync(length);
            var id = Id(read.Buffer);
            reader.AdvanceTo(read.Buffer.End);
            var body = System.Text.Encoding.UTF8.GetBytes($$$"""{"jsonrpc":"2.0","id":{{{id}}},"result":{"content":[{"type":"text","text":"An answer"}]}}""");
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = body.Length;
            await context.Response.BodyWriter.WriteAsync(body);
        });
        return app;
    }

    private static long Id(System.Buffers.ReadOnlySequence<byte> body)
    {
        var json = new System.Text.Json.Utf8JsonReader(body);
        while (json.Read())
        {
            if (json.TokenType == System.Text.Json.JsonTokenType.PropertyName && json.CurrentDepth == 1 && json.ValueTextEquals("id"u8))
            {
                json.Read();
                return json.GetInt64();
            }
        }

        return 0;
    }
}
