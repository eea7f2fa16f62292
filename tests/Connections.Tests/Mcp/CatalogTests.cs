using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Toolgate.Connections.Tests.Hosting;
using Toolgate.Fixture;

namespace Toolgate.Connections.Tests.Mcp;

/// <summary>What becomes of what a server lists.</summary>
public sealed class CatalogTests(McpHost toolgate) : IClassFixture<McpHost>
{
    private readonly McpWorld host = toolgate.World;
    [Theory]
    [InlineData(Eras.Legacy, 0)]
    [InlineData(Eras.Modern, 0)]
    [InlineData(Eras.Modern, 3)]
    public async Task Everything_that_a_server_lists_is_there_page_by_page(Eras era, int page)
    {
        await using var upstream = await FixtureServer.Start();
        (upstream.Behaviour.Eras, upstream.Behaviour.PageSize) = (era, page);

        var slug = await host.Connected(upstream.Url);

        host.Tools(slug).Count.ShouldBe(upstream.Catalog.Tools.All.Count);
        var offer = host.Offer(slug).ShouldNotBeNull();
        offer.Resources.Select(item => item.Key).ShouldContain("test://static-text");
        offer.Templates.Select(item => item.Key).ShouldBe(["test://template/{id}/data"]);
        offer.Prompts.Select(item => item.Key).ShouldContain("test_simple_prompt");
        JsonNode.Parse(offer.Capabilities.Span)!["resources"].ShouldNotBeNull();
    }

    [Fact]
    public async Task A_listed_tool_keeps_every_member_that_nobody_here_knows()
    {
        await using var upstream = await FixtureServer.Start();
        var slug = await host.Connected(upstream.Url);

        var odd = Listed(host.Tool(slug, "fixture_unknown_content"));
        var structured = host.Tool(slug, "fixture_structured");

        odd["futureDefinitionMember"]!.ToJsonString().ShouldBe("""{"kept":true}""");
        odd["_meta"]!["example.com/definition"]!.GetValue<string>().ShouldBe("kept");
        odd["_meta"]!["toolgate/address"]!.GetValue<string>().ShouldBe($"{slug}.org.main.fixture_unknown_content");
        Listed(structured)["annotations"]!["futureHint"]!.GetValue<string>().ShouldBe("kept");
        Encoding.UTF8.GetString(structured.Definition.OutputSchema.Span).ShouldStartWith("{");
    }

    [Theory]
    [InlineData("{}", true, true)]
    [InlineData("""{"annotations":{"readOnlyHint":true}}""", false, false)]
    [InlineData("""{"annotations":{"readOnlyHint":true,"destructiveHint":true}}""", true, false)]
    [InlineData("""{"annotations":{"destructiveHint":false}}""", false, true)]
    [InlineData("""{"annotations":{"destructiveHint":true}}""", true, true)]
    [InlineData("""{"annotations":{"readOnlyHint":"true"}}""", true, true)]
    public void Approval_follows_the_hints(string more, bool asks, bool changes)
    {
        var tool = Read($$"""{"name":"t","title":"Do it","inputSchema":{"type":"object"},{{more[1..]}}""".Replace(",}", "}", StringComparison.Ordinal))!;
        (tool.AsksByDefault, tool.ChangesSomething, tool.ApprovalText).ShouldBe((asks, changes, "Do it"));
    }

    [Theory]
    [InlineData("""{"inputSchema":{"type":"object"}}""", "invalid_name")]
    [InlineData("""{"name":"","inputSchema":{"type":"object"}}""", "invalid_name")]
    [InlineData("""{"name":"t"}""", "invalid_schema")]
    [InlineData("""{"name":"t","inputSchema":true}""", "invalid_schema")]
    [InlineData("""{"name":"t","inputSchema":{"type":"string"}}""", "invalid_schema")]
    [InlineData("""{"name":"t","inputSchema":{"type":12}}""", "invalid_schema")]
    [InlineData("""{"name":"t","name":"u","inputSchema":{"type":"object"}}""", "invalid_tool")]
    [InlineData("""[1]""", "invalid_tool")]
    [InlineData("""{"name":"t","description":"\ud800","inputSchema":{"type":"object"}}""", "invalid_tool")]
    [InlineData("""{"name":"t","inputSchema":{"type":"object","properties":{"a":{"type":"number","x-mcp-header":"A"}}}}""", "invalid_header")]
    [InlineData("""{"name":"t","inputSchema":{"type":"object","properties":{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}}}}""", "invalid_header")]
    [InlineData("""{"name":"t","inputSchema":{"type":"object","properties":{"a":{"type":"array","items":{"type":"string","x-mcp-header":"A"}}}}}""", "invalid_header")]
    public void A_tool_that_cannot_be_used_is_left_out_and_says_why(string entry, string code)
    {
        ToolEntryReading.Read(Encoding.UTF8.GetBytes(entry), 3, isModern: true, ToolAccess.Anyone, out var dropped).ShouldBeNull();
        (dropped!.Pointer, dropped.Code).ShouldBe(("/tools/3", code));
    }

    [Fact]
    public async Task One_bad_tool_takes_no_other_with_it()
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Catalog.Tools.Redefine("test_simple_text", tool => tool["inputSchema"] = new JsonObject { ["type"] = 12 });

        var slug = await host.Connected(upstream.Url);

        host.Tools(slug).Count.ShouldBe(upstream.Catalog.Tools.All.Count - 1);
        host.Tools(slug).ShouldNotContain(tool => tool.Definition.Name == "test_simple_text");
    }

    [Theory]
    [InlineData("get_weather", "get_weather")]
    [InlineData("files/read.all", "files/read.all")]
    [InlineData("a..b", "a_b-")]
    [InlineData("*", "")]
    [InlineData("größe", "gr_e-")]
    [InlineData(".hidden", "hidden-")]
    public void Names_that_no_address_can_hold_get_one_that_does(string name, string start)
    {
        var made = ToolAddressName.Of(name);
        made.ShouldStartWith(start);
        (made == name).ShouldBe(start == name);
        made.ShouldMatch(@"\A[A-Za-z0-9_./-]+\z");
        ToolAddressName.Of(name + "!").ShouldNotBe(made);
    }

    [Fact]
    public void A_name_that_was_changed_is_still_called_by_its_own()
    {
        var tool = Read("""{"name":"größe *","inputSchema":{"type":"object"}}""")!;
        tool.UpstreamName.ShouldBe("größe *");
        tool.Binding.ShouldBeOfType<McpBinding>().Name.ShouldBe("größe *");
    }

    [Fact]
    public void A_digest_knows_the_definition_and_not_its_order_or_its_meta()
    {
        var digest = Read("""{"name":"t","description":"d","inputSchema":{"type":"object"},"_meta":{"at":1}}""")!.Digest;
        Read("""{"inputSchema":{"type":"object"}, "name":"t","description":"d","_meta":{"at":2}}""")!.Digest.ShouldBe(digest);
        Read("""{"name":"t","description":"e","inputSchema":{"type":"object"}}""")!.Digest.ShouldNotBe(digest);
        Read("""{"name":"t","description":"d","inputSchema":{"type":"object"},"future":1}""")!.Digest.ShouldNotBe(digest);
    }

    [Fact]
    public void A_catalog_of_a_server_survives_being_stored()
    {
        var tool = Read("""{"name":"größe","title":"T","inputSchema":{"type":"object","properties":{"a":{"type":"string","x-mcp-header":"A"}}},"outputSchema":{"type":"object"},"_meta":{"x":1}}""")!;
        var item = new OfferedItem("test://a", "{\"uri\":\"test://a\"}"u8.ToArray());
        var catalog = SourceCatalog.Nothing with { Tools = [tool], Offer = new SourceOffer("Do.", "{}"u8.ToArray(), [item], [], []) };

        var read = CatalogCodec.Decode(CatalogCodec.Encode(catalog));

        var again = read.Tools.ShouldHaveSingleItem();
        var binding = again.Binding.ShouldBeOfType<McpBinding>();
        (binding.Name, binding.Headers.Single().Name, binding.Headers.Single().Path.Single()).ShouldBe(("größe", "A", "a"));
        again.ListingMembers.ToArray().ShouldBe(tool.ListingMembers.ToArray());
        again.MetaMembers.ToArray().ShouldBe("\"x\":1"u8.ToArray());
        again.OutputSchema.ToArray().ShouldBe(tool.OutputSchema.ToArray());
        read.Offer!.Resources.Single().Entry.ToArray().ShouldBe(item.Entry.ToArray());
    }

    [Fact]
    public async Task A_server_that_is_down_has_no_tools_and_its_connection_is_made()
    {
        var upstream = await FixtureServer.Start();
        var url = upstream.Url;
        await upstream.DisposeAsync();

        var slug = await host.Connected(url);

        host.Tools(slug).ShouldBeEmpty();
        (await host.Api.Post($"/api/connections/org/{slug}/main/refresh", new { }, 422)).Code().ShouldBe("urn:toolgate:problem:source-unavailable");
    }

    [Fact]
    public async Task A_refresh_reads_the_lists_again_and_a_failing_one_keeps_them()
    {
        await using var upstream = await FixtureServer.Start();
        var slug = await host.Connected(upstream.Url);
        var before = host.Tools(slug).Count;
        upstream.Catalog.Tools.Redefine("test_simple_text", tool => tool["description"] = "Another");

        var changes = await host.Api.Post($"/api/connections/org/{slug}/main/refresh", new { }, 200);
        upstream.Behaviour.Faults = _ => new Fault.Garbage();
        await host.Api.Post($"/api/connections/org/{slug}/main/refresh", new { }, 422);

        changes["changed"].Strings().ShouldBe(["test_simple_text"]);
        host.Tools(slug).Count.ShouldBe(before);
        host.Tool(slug, "test_simple_text").Definition.Description.ShouldBe("Another");
    }

    private static JsonNode Listed(Tool tool)
    {
        var output = new ArrayBufferWriter<byte>();
        tool.WriteListing(output);
        return JsonNode.Parse(output.WrittenSpan)!;
    }

    private static ToolDefinition? Read(string entry)
        => ToolEntryReading.Read(Encoding.UTF8.GetBytes(entry), 0, isModern: true, ToolAccess.Anyone, out _);
}
