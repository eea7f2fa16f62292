using Toolgate.Fixture;

namespace Toolgate.Acceptance.Tests;

/// <summary>Toolkits that are searched, and toolkits that keep their source's names, with the official clients.</summary>
public sealed class SurfaceJourneyTests(World world) : IClassFixture<World>
{
    private const string Create = "notes.org.main.notes.create";

    public static TheoryData<string> Clients => McpClients.All;

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task An_agent_finds_a_tool_reads_how_it_is_called_and_calls_it(string name)
    {
        await world.Notes();
        var kit = await world.NewToolkit("notes.org.main.notes.*");
        await world.Rule(kit, Create, "approve");
        (await world.Owner.Patch($"/api/toolkits/{kit.Id}", new { surface = "search" })).Expect(200);
        (await world.Owner.Put($"/api/toolkits/{kit.Id}/overrides/{Create}", new { name = "jot_down" })).Expect(201);
        world.Upstream.Forget();

        await using var client = await McpClients.Start(name);
        (await client.Connect(world.Url(kit.Path), world.Server.OwnerKey)).Instructions.ShouldNotBeNull().ShouldContain("search_tools");
        (await client.List()).Select(tool => tool.Name).ShouldBe(["search_tools", "describe_tool", "call_tool"]);

        var found = (await client.Call("search_tools", """{"query":"write a new note"}""")).Structured.ShouldNotBeNull();
        found.GetProperty("tools").EnumerateArray().Take(3).Select(tool => tool.GetProperty("name").GetString()).ShouldContain("jot_down");
        var described = (await client.Call("describe_tool", """{"name":"jot_down"}""")).Structured.ShouldNotBeNull().GetProperty("tool");
        described.GetProperty("inputSchema").GetProperty("required")[0].GetString().ShouldBe("body");
        described.GetProperty("_meta").GetProperty("toolgate/address").GetString().ShouldBe(Create);
        var called = await client.Call("call_tool", """{"name":"jot_down","arguments":{"body":{"title":"Milk","text":"two litres"}}}""");
        called.IsError.ShouldBeFalse(called.Raw.ToString());
        called.Structured.ShouldNotBeNull().GetProperty("title").GetString().ShouldBe("Milk");
        world.Upstream.Requests.ShouldHaveSingleItem().Method.ShouldBe("POST");

        (await client.Call("call_tool", """{"name":"notes.org.main.notes.delete","arguments":{"id":"1"}}""")).ErrorCode.ShouldBe("approval_required");
        (await Should.ThrowAsync<RefusedException>(() => client.Call("call_tool", """{"name":"nowhere"}"""))).Code.ShouldBe(-32602);
        (await Should.ThrowAsync<RefusedException>(() => client.Call("jot_down", """{"body":{"title":"Milk"}}"""))).Code.ShouldBe(-32602);
        world.Upstream.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_toolkit_of_one_mcp_server_lists_its_tools_under_their_own_names()
    {
        await using var fixture = await FixtureServer.Start();
        (await world.Owner.Post("/api/integrations/mcp", new { slug = "fixture", transport = "http", url = fixture.Url })).Expect(201);
        (await world.Owner.Post("/api/connections", new { owner = "org", integration = "fixture", name = "main", template = "none", values = new { } })).Expect(201);
        var kit = await world.NewToolkit("fixture.org.main.*");
        await world.Rule(kit, "fixture.*", "approve");

        // Names that are legal here are kept; the fixture also has odd ones.
        var own = fixture.Catalog.Tools.All.Select(tool => tool.Key).Where(key => key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') && key.Length <= 64).ToList();
        own.Count.ShouldBeGreaterThan(10);
        await using var before = await McpClients.Connect(McpClients.TypeScriptTwoModern, world.Url(kit.Path), world.Server.OwnerKey);
        (await before.List()).Select(tool => tool.Name).ShouldAllBe(name => name.StartsWith("fixture", StringComparison.Ordinal));

        (await world.Owner.Patch($"/api/toolkits/{kit.Id}", new { names = "upstream" })).Expect(200);
        await using var client = await McpClients.Connect(McpClients.TypeScriptTwoModern, world.Url(kit.Path), world.Server.OwnerKey);
        var listed = await client.List();
        own.ShouldBeSubsetOf(listed.Select(tool => tool.Name));
        listed.Select(tool => tool.Address).ShouldBe((await before.List()).Select(tool => tool.Address), "names neither add nor drop a tool");
        var called = await client.Call("test_simple_text");
        called.IsError.ShouldBeFalse(called.Raw.ToString());
        called.Text.ShouldBe("This is a simple text response for testing.");
    }
}
