namespace Toolgate.Acceptance.Tests;

/// <summary>A change of the rules holds at once in sessions that are open, and their clients are told.</summary>
public sealed class LiveChangeTests(World world) : IClassFixture<World>
{
    private const string ListAll = "notes.org.main.notes.listAll";

    public static TheoryData<string> Clients => McpClients.Listening;

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task A_policy_written_over_rest_holds_in_an_open_session_and_the_client_hears_of_it(string name)
    {
        await world.Notes();
        var agent = await world.NewMember("member", "tools:invoke");
        var kit = await world.NewToolkit("notes.org.main.notes.*");
        await using var client = await McpClients.Connect(name, world.Url(kit.Path), agent.Token);
        (await client.List()).Select(tool => tool.Address).ShouldContain(ListAll);
        (await client.Call(Mcp.NameOf(ListAll))).IsError.ShouldBeFalse();
        await client.Listen();

        var rule = await world.Rule(kit, ListAll, "block");
        (await Should.ThrowAsync<RefusedException>(() => client.Call(Mcp.NameOf(ListAll)))).Code.ShouldBe(-32602);
        (await client.List()).Select(tool => tool.Address).ShouldNotContain(ListAll);
        await client.Changes(1);

        (await world.Owner.Delete($"/api/toolkits/{kit.Id}/policies/{rule}")).Expect(204);
        (await client.Call(Mcp.NameOf(ListAll))).IsError.ShouldBeFalse();
        (await client.List()).Select(tool => tool.Address).ShouldContain(ListAll);
        await client.Changes(2);
    }

    [Fact]
    public async Task A_change_that_does_not_change_the_list_is_not_announced()
    {
        await world.Notes();
        var kit = await world.NewToolkit("notes.org.main.notes.*");
        var mcp = world.Mcp(kit.Path, world.Server.OwnerKey);
        var session = await mcp.Initialize();
        using var stream = await mcp.GetStream(session);
        stream.Status.ShouldBe(200);
        using var listen = await mcp.Listen();
        (await listen.Next("notifications/subscriptions/acknowledged")).GetProperty("params").GetProperty("notifications").GetProperty("toolsListChanged").GetBoolean().ShouldBeTrue();

        await world.Rule(kit, "other.*", "block");
        await world.Rule(kit, "notes.*.*.notes.create", "approve");
        await world.Rule(kit, ListAll, "block");
        (await stream.Next("notifications/tools/list_changed")).TryGetProperty("id", out _).ShouldBeFalse();
        var told = await listen.Next("notifications/tools/list_changed");
        told.GetProperty("params").GetProperty("_meta").GetProperty("io.modelcontextprotocol/subscriptionId").ToString().ShouldBe("1");

        (await mcp.End(session)).Expect(204);
        (await stream.End()).ShouldNotContain(message => message.GetProperty("method").GetString() == "notifications/tools/list_changed");
    }

    [Fact]
    public async Task A_new_connection_appears_in_toolkits_that_grant_it_and_a_removed_one_vanishes()
    {
        var slug = world.Unique("late");
        await world.Import(slug);
        var kit = await world.NewToolkit($"{slug}.*");
        var mcp = world.Mcp(kit.Path, world.Server.OwnerKey);
        var session = await mcp.Initialize();
        using var stream = await mcp.GetStream(session);
        await world.Connect(slug);
        await stream.Next("notifications/tools/list_changed");
        (await mcp.ListInSession(session)).Json.GetProperty("result").GetProperty("tools").GetArrayLength().ShouldBe(11);
        (await world.Owner.Delete($"/api/connections/org/{slug}/main")).Expect(204);
        await stream.Next("notifications/tools/list_changed");
        (await mcp.ListInSession(session)).Json.GetProperty("result").GetProperty("tools").GetArrayLength().ShouldBe(0);
    }
}
