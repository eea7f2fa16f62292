using Toolgate.TestSupport;

namespace Toolgate.Acceptance.Tests;

/// <summary>When a credential ends, by revocation or by itself, so does what runs for it: at once, in both eras and over REST. A role taken away holds at once, too.</summary>
public sealed class CredentialEndTests(World world) : IClassFixture<World>
{
    private const string Slow = "notes.org.main.trials.slow";

    [Fact]
    public async Task a_revoked_key_ends_its_stream_of_the_stateless_era()
    {
        var kit = await Kit();
        var agent = await world.NewMember();
        using var stream = await world.Mcp(kit.Path, agent.Token).Listen();
        await stream.Next("notifications/subscriptions/acknowledged");

        (await world.Owner.Delete($"/api/account/api-keys/{agent.KeyId}")).Expect(204);

        (await stream.End()).ShouldAllBe(message => message.GetProperty("id").GetInt32() == 1, "the stream says that it is over, and no more");
        (await world.Mcp(kit.Path, agent.Token).Listen()).Status.ShouldBe(401);
    }

    [Fact]
    public async Task a_removed_member_ends_a_call_of_the_stateless_era_that_waits_for_its_upstream()
    {
        var kit = await Kit();
        var agent = await world.NewMember();
        world.Upstream.Gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var call = world.Mcp(kit.Path, agent.Token).Call(Mcp.NameOf(Slow));
        await world.Upstream.SlowArrival();

        (await world.Owner.Delete($"/api/members/{agent.Id}")).Expect(204);

        // The upstream still holds its answer: only the end of the credential can end this.
        var answer = await call.WaitAsync(TimeSpan.FromSeconds(60));
        answer.Json.GetProperty("error").GetProperty("message").GetString()!.ShouldContain("credential has ended");
        await Recorded(agent.Id, "tool_call_failed");
    }

    [Fact]
    public async Task a_revoked_key_ends_a_call_over_rest_that_waits_for_its_upstream()
    {
        await Kit();
        var agent = await world.NewMember();
        world.Upstream.Gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var call = agent.Rest.Post($"/api/tools/{Slow}/call", new { });
        await world.Upstream.SlowArrival();

        (await world.Owner.Delete($"/api/account/api-keys/{agent.KeyId}")).Expect(204);

        (await call.WaitAsync(TimeSpan.FromSeconds(60))).Status.ShouldBe(401);
        await Recorded(agent.Id, "tool_call_failed");
    }

    [Fact]
    public async Task a_role_taken_away_holds_at_once_in_open_sessions_and_over_rest()
    {
        var kit = await world.NewToolkit("toolgate.policies.*");
        await world.Rule(kit, "toolgate.*", "approve");
        var admin = await world.NewMember("admin");
        var mcp = world.Mcp(kit.Path, admin.Token);
        var session = await mcp.Initialize();
        const string create = """{"body":{"owner":"org","pattern":"made.by.admin.*","action":"block"}}""";
        (await mcp.CallInSession(session, Mcp.NameOf("toolgate.policies.create"), create)).Json.GetProperty("result").GetProperty("isError").GetBoolean().ShouldBeFalse();
        (await admin.Rest.Get("/api/audit/events?limit=1")).Expect(200);

        (await world.Owner.Patch($"/api/members/{admin.Id}", new { role = "member" })).Expect(200);

        var refused = (await mcp.CallInSession(session, Mcp.NameOf("toolgate.policies.create"), create)).Json.GetProperty("result");
        refused.GetProperty("isError").GetBoolean().ShouldBeTrue(refused.ToString());
        (await admin.Rest.Post("/api/policies", new { owner = "org", pattern = "x.*", action = "block" })).Status.ShouldBe(403);
        (await admin.Rest.Get("/api/audit/events?limit=1")).Status.ShouldBe(403);
        (await admin.Rest.Get("/api/account/me")).Expect(200).Json.GetProperty("role").GetString().ShouldBe("member");

        (await world.Owner.Patch($"/api/members/{admin.Id}", new { role = "admin" })).Expect(200);
        (await mcp.CallInSession(session, Mcp.NameOf("toolgate.policies.list"))).Json.GetProperty("result").GetProperty("isError").GetBoolean().ShouldBeFalse();
    }

    private async Task<Toolkit> Kit()
    {
        await world.Notes();
        return await world.NewToolkit("notes.*");
    }

    /// <summary>The call has its one outcome in the log.</summary>
    private Task Recorded(string memberId, string type)
        => Patience.Until(async () => (await world.Events($"&actor={memberId}&type={type}")).Count == 1, "the outcome of the call in the log");
}
