using System.Text;
using System.Text.Json.Nodes;

namespace Toolgate.Connections.Tests.Plugins;

/// <summary>Limits of a manifest, at the limit and one beyond.</summary>
public sealed class ManifestLimitTests
{
    [Theory]
    [InlineData(0, null)]
    [InlineData(1, "document_too_large")]
    public void A_manifest_has_256_kib(int more, string? code)
    {
        var text = Manifests.Calendar + new string(' ', PluginLimits.DocumentBytes - Encoding.UTF8.GetByteCount(Manifests.Calendar) + more);
        Codes(text).ShouldBe(code is null ? [] : [code]);
    }

    [Theory]
    [InlineData(32, "unknown_member")]
    [InlineData(33, "too_deep")]
    public void A_manifest_nests_32_levels(int levels, string code)
        => Codes(Manifests.With(manifest => manifest["x"] = Nested(levels - 1)).ToJsonString(new() { MaxDepth = 200 })).ShouldBe([code]);

    [Theory]
    [InlineData(64, null)]
    [InlineData(65, "too_many")]
    public void A_manifest_has_64_routes(int count, string? code)
        => Codes(Manifests.With(manifest =>
        {
            for (var i = manifest["routes"]!.AsArray().Count; i < count; i++)
            {
                manifest.Set("/routes/-", $$"""{ "name": "r{{i}}", "method": "GET", "path": "/r", "arguments": "query" }""");
            }
        })).Where(found => found != "unknown_route").ShouldBe(code is null ? [] : [code]);

    [Theory]
    [InlineData(64, null)]
    [InlineData(65, "too_many")]
    public void A_manifest_has_64_tools(int count, string? code)
        => Codes(Manifests.With(manifest =>
        {
            for (var i = manifest["mcpTools"]!.AsArray().Count; i < count; i++)
            {
                manifest.Set("/mcpTools/-", $$"""{ "name": "t{{i}}", "description": "d", "route": "events/list", "inputSchema": { "type": "object" } }""");
            }
        })).ShouldBe(code is null ? [] : [code]);

    [Theory]
    [InlineData(256, null)]
    [InlineData(257, "too_many")]
    public void A_manifest_has_256_patterns(int count, string? code)
    {
        // One is in the fixture.
        var left = count - 1;
        Codes(Manifests.With(manifest =>
        {
            for (var tool = 0; left > 0; tool++)
            {
                var properties = new JsonObject();
                for (var i = 0; i < 60 && left > 0; i++, left--)
                {
                    properties["p" + i] = new JsonObject { ["type"] = "string", ["pattern"] = "^a$" };
                }

                manifest["mcpTools"]!.AsArray().Add(new JsonObject
                {
                    ["name"] = "t" + tool, ["description"] = "d", ["route"] = "events/list", ["inputSchema"] = new JsonObject { ["type"] = "object", ["properties"] = properties },
                });
            }
        })).ShouldBe(code is null ? [] : [code]);
    }

    [Theory]
    [InlineData("/id", 28, "invalid_id")]
    [InlineData("/displayName", 100, "invalid_text")]
    [InlineData("/description", 1024, "invalid_text")]
    [InlineData("/mcpTools/0/name", 34, "invalid_name")]
    [InlineData("/mcpTools/0/title", 100, "invalid_text")]
    [InlineData("/mcpTools/0/description", 1024, "invalid_text")]
    [InlineData("/service/auth/secretRef", 64, "invalid_name")]
    public void Texts_have_their_length(string pointer, int length, string code)
    {
        Codes(Manifests.With(manifest => manifest.Set(pointer, $"\"{new string('a', length)}\""))).ShouldBeEmpty();
        Codes(Manifests.With(manifest => manifest.Set(pointer, $"\"{new string('a', length + 1)}\""))).ShouldBe([code]);
    }

    [Fact]
    public void A_version_has_64_characters()
    {
        Codes(Manifests.With(manifest => manifest.Set("/version", $"\"1.0.0-{new string('a', 58)}\""))).ShouldBeEmpty();
        Codes(Manifests.With(manifest => manifest.Set("/version", $"\"1.0.0-{new string('a', 59)}\""))).ShouldBe(["invalid_version"]);
    }

    [Theory]
    [InlineData("1.0.0")]
    [InlineData("0.0.0")]
    [InlineData("10.20.30")]
    [InlineData("1.0.0-alpha.1")]
    [InlineData("1.0.0-0.3.7")]
    [InlineData("1.0.0--")]
    [InlineData("1.0.0+build.001")]
    [InlineData("1.0.0-rc.1+5114f85")]
    public void Every_semantic_version_is_a_version(string version) => Codes(Manifests.With(manifest => manifest["version"] = version)).ShouldBeEmpty();

    [Fact]
    public void A_route_has_96_characters_a_path_512_and_a_plugin_16_hosts()
    {
        Codes(Route(96, 512, 16)).ShouldBeEmpty();
        Codes(Route(97, 512, 16)).ShouldBe(["invalid_name"]);
        Codes(Route(96, 513, 16)).ShouldBe(["invalid_path"]);
        Codes(Route(96, 512, 17)).ShouldBe(["too_many"]);
        static JsonObject Route(int name, int path, int hosts) => Manifests.With(manifest =>
        {
            manifest.Set("/routes/-", $$"""{ "name": "{{new string('r', name)}}", "method": "GET", "path": "/{{new string('p', path - 1)}}", "arguments": "query", "timeoutMs": 300000 }""");
            manifest["service"]!["allowedHosts"] = new JsonArray([.. Enumerable.Range(1, hosts - 1).Select(i => JsonValue.Create($"h{i}.example.com")), JsonValue.Create("calendar.example.com")]);
        });
    }

    [Fact]
    public void No_more_than_200_faults_are_told_of()
        => Manifests.Read(Manifests.With(manifest =>
        {
            for (var i = 0; i < 300; i++)
            {
                manifest["x" + i] = 1;
            }
        })).Faults.Length.ShouldBe(200);

    private static JsonNode Nested(int levels)
    {
        JsonNode node = new JsonArray();
        for (var i = 1; i < levels; i++)
        {
            node = new JsonArray(node);
        }

        return node;
    }

    private static string[] Codes(JsonNode manifest) => Codes(manifest.ToJsonString());

    private static string[] Codes(string manifest) => [.. Manifests.Read(manifest).Faults.Select(fault => fault.Code)];
}
