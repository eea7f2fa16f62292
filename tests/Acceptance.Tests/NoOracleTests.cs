namespace Toolgate.Acceptance.Tests;

/// <summary>No answer tells a tool that is not granted, blocked or somebody else's from one that does not exist.</summary>
public sealed class NoOracleTests(World world) : IClassFixture<World>
{
    [Fact]
    public async Task Every_tool_out_of_reach_gives_the_same_bytes_apart_from_the_name()
    {
        await world.Notes();
        await world.Connect("notes", "second");
        var agent = await world.NewMember("member", "manage", "tools:invoke");
        var other = await world.NewMember("member", "manage", "tools:invoke");
        await world.Connect("notes", "mine", agent.Rest, "user", "agents-own-key");
        await world.Connect("notes", "theirs", other.Rest, "user", "somebody-elses-key");
        var kit = await world.NewToolkit("notes.org.main.*", "notes.user.*");
        await world.Rule(kit, "notes.org.main.notes.read", "block");
        await world.Rule("notes.org.main.trials.big", "block", enforced: true);

        (string Why, string Name, string Arguments)[] unreachable =
        [
            ("does not exist", "no_such_tool_at_all", "{}"),
            ("not granted", Mcp.NameOf("notes.org.second.notes.listAll"), "{}"),
            ("blocked by the toolkit", Mcp.NameOf("notes.org.main.notes.read"), """{"id":"1"}"""),
            ("blocked by the toolkit, with faulty arguments", Mcp.NameOf("notes.org.main.notes.read"), """{"id":7,"x":[]}"""),
            ("blocked by an enforced rule", Mcp.NameOf("notes.org.main.trials.big"), """{"bytes":1}"""),
            ("personal in a shared toolkit", Mcp.NameOf("notes.user.mine.notes.listAll"), "{}"),
            ("somebody else's", Mcp.NameOf("notes.user.theirs.notes.listAll"), "{}"),
            ("an address, not a name", "notes.org.main.notes.listAll", "{}"),
        ];
        var mcp = world.Mcp(kit.Path, agent.Token);
        var session = await mcp.Initialize();
        string[] modern = [.. await Task.WhenAll(unreachable.Select(async tool => ListedIsCallableTests.Refusal(await mcp.Call(tool.Name, tool.Arguments), tool.Name)))];
        string[] legacy = [.. await Task.WhenAll(unreachable.Select(async tool => ListedIsCallableTests.Refusal(await mcp.CallInSession(session, tool.Name, tool.Arguments), tool.Name)))];
        for (var i = 1; i < unreachable.Length; i++)
        {
            modern[i].ShouldBe(modern[0], unreachable[i].Why);
            legacy[i].ShouldBe(legacy[0], unreachable[i].Why);
        }

        modern[0].ShouldContain("\"code\":-32602");
        modern[0].ShouldContain("Unknown tool: <name>");
        world.Upstream.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Somebody_elses_toolkit_and_one_that_does_not_exist_give_the_same_bytes()
    {
        var agent = await world.NewMember("member", "manage", "tools:invoke");
        var other = await world.NewMember("member", "manage", "tools:invoke");
        var theirs = await world.NewToolkit(other.Rest, "user", "*");
        var absent = world.Unique("absent");
        var first = await world.Mcp(theirs.Path, agent.Token).Stateless("tools/list");
        var second = await world.Mcp("/mcp/toolkits/" + absent, agent.Token).Stateless("tools/list");
        first.Expect(404);
        first.Json.GetProperty("error").GetProperty("message").GetString().ShouldBe("Toolkit not found");
        (first.Status, first.Text).ShouldBe((second.Status, second.Text));

        var firstRest = (await agent.Rest.Get($"/api/toolkits/{theirs.Id}")).Expect(404).Json;
        var secondRest = (await agent.Rest.Get("/api/toolkits/tk_00000000000000000000000000")).Expect(404).Json;
        firstRest.GetProperty("detail").GetString().ShouldBe(secondRest.GetProperty("detail").GetString());
        firstRest.GetProperty("type").GetString().ShouldBe(secondRest.GetProperty("type").GetString());
    }

    [Fact]
    public async Task The_rest_way_to_call_a_tool_refuses_alike_too()
    {
        await world.Notes();
        var agent = await world.NewMember("member", "manage", "tools:invoke");
        var other = await world.NewMember("member", "manage", "tools:invoke");
        await world.Connect("notes", "hidden", other.Rest, "user", "hidden-key");
        var kit = await world.NewToolkit("notes.org.main.trials.*");
        string[] addresses = ["notes.org.main.notes.listAll", "notes.user.hidden.notes.listAll", "notes.org.nowhere.notes.listAll"];
        var answers = await Task.WhenAll(addresses.Select(address => agent.Rest.Post($"/api/tools/{address}/call", new { arguments = new { }, toolkit = kit.Slug })));
        foreach (var (answer, address) in answers.Zip(addresses))
        {
            answer.Expect(404);
            answer.Json.GetProperty("detail").GetString()!.Replace(address, "", StringComparison.Ordinal)
                .ShouldBe(answers[0].Json.GetProperty("detail").GetString()!.Replace(addresses[0], "", StringComparison.Ordinal));
            answer.Json.GetProperty("type").GetString().ShouldBe(answers[0].Json.GetProperty("type").GetString());
        }
    }
}
