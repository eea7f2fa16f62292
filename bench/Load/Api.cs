using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Toolgate.Bench;

/// <summary>Sets the system up over its REST API, and opens MCP sessions.</summary>
internal sealed class Api(Uri address, string key) : IDisposable
{
    private readonly HttpClient client = new() { BaseAddress = address, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };

    public string Key => key;

    public Uri Address => address;

    public async Task<JsonNode> Post(string path, object body)
    {
        using var response = await client.PostAsJsonAsync(path, body);
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? JsonNode.Parse(text)! : throw new InvalidOperationException($"POST {path}: {(int)response.StatusCode} {text}");
    }

    public async Task Delete(string path)
    {
        using var response = await client.DeleteAsync(path);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>An integration whose document has <paramref name="tools"/> read-only tools and one that changes something, connected and granted.</summary>
    public async Task<Uri> Toolkit(string slug, Uri upstream, int tools)
    {
        var paths = new JsonObject();
        for (var i = 0; i < tools; i++)
        {
            paths[$"/items{i}/{{id}}"] = new JsonObject
            {
                ["get"] = new JsonObject
                {
                    ["operationId"] = $"getItem{i}",
                    ["tags"] = new JsonArray("items"),
                    ["summary"] = $"Reads one item of list {i}, with everything that belongs to it.",
                    ["parameters"] = new JsonArray(
                        new JsonObject { ["name"] = "id", ["in"] = "path", ["required"] = true, ["schema"] = new JsonObject { ["type"] = "integer" } },
                        new JsonObject { ["name"] = "expand", ["in"] = "query", ["schema"] = new JsonObject { ["type"] = "string", ["enum"] = new JsonArray("labels", "owner") } }),
                    ["responses"] = new JsonObject { ["200"] = new JsonObject { ["description"] = "The item" } },
                },
            };
        }

        paths["/items"] = new JsonObject
        {
            ["post"] = new JsonObject
            {
                ["operationId"] = "addItem",
                ["tags"] = new JsonArray("items"),
                ["requestBody"] = new JsonObject
                {
                    ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "object" } } },
                },
                ["responses"] = new JsonObject { ["200"] = new JsonObject { ["description"] = "Added" } },
            },
        };
        var document = new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = slug, ["version"] = "1" },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = upstream.GetLeftPart(UriPartial.Authority) }),
            ["paths"] = paths,
        };
        await Post("/api/integrations/openapi", new { slug, spec = new { document } });
        return await Granted(slug);
    }

    /// <summary>Connects to an integration that needs no credential, and grants everything of it in a toolkit of its own.</summary>
    public async Task<Uri> Granted(string slug)
    {
        await Post("/api/connections", new { owner = "org", integration = slug, name = "main", template = "none", values = new { } });
        var toolkit = await Post("/api/toolkits", new { owner = "org", name = slug, slug });
        var id = toolkit["id"]!.GetValue<string>();
        await Post($"/api/toolkits/{id}/connections", new { pattern = $"{slug}.org.main.*" });
        await Post($"/api/toolkits/{id}/policies", new { pattern = $"{slug}.org.main.*", action = "approve" });
        return new Uri(address, $"/mcp/toolkits/{slug}");
    }

    /// <summary>The headers of MCP requests in a new session.</summary>
    public async Task<(string Name, string Value)[]> Session(Uri resource)
    {
        await using var connection = await Connection.Open(resource);
        connection.KeepHead = true;
        (string, string)[] headers = [("Authorization", "Bearer " + key), ("Accept", "application/json, text/event-stream")];
        var status = await connection.Send(Connection.Request(
            "POST", resource,
            """{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}""", headers));
        Measure.Expect(status, connection);
        var line = connection.Head.Split("\r\n").Single(header => header.StartsWith("mcp-session-id:", StringComparison.OrdinalIgnoreCase));
        return [.. headers, ("Mcp-Session-Id", line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()), ("MCP-Protocol-Version", "2025-11-25")];
    }

    public void Dispose() => client.Dispose();
}
