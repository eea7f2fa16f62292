using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Toolgate.Connections.Tests.Hosting;
using Toolgate.EventStore;
using Toolgate.Fixture;

namespace Toolgate.Connections.Tests.Mcp;

/// <summary>What can be said of an MCP server before it is registered.</summary>
public sealed class DetectionTests(McpHost toolgate) : IClassFixture<McpHost>
{
    private readonly McpWorld host = toolgate.World;

    [Theory]
    [InlineData(Eras.Legacy)]
    [InlineData(Eras.Modern)]
    public async Task A_server_is_detected_and_previewed_and_nothing_is_saved(Eras era)
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = era;
        var before = host.Get<IReadModels>().Current.Position;

        var found = await host.Api.Post("/api/integrations/detect", new { url = upstream.Url }, 200);
        var preview = await host.Api.Post("/api/integrations/preview", new { transport = "http", url = upstream.Url }, 200);

        (Text(found, "kind"), Text(found, "transport"), Text(found, "url")).ShouldBe(("mcp", "http", upstream.Url));
        found["toolCount"]!.GetValue<int>().ShouldBe(upstream.Catalog.Tools.All.Count);
        (Text(preview, "kind"), preview["toolCount"]!.GetValue<int>()).ShouldBe(("mcp", upstream.Catalog.Tools.All.Count));
        Text(preview, "name").ShouldBe("Toolgate fixture");
        preview["tools"]!.AsArray().Single(tool => Text(tool!, "name") == "fixture_structured")!["asksByDefault"]!.GetValue<bool>().ShouldBeFalse();
        host.Get<IReadModels>().Current.Position.ShouldBe(before);
    }

    [Fact]
    public async Task The_transport_of_2024_is_detected_by_its_stream()
    {
        await using var upstream = await FixtureServer.Start();
        var url = upstream.SseUrl;
        var found = await host.Api.Post("/api/integrations/detect", new { url }, 200);
        (Text(found, "kind"), Text(found, "transport"), Text(found, "url")).ShouldBe(("mcp", "sse", url));
        (await host.Api.Post("/api/integrations/preview", new { transport = "sse", url }, 200))["toolCount"]!.GetValue<int>().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_server_is_not_mistaken_for_the_document_beside_it()
    {
        await using var site = await Upstream.Start(async context =>
        {
            if (context.Request.Path == "/openapi.json")
            {
                await context.Response.WriteAsync(Documents.Tracker("https://x.example"));
                return;
            }

            var message = context.Request.Method == "POST" ? await JsonNode.ParseAsync(context.Request.Body) : null;
            var result = (string?)message?["method"] switch
            {
                "initialize" => """{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"beside","version":"1"}}""",
                "tools/list" => """{"tools":[{"name":"only","inputSchema":{"type":"object"}}]}""",
                _ => null,
            };
            var isNotification = message?["method"] is not null && message["id"] is null;
            (context.Response.StatusCode, context.Response.ContentType) = (isNotification ? 202 : result is null ? 400 : 200, "application/json");
            await context.Response.WriteAsync(result is null ? "{}" : $$"""{"jsonrpc":"2.0","id":{{message!["id"]!.ToJsonString()}},"result":{{result}}}""");
        });

        var server = await host.Api.Post("/api/integrations/detect", new { url = site.Url + "/mcp" }, 200);

        (Text(server, "kind"), Text(server, "name"), server["toolCount"]!.GetValue<int>()).ShouldBe(("mcp", "beside", 1));
        Text(await host.Api.Post("/api/integrations/detect", new { url = site.Url + "/openapi.json" }, 200), "kind").ShouldBe("openapi");
    }

    [Theory]
    [InlineData("""{"transport":"stdio","url":"http://127.0.0.1:1"}""", "/transport", "invalid_transport")]
    [InlineData("""{"transport":"http","url":"file:///etc/hosts"}""", "/url", "invalid_url")]
    [InlineData("""{"transport":"http"}""", "/url", "invalid_url")]
    [InlineData("""{"transport":"http","url":"http://127.0.0.1:1","spec":{"document":"{}"}}""", "/spec", "one_of")]
    [InlineData("""{"transport":"http","url":"http://127.0.0.1:1","endpoint":"https://x.example"}""", "/endpoint", "one_of")]
    [InlineData("""{"transport":"http","url":"http://127.0.0.1:1"}""", "/url", "source_unavailable")]
    public async Task A_preview_of_a_server_that_cannot_be_is_refused_with_its_pointer(string body, string pointer, string code)
        => (await host.Api.Post("/api/integrations/preview", JsonNode.Parse(body)!, 422)).Fault().ShouldBe((pointer, code));

    private static string? Text(JsonNode node, string member) => node[member]?.GetValue<string>();
}
