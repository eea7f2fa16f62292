using System.Text.Json;

namespace Toolgate.Acceptance.Tests;

/// <summary>Nothing lives only in a node's memory that a client would miss: restarts, two hosts, sudden death.</summary>
public sealed class ContinuityTests(World world) : IClassFixture<World>
{
    private const string ListAll = "notes.org.main.notes.listAll";
    private const string SlowChange = "notes.org.main.trials.slowChange";

    [Fact]
    public async Task A_session_goes_on_after_a_restart_of_the_host()
    {
        await world.Notes();
        var agent = await world.NewMember("member", "tools:invoke");
        var kit = await world.NewToolkit("notes.org.main.notes.*");
        var mcp = world.Mcp(kit.Path, agent.Token);
        var session = await mcp.Initialize();
        (await mcp.CallInSession(session, Mcp.NameOf(ListAll))).Expect(200);

        await world.Server.Restart();

        var listed = (await mcp.ListInSession(session)).Expect(200).Json.GetProperty("result").GetProperty("tools");
        listed.GetArrayLength().ShouldBe(6);
        McpClients.ResultOf((await mcp.CallInSession(session, Mcp.NameOf(ListAll))).Expect(200).Json.GetProperty("result")).IsError.ShouldBeFalse();
        (await mcp.End(session)).Expect(204);
        (await mcp.ListInSession(session)).Expect(404);

        await world.Server.Restart();

        (await mcp.ListInSession(session)).Expect(404);
    }

    [Fact]
    public async Task An_official_client_keeps_its_session_over_a_restart()
    {
        await world.Notes();
        var kit = await world.NewToolkit("notes.org.main.notes.*");
        await using var client = await McpClients.Connect(McpClients.TypeScriptOne, world.Url(kit.Path), world.Server.OwnerKey);
        (await client.List()).Count.ShouldBe(5);
        await world.Server.Restart();
        (await client.Call(Mcp.NameOf(ListAll))).IsError.ShouldBeFalse();
        (await client.List()).Count.ShouldBe(5);
    }

    [Fact]
    public async Task Two_hosts_on_one_database_share_sessions_and_rules()
    {
        await world.Notes();
        var agent = await world.NewMember("member", "tools:invoke");
        var kit = await world.NewToolkit("notes.org.main.notes.*");
        await using var second = await HostProcess.Start(world.Server);
        using var http = world.NewHttp(second.Address);
        var (here, there) = (world.Mcp(kit.Path, agent.Token), new Mcp(http, kit.Path, agent.Token));

        var session = await here.Initialize();
        (await there.ListInSession(session)).Expect(200).Json.GetProperty("result").GetProperty("tools").GetArrayLength().ShouldBe(6);

        var write = (await world.Owner.Post($"/api/toolkits/{kit.Id}/policies", new { pattern = ListAll, action = "block" })).Expect(201);
        var position = ("Toolgate-Min-Position", write.Position.ToString(System.Globalization.CultureInfo.InvariantCulture));
        (await new Rest(http, world.Server.OwnerKey).Get($"/api/toolkits/{kit.Id}", position)).Expect(200).Json.GetProperty("policyCount").GetInt32().ShouldBe(1);
        (await there.CallInSession(session, Mcp.NameOf(ListAll))).Json.GetProperty("error").GetProperty("code").GetInt32().ShouldBe(-32602);
        (await there.ListInSession(session)).Json.GetProperty("result").GetProperty("tools").GetArrayLength().ShouldBe(5);

        // The other way round: ended there, over here.
        (await there.End(session)).Expect(204);
        await World.Eventually(async () => (await here.ListInSession(session)).Status == 404, "the end of the session to reach the first host");

        var own = await there.Initialize();
        (await here.ListInSession(own)).Expect(200);
    }

    [Fact]
    public async Task A_host_that_is_killed_in_the_middle_of_a_change_leaves_exactly_one_outcome()
    {
        await world.Notes();
        var kit = await world.NewToolkit("notes.*");
        await world.Rule(kit, SlowChange, "approve");
        world.Upstream.Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var doomed = await HostProcess.Start(world.Server);
        try
        {
            using var http = world.NewHttp(doomed.Address);
            var call = new Mcp(http, kit.Path, world.Server.OwnerKey).Call(Mcp.NameOf(SlowChange));
            await world.Upstream.SlowArrival();
            await doomed.Kill();
            await Should.ThrowAsync<HttpRequestException>(() => call);
        }
        finally
        {
            world.Upstream.Gate.TrySetResult();
            await doomed.DisposeAsync();
        }

        var attempt = (await CallEvents(kit)).ShouldHaveSingleItem("the attempt is durable before the effect");
        var id = CallIdOf(attempt);

        // Somebody has to say that nobody knows: the next host to start, or one that lives.
        await world.Server.Restart();
        await World.Eventually(async () => (await CallEvents(kit)).Count >= 2, "the outcome of the interrupted call");
        await world.Server.Restart();
        var events = await CallEvents(kit);
        events.Count.ShouldBe(2, string.Join('\n', events));
        CallIdOf(events[1]).ShouldBe(id);
        (await world.Owner.Get("/api/audit/verify")).Expect(200).Json.GetProperty("valid").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Deleting_a_toolkit_ends_its_sessions_and_streams()
    {
        await world.Notes();
        var kit = await world.NewToolkit("notes.*");
        var mcp = world.Mcp(kit.Path, world.Server.OwnerKey);
        var session = await mcp.Initialize();
        using var stream = await mcp.GetStream(session);
        using var listen = await mcp.Listen();
        await listen.Next("notifications/subscriptions/acknowledged");

        (await world.Owner.Delete($"/api/toolkits/{kit.Id}")).Expect(204);

        await stream.End();
        await listen.End();
        (await mcp.ListInSession(session)).Expect(404);
        (await mcp.Stateless("tools/list")).Expect(404).Json.GetProperty("error").GetProperty("message").GetString().ShouldBe("Toolkit not found");
    }

    [Fact]
    public async Task Revoking_a_key_ends_its_sessions_and_streams()
    {
        await world.Notes();
        var agent = await world.NewMember("member", "tools:invoke");
        var (_, second) = await world.NewKey(agent.Id, "tools:invoke");
        var kit = await world.NewToolkit("notes.*");
        var mcp = world.Mcp(kit.Path, agent.Token);
        var session = await mcp.Initialize();
        using var stream = await mcp.GetStream(session);
        using var listen = await mcp.Listen();
        await listen.Next("notifications/subscriptions/acknowledged");
        var untouched = await mcp.As(second).Initialize();

        (await world.Owner.Delete($"/api/account/api-keys/{agent.KeyId}")).Expect(204);

        await stream.End();
        await listen.End();
        (await mcp.ListInSession(session)).Expect(401);
        (await mcp.As(second).ListInSession(session)).Status.ShouldBeOneOf(403, 404);
        (await mcp.As(second).ListInSession(untouched)).Expect(200);
    }

    [Fact]
    public async Task Removing_a_member_ends_everything_that_it_opened()
    {
        await world.Notes();
        var agent = await world.NewMember("member", "tools:invoke");
        var kit = await world.NewToolkit("notes.*");
        var mcp = world.Mcp(kit.Path, agent.Token);
        var session = await mcp.Initialize();
        using var stream = await mcp.GetStream(session);
        (await world.Owner.Delete($"/api/members/{agent.Id}")).Expect(204);
        await stream.End();
        (await mcp.ListInSession(session)).Expect(401);
    }

    [Fact]
    public async Task An_administrator_sees_live_sessions_and_can_end_one()
    {
        await world.Notes();
        var agent = await world.NewMember("member", "tools:invoke");
        var kit = await world.NewToolkit("notes.*");
        var mcp = world.Mcp(kit.Path, agent.Token);
        var session = await mcp.Initialize();
        using var stream = await mcp.GetStream(session);
        var shown = (await world.Owner.All("/api/sessions")).Single(item => item.ToString().Contains(kit.Slug, StringComparison.Ordinal));
        shown.ToString().ShouldNotContain(session, customMessage: "an id that opens a session is not for lists");
        (await world.Owner.Delete($"/api/sessions/{shown.GetProperty("id").GetString()}")).Expect(204);
        await stream.End();
        (await mcp.ListInSession(session)).Expect(404);
    }

    private static string CallIdOf(JsonElement e) => e.GetProperty("data").GetProperty("callId").GetString()!;

    private async Task<IReadOnlyList<JsonElement>> CallEvents(Toolkit kit)
        => [.. (await world.Events()).Where(e => e.GetProperty("type").GetString()!.StartsWith("tool_call_", StringComparison.Ordinal)
            && e.ToString().Contains(kit.Slug, StringComparison.Ordinal))];
}
