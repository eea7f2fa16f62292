using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>What the server says about itself.</summary>
internal static class Discovery
{
    public const string Instructions = "A server for tests. It offers one of everything.";

    public static JsonObject ServerInfo() => new() { ["name"] = "toolgate-fixture", ["version"] = "1.0.0", ["title"] = "Toolgate fixture" };

    public static JsonObject Capabilities(FixtureCore core, bool modern)
    {
        var capabilities = Rpc.Parse("""
            {"tools":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"prompts":{"listChanged":true},"logging":{},"completions":{}}
            """);
        if (modern)
        {
            capabilities["extensions"] = new JsonObject { ["example.com/fixture"] = new JsonObject { ["passes"] = "untouched" } };
        }

        foreach (var lacking in core.Behaviour.Lacks)
        {
            capabilities.Remove(lacking);
        }

        return capabilities;
    }

    public static JsonObject Answer(CallContext call) => Listing.Cacheable(call, new JsonObject
    {
        ["supportedVersions"] = new JsonArray(Versions.Modern),
        ["capabilities"] = Capabilities(call.Core, modern: true),
        ["instructions"] = Instructions,
    });
}
