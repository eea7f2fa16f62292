using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Toolgate.Acceptance.Tests;

/// <summary>
/// A small MCP server (2025-11-25) that shows each account its own tools: which ones is a matter of the key that a request carries. Every tool answers with the
/// account that called it.
/// </summary>
public sealed class DeskServer : IAsyncDisposable
{
    public const string KeyHeader = "X-Api-Key";

    /// <summary>A tool of which the server does not say whether it only reads.</summary>
    public const string Unmarked = "unmarked";

    private readonly WebApplication app;

    private DeskServer(WebApplication app) => this.app = app;

    /// <summary>Tools by the account's key. Another key is 401.</summary>
    public ConcurrentDictionary<string, string[]> Accounts { get; } = new(StringComparer.Ordinal);

    /// <summary>The endpoint.</summary>
    public string Url => app.Urls.Single() + "/mcp";

    /// <summary>Template of a key for an integration.</summary>
    public static object[] Templates { get; } = [new { slug = "key", placements = new[] { new { carrier = "header", name = KeyHeader } } }];

    public static async Task<DeskServer> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(1));
        var server = new DeskServer(builder.Build());
        server.app.MapMethods("/mcp", ["GET", "DELETE"], () => Results.StatusCode(405));
        server.app.MapPost("/mcp", (Delegate)server.Serve);
        await server.app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task<IResult> Serve(HttpContext context)
    {
        if (!Accounts.TryGetValue(context.Request.Headers[KeyHeader].ToString(), out var tools))
        {
            return Results.StatusCode(401);
        }

        var account = context.Request.Headers[KeyHeader].ToString();
        var message = (await JsonNode.ParseAsync(context.Request.Body))!;
        if (message["id"] is not { } id)
        {
            return Results.StatusCode(202);
        }

        JsonObject? result = (string?)message["method"] switch
        {
            "initialize" => new()
            {
                ["protocolVersion"] = Mcp.Legacy,
                ["capabilities"] = new JsonObject { ["tools"] = new JsonObject() },
                ["serverInfo"] = new JsonObject { ["name"] = "desk", ["version"] = "1" },
            },
            "tools/list" => new()
            {
                ["tools"] = new JsonArray([.. tools.Select(name => new JsonObject
                {
                    ["name"] = name,
                    ["description"] = $"Does {name} at the desk.",
                    ["inputSchema"] = new JsonObject { ["type"] = "object" },
                    ["annotations"] = name == Unmarked ? new JsonObject() : new JsonObject { ["readOnlyHint"] = true },
                })]),
            },
            "tools/call" => new() { ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = account }) },
            "ping" => [],
            _ => null,
        };
        var answer = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id.DeepClone() };
        if (result is null)
        {
            answer["error"] = new JsonObject { ["code"] = -32601, ["message"] = "Method not found" };
        }
        else
        {
            answer["result"] = result;
        }

        return Results.Text(answer.ToJsonString(JsonSerializerOptions.Web), "application/json");
    }
}
