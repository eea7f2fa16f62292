using System.Text.Json;

namespace Toolgate.Acceptance.Tests.Weaknesses;

/// <summary>Weaknesses of gateways that are known from the field, and what Toolgate does instead (docs/security.md): approvals, signing in.</summary>
public sealed class PeopleDecideTests(World world) : IClassFixture<World>, IAsyncLifetime
{
    private const string Create = "notes.org.main.notes.create";

    public Task InitializeAsync() => world.Notes();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("?mode=auto")]
    [InlineData("?autoApprove=true&approval=never")]
    public async Task W08_Nothing_that_a_caller_says_lets_a_call_go_unasked_and_who_asks_does_not_decide(string query)
    {
        var agent = await world.NewMember("admin", "manage", "tools:invoke");
        var kit = await world.NewToolkit("notes.*");
        var title = world.Unique("own-word");
        var mcp = world.Mcp(kit.Path + query, agent.Token);
        var id = Asked(await mcp.Call(Mcp.NameOf(Create), Note(title)));
        (await agent.Rest.Post($"/api/approvals/{id}/decision", new { decision = "approve" })).Expect(403);
        McpClients.ResultOf((await mcp.Call(Mcp.NameOf(Create), Note(title))).Json.GetProperty("result")).ErrorCode.ShouldBe("approval_required");
        Sent(title).ShouldBe(0);
    }

    [Fact]
    public async Task W09_A_call_over_rest_that_waits_is_found_again_decided_and_carried_out()
    {
        var agent = await world.NewMember("member", "manage", "tools:invoke");
        var kit = await world.NewToolkit("notes.*");
        var title = world.Unique("by-rest");
        async Task<JsonElement> Call() => (await agent.Rest.Post($"/api/tools/{Create}/call", new { arguments = new { body = new { title } }, toolkit = kit.Slug })).Expect(200).Json;
        var error = (await Call()).GetProperty("structuredContent").GetProperty("error");
        error.GetProperty("code").GetString().ShouldBe("approval_required");
        var id = error.GetProperty("details").GetProperty("approvalId").GetString();
        (await agent.Rest.Get("/api/approvals/" + id)).Expect(200).Json.GetProperty("status").GetString().ShouldBe("pending");
        (await world.Owner.Post($"/api/approvals/{id}/decision", new { decision = "approve" })).Expect(200);
        (await Call()).GetProperty("isError").GetBoolean().ShouldBeFalse();
        Sent(title).ShouldBe(1);
    }

    [Fact]
    public async Task W22_A_decision_is_taken_once_and_a_call_that_is_resumed_twice_runs_once()
    {
        var agent = await world.NewMember("member", "tools:invoke");
        var kit = await world.NewToolkit("notes.*");
        var mcp = world.Mcp(kit.Path, agent.Token);
        var title = world.Unique("once");
        var id = Asked(await mcp.Call(Mcp.NameOf(Create), Note(title)));
        (await world.Owner.Post($"/api/approvals/{id}/decision", new { decision = "decline" })).Expect(200);
        (await world.Owner.Post($"/api/approvals/{id}/decision", new { decision = "approve" })).Expect(409);
        (await Resume(mcp, id)).ErrorCode.ShouldBe("approval_declined");
        Sent(title).ShouldBe(0);

        id = Asked(await mcp.Call(Mcp.NameOf(Create), Note(title + "-again")));
        (await world.Owner.Post($"/api/approvals/{id}/decision", new { decision = "approve" })).Expect(200);
        (await world.Owner.Post($"/api/approvals/{id}/decision", new { decision = "decline" })).Expect(409);
        ((await Resume(mcp, id)).IsError, (await Resume(mcp, id)).IsError).ShouldBe((false, false));
        Sent(title + "-again").ShouldBe(1);
    }

    [Fact]
    public async Task W15_A_token_opens_the_one_resource_that_it_was_made_for_an_old_refresh_token_nothing_and_a_no_comes_back_with_its_state()
    {
        using var person = await Person.Join(world);
        var (kit, other) = (await world.NewToolkit("notes.*"), await world.NewToolkit("notes.*"));
        var client = await new ByHand(world).Register();
        var denied = await person.Answer(client.Link(kit.Path), decision: "deny");
        (denied.Error, denied.State, denied.Issuer).ShouldBe(("access_denied", "opaque state", client.Origin));

        var first = await client.LetIn(person, kit.Path);
        (await world.Mcp(kit.Path, first.Access).List()).ShouldNotBeEmpty();
        foreach (var path in (string[])[other.Path, "/mcp"])
        {
            (await world.Mcp(path, first.Access).Stateless("tools/list")).Expect(401);
        }

        (await new Rest(world.Http, first.Access).Get("/api/toolkits")).Expect(401);
        var second = Tokens.Of(await client.Refresh(first.Refresh!));
        Tokens.Of(await client.Refresh(second.Refresh!));
        (await client.Refresh(first.Refresh!)).Error.ShouldBe("invalid_grant");
    }

    private static string Note(string title) => JsonSerializer.Serialize(new { body = new { title } });

    private int Sent(string title) => world.Upstream.Requests.Count(request => request.Method == "POST" && request.Body.Contains($"\"{title}\"", StringComparison.Ordinal));

    private static string Asked(Answer answer)
    {
        var error = answer.Expect(200).Json.GetProperty("result").GetProperty("structuredContent").GetProperty("error");
        error.GetProperty("code").GetString().ShouldBe("approval_required", answer.Text);
        return error.GetProperty("details").GetProperty("approvalId").GetString()!;
    }

    private static async Task<Called> Resume(Mcp mcp, string id)
        => McpClients.ResultOf((await mcp.Call("resume_approval", JsonSerializer.Serialize(new { approval_id = id }))).Expect(200).Json.GetProperty("result"));
}
