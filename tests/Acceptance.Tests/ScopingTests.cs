using System.Text.Json;

namespace Toolgate.Acceptance.Tests;

/// <summary>What a toolkit shows and refuses (SEMANTICS "Policies").</summary>
public sealed class ScopingTests(World world) : IClassFixture<World>, IAsyncLifetime
{
    private const string Create = "notes.org.main.notes.create";
    private const string ListAll = "notes.org.main.notes.listAll";
    private const string Read = "notes.org.main.notes.read";
    private const string NewNote = """{"body":{"title":"From a test"}}""";

    private Member agent = null!;

    public async Task InitializeAsync()
    {
        await world.Notes();
        agent = await world.NewMember("member", "manage", "tools:invoke");
    }

    public async Task DisposeAsync()
    {
        // Rules of the workspace reach into every test of the class: none stays.
        foreach (var rule in await world.Owner.All("/api/policies"))
        {
            await world.Owner.Delete($"/api/policies/{rule.GetProperty("id").GetString()}");
        }
    }

    [Fact]
    public async Task Without_a_grant_nothing_is_listed_and_nothing_can_be_called()
    {
        var kit = await world.NewToolkit();
        var mcp = world.Mcp(kit.Path, agent.Token);
        (await mcp.List()).ShouldBeEmpty();
        await Refused(mcp, ListAll);
    }

    [Fact]
    public async Task A_policy_is_never_a_grant()
    {
        var kit = await world.NewToolkit();
        await world.Rule(kit, "*", "approve");
        var mcp = world.Mcp(kit.Path, agent.Token);
        (await mcp.List()).ShouldBeEmpty();
        await Refused(mcp, ListAll);
    }

    [Fact]
    public async Task A_shared_toolkit_hides_personal_tools_and_a_personal_one_shows_them_to_their_owner_alone()
    {
        var secret = "personal-" + Guid.NewGuid().ToString("N");
        await world.Connect("notes", "mine", agent.Rest, "user", secret);
        var shared = await world.NewToolkit("notes.*", "*");
        var own = await world.NewToolkit(agent.Rest, "user", "notes.user.*");

        (await world.Mcp(shared.Path, agent.Token).Addresses()).ShouldAllBe(address => address.StartsWith("notes.org.", StringComparison.Ordinal));
        await Refused(world.Mcp(shared.Path, agent.Token), "notes.user.mine.notes.listAll");
        (await world.Mcp(own.Path, agent.Token).Addresses()).ShouldAllBe(address => address.StartsWith("notes.user.mine.", StringComparison.Ordinal));

        world.Upstream.Forget();
        (await Result(world.Mcp(own.Path, agent.Token), "notes.user.mine.notes.listAll")).IsError.ShouldBeFalse();
        world.Upstream.Requests.ShouldHaveSingleItem().Header(NotesApi.KeyHeader).ShouldBe(secret);

        (await world.Mcp(own.Path, world.Server.OwnerKey).Stateless("tools/list")).Expect(404);
        (await world.Owner.Get($"/api/toolkits/{own.Id}")).Expect(404);
        (await world.Mcp("/mcp", world.Server.OwnerKey).Addresses()).ShouldNotContain(address => address.StartsWith("notes.user.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Blocking_and_approving_policies_decide_what_is_listed_and_the_topmost_match_wins()
    {
        var kit = await world.NewToolkit("notes.org.main.notes.*");
        var mcp = world.Mcp(kit.Path, agent.Token);
        await world.Rule(kit, "notes.*", "block");
        (await mcp.List()).ShouldBeEmpty();
        await world.Rule(kit, Read, "approve");
        await world.Rule(kit, Create, "approve");
        (await mcp.Addresses()).ShouldBe([Create, Read]);
        await Refused(mcp, ListAll);
        (await Result(mcp, Create, NewNote)).IsError.ShouldBeFalse();
    }

    [Fact]
    public async Task A_rule_put_before_or_after_another_takes_its_place_in_the_order()
    {
        var kit = await world.NewToolkit("notes.org.main.notes.*");
        var mcp = world.Mcp(kit.Path, agent.Token);
        var approve = await world.Rule(kit, Read, "approve");
        var block = (await world.Owner.Post($"/api/toolkits/{kit.Id}/policies", new { pattern = "notes.*", action = "block", after = approve })).Expect(201).Json.GetProperty("id").GetString()!;
        (await mcp.Addresses()).ShouldBe([Read]);
        (await world.Owner.Patch($"/api/toolkits/{kit.Id}/policies/{block}", new { before = approve })).Expect(200);
        (await mcp.List()).ShouldBeEmpty();
        (await world.Owner.All($"/api/toolkits/{kit.Id}/policies")).Select(rule => rule.GetProperty("id").GetString()).ShouldBe([block, approve]);
    }

    [Fact]
    public async Task Ordinary_rules_hold_at_the_default_resource_and_a_toolkit_replaces_them()
    {
        var kit = await world.NewToolkit("notes.org.main.notes.*");
        await world.Rule(ListAll, "block");
        await world.Rule(Create, "approve");

        (await world.Mcp("/mcp", agent.Token).Addresses()).ShouldNotContain(ListAll);
        await Refused(world.Mcp("/mcp", agent.Token), ListAll);
        (await Result(world.Mcp("/mcp", agent.Token), Create, NewNote)).IsError.ShouldBeFalse();

        (await Result(world.Mcp(kit.Path, agent.Token), ListAll)).IsError.ShouldBeFalse();
        (await Result(world.Mcp(kit.Path, agent.Token), Create, NewNote)).ErrorCode.ShouldBe("approval_required");
    }

    [Fact]
    public async Task At_the_default_resource_the_more_restrictive_of_two_owners_wins()
    {
        await world.Rule(Read, "approve");
        await world.Rule(Read, "block", by: agent.Rest, owner: "user");
        (await world.Mcp("/mcp", agent.Token).Addresses()).ShouldNotContain(Read);
        (await world.Mcp("/mcp", world.Server.OwnerKey).Addresses()).ShouldContain(Read);

        var other = await world.NewMember("member", "manage", "tools:invoke");
        await world.Rule(ListAll, "require_approval");
        await world.Rule(ListAll, "approve", by: other.Rest, owner: "user");
        (await Result(world.Mcp("/mcp", other.Token), ListAll)).ErrorCode.ShouldBe("approval_required");
    }

    [Fact]
    public async Task An_enforced_block_holds_inside_a_toolkit_that_approves()
    {
        var kit = await world.NewToolkit("notes.*");
        await world.Rule(kit, "*", "approve");
        await world.Rule("notes.*.*.notes.delete", "block", enforced: true);
        var mcp = world.Mcp(kit.Path, agent.Token);
        (await mcp.Addresses()).ShouldNotContain("notes.org.main.notes.delete");
        await Refused(mcp, "notes.org.main.notes.delete", """{"id":"1"}""");
        (await Result(mcp, Create, NewNote)).IsError.ShouldBeFalse();
    }

    [Fact]
    public async Task An_enforced_approval_is_a_floor_that_a_toolkit_can_raise_but_not_lower()
    {
        var kit = await world.NewToolkit("notes.*");
        await world.Rule(kit, "*", "approve");
        await world.Rule(kit, Read, "block");
        await world.Rule("notes.*.*.notes.*", "require_approval", enforced: true);
        var mcp = world.Mcp(kit.Path, agent.Token);
        (await Result(mcp, ListAll)).ErrorCode.ShouldBe("approval_required");
        await Refused(mcp, Read, """{"id":"1"}""");
        (await Result(mcp, "notes.org.main.trials.picture")).IsError.ShouldBeFalse();
    }

    [Fact]
    public async Task A_call_that_needs_approval_answers_so_and_the_upstream_sees_nothing()
    {
        var kit = await world.NewToolkit("notes.*");
        world.Upstream.Forget();
        var result = await Result(world.Mcp(kit.Path, agent.Token), Create, NewNote);
        result.ErrorCode.ShouldBe("approval_required");
        result.Text.ShouldStartWith("[approval_required] ");
        world.Upstream.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Rest_explains_the_decisions_that_mcp_carries_out()
    {
        var kit = await world.NewToolkit("notes.org.main.notes.*");
        var policy = await world.Rule(kit, Read, "block");
        await world.Rule("notes.*.*.notes.delete", "block", enforced: true);
        var tools = await world.Owner.All($"/api/toolkits/{kit.Id}/tools?includeBlocked=true");
        Why(tools, Read).ShouldBe(("block", "toolkit", policy, Read));
        Why(tools, ListAll).ShouldBe(("approve", "default", null, null));
        Why(tools, Create).ShouldBe(("require_approval", "default", null, null));
        var (action, source, _, pattern) = Why(tools, "notes.org.main.notes.delete");
        (action, source, pattern).ShouldBe(("block", "enforced", "notes.*.*.notes.delete"));

        var visible = (await world.Owner.All($"/api/toolkits/{kit.Id}/tools")).Select(tool => tool.GetProperty("address").GetString());
        visible.ShouldBe(await world.Mcp(kit.Path, world.Server.OwnerKey).Addresses());
        (await world.Owner.Get($"/api/toolkits/{kit.Id}")).Expect(200).Json.GetProperty("toolCount").GetInt32().ShouldBe(3);
    }

    [Fact]
    public async Task Granting_the_same_pattern_twice_gives_the_first_grant()
    {
        var kit = await world.NewToolkit();
        var first = (await world.Owner.Post($"/api/toolkits/{kit.Id}/connections", new { pattern = "notes.org.main.*" })).Expect(201);
        var second = (await world.Owner.Post($"/api/toolkits/{kit.Id}/connections", new { pattern = "notes.org.main.*" })).Expect(200);
        second.Json.GetProperty("id").GetString().ShouldBe(first.Json.GetProperty("id").GetString());
        (await world.Owner.All($"/api/toolkits/{kit.Id}/connections")).Count.ShouldBe(1);
    }

    private static (string? Action, string? Source, string? Policy, string? Pattern) Why(IEnumerable<JsonElement> tools, string address)
    {
        var tool = tools.Single(tool => tool.GetProperty("address").GetString() == address);
        return (tool.GetProperty("action").GetString(), tool.GetProperty("source").GetString(), tool.GetProperty("policyId").GetString(), tool.GetProperty("pattern").GetString());
    }

    private static async Task<Called> Result(Mcp mcp, string address, string arguments = "{}")
    {
        var json = (await mcp.Call(Mcp.NameOf(address), arguments)).Expect(200).Json;
        return McpClients.ResultOf(json.TryGetProperty("result", out var result) ? result : throw new ShouldAssertException(json.ToString()));
    }

    private static async Task Refused(Mcp mcp, string address, string arguments = "{}")
    {
        var error = (await mcp.Call(Mcp.NameOf(address), arguments)).Json.GetProperty("error");
        error.GetProperty("code").GetInt32().ShouldBe(-32602);
        error.GetProperty("message").GetString().ShouldBe("Unknown tool: " + Mcp.NameOf(address));
    }
}
