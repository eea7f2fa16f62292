using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Toolgate.Acceptance.Tests;

/// <summary>The service behind the plugin of the story: calendars on a Kestrel of its own, and the manifest that its team wrote.</summary>
public sealed class PluginService : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<Received> received = new();

    private PluginService(WebApplication app) => this.app = app;

    /// <summary>Origin, without a trailing slash.</summary>
    public string Origin => app.Urls.Single();

    /// <summary>The only token that is let in.</summary>
    public string Token { get; } = "plugin-" + Guid.NewGuid().ToString("N");

    /// <summary>Every request so far, oldest first.</summary>
    public IReadOnlyList<Received> Requests => [.. received];

    public static async Task<PluginService> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(1));
        var service = new PluginService(builder.Build());
        service.app.MapPost("/v1/calendars/{calendar}/events", (HttpContext context, string calendar) => service.Create(context, calendar));
        service.app.MapGet("/v1/events", (string? from, HttpContext context) => service.List(context));
        await service.app.StartAsync();
        return service;
    }

    public void Forget() => received.Clear();

    /// <summary>The manifest, of that version.</summary>
    public JsonObject Manifest(string version = "1.0.0") => JsonNode.Parse($$"""
        {
          "manifestVersion": 1, "id": "calendar", "version": "{{version}}", "displayName": "Calendar", "description": "The team's calendar.",
          "capabilities": ["mcp:tools"],
          "service": { "baseUrl": "{{Origin}}", "auth": { "type": "bearer" } },
          "routes": [
            { "name": "events/create", "method": "POST", "path": "/v1/calendars/{calendar}/events", "public": true, "arguments": "body" },
            { "name": "events/list", "method": "GET", "path": "/v1/events", "arguments": "query", "timeoutMs": 20000 }
          ],
          "mcpTools": [
            {
              "name": "create_event", "title": "Create event", "description": "Creates an event.", "route": "events/create",
              "inputSchema": {
                "type": "object",
                "properties": { "calendar": { "type": "string", "minLength": 1 }, "title": { "type": "string", "minLength": 1, "description": "What it is called." } },
                "required": ["calendar", "title"], "additionalProperties": false
              },
              "outputSchema": { "type": "object", "properties": { "id": { "type": "string" } }, "required": ["id"] },
              "destructive": false
            },
            {
              "name": "list_events", "description": "Lists events.", "route": "events/list",
              "inputSchema": { "type": "object", "properties": { "from": { "type": "string" } }, "additionalProperties": false },
              "destructive": false, "readOnly": true
            }
          ]
        }
        """)!.AsObject();

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task<IResult> Create(HttpContext context, string calendar)
    {
        await Remember(context);
        return context.Request.Headers.Authorization == "Bearer " + Token ? Results.Json(new { id = calendar + "-1" }) : Results.StatusCode(401);
    }

    private async Task<IResult> List(HttpContext context)
    {
        await Remember(context);
        return context.Request.Headers.Authorization == "Bearer " + Token ? Results.Json(new { items = Array.Empty<string>() }) : Results.StatusCode(401);
    }

    private async Task Remember(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        received.Enqueue(new Received(
            context.Request.Method, context.Request.Path + context.Request.QueryString,
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase), await reader.ReadToEndAsync()));
    }
}
