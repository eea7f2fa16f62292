using System.Text.Json;
using System.Text.Json.Nodes;

namespace Toolgate.Acceptance.Tests;

/// <summary>Approvals through the whole product: official clients, pages, REST, the log.</summary>
public sealed class ApprovalJourneyTests(World world) : IClassFixture<World>, IAsyncLifetime
{
    private const string Create = "notes.org.main.notes.create";
    private const string Hostile = "<script>alert(1)</script>\u202e\u200b";

    public Task InitializeAsync() => world.Notes();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData(McpClients.TypeScriptOne)]
    [InlineData(McpClients.TypeScriptTwoLegacy)]
    [InlineData(McpClients.TypeScriptTwoModern)]
    public async Task An_official_client_shows_the_form_and_the_call_runs_once(string name)
    {
        var agent = await world.NewMember("member", "tools:invoke");
        var kit = await world.NewToolkit("notes.*");
        await using var client = (NodeClient)await McpClients.Start(name);
        await client.Connect(world.Url(kit.Path), agent.Token, asks: true);
        var title = world.Unique("form");
        var called = await client.Call(Mcp.NameOf(Create), $$$"""{"body":{"title":"{{{title}}}","text":"x"}}""");
        called.IsError.ShouldBeFalse(called.Raw.ToString());
        Sent(title).ShouldBe(1);
        var decided = (await world.Events("&type=approval_decided"))[^1];
        decided.GetProperty("data").GetProperty("channel").GetString().ShouldBe("form");
        decided.GetProperty("data").GetProperty("decidedBy").GetString().ShouldBe(agent.Id);
    }

    [Fact]
    public async Task A_person_decides_on_the_page_and_sees_text_and_no_markup()
    {
        var agent = await world.NewMember("member", "tools:invoke");
        var kit = await world.NewToolkit("notes.*");
        var mcp = world.Mcp(kit.Path, agent.Token);
        var (title, secret) = (world.Unique("page"), "page-canary-77c1");
        var id = Asked(await mcp.Call(Mcp.NameOf(Create), JsonSerializer.Serialize(new { body = new { title, text = Hostile, password = secret } })));

        using var browser = await Person("admin");
        using var stranger = await Person("member");
        (await browser.Get("/approvals")).Text.ShouldContain("/approvals/" + id);
        (await stranger.Get("/approvals")).Text.ShouldNotContain(id);
        ((int)(await stranger.Get("/approvals/" + id)).Status).ShouldBe(404);
        var page = await browser.Get("/approvals/" + id);
        page.Text.ShouldContain("&lt;script&gt;alert(1)&lt;/script&gt;");
        page.Text.ShouldNotContain("<script");
        page.Text.ShouldNotContain("\u202e");
        page.Text.ShouldNotContain("\u200b");
        page.Text.ShouldNotContain(secret);
        page.Text.ShouldContain("(hidden)");
        page.Text.ShouldContain(agent.Id);
        page.Headers["Content-Security-Policy"].ShouldContain("default-src 'none'");

        ((int)(await browser.Post("/approvals/" + id, ("decision", "approve"))).Status).ShouldBe(403, "a form of another page decides nothing");
        ((int)(await stranger.Post("/approvals/" + id, ("csrf", (await stranger.Get("/")).Hidden("csrf")), ("decision", "approve"))).Status).ShouldBe(404);
        var done = await browser.Post("/approvals/" + id, ("csrf", page.Hidden("csrf")), ("decision", "approve"));
        ((int)done.Status, done.Location).ShouldBe((303, "/approvals/" + id));
        (await browser.Get("/approvals/" + id)).Text.ShouldContain("Approved by");
        var late = await browser.Post("/approvals/" + id, ("csrf", page.Hidden("csrf")), ("decision", "decline"));
        ((int)late.Status).ShouldBe(409);
        Sent(title).ShouldBe(0);

        (await Resume(mcp, id)).IsError.ShouldBeFalse();
        Sent(title).ShouldBe(1);
        (await Resume(mcp, id)).IsError.ShouldBeFalse();
        Sent(title).ShouldBe(1);
        (await browser.Get("/approvals/" + id)).Text.ShouldContain("carried out once");
    }

    [Fact]
    public async Task Always_writes_a_policy_of_the_toolkit_and_the_next_call_asks_nobody()
    {
        var agent = await world.NewMember("member", "tools:invoke");
        var kit = await world.NewToolkit("notes.*");
        var mcp = world.Mcp(kit.Path, agent.Token);
        var title = world.Unique("always");
        var arguments = $$$"""{"body":{"title":"{{{title}}}","text":"x"}}""";
        var id = Asked(await mcp.Call(Mcp.NameOf(Create), arguments));
        using var browser = await Person("admin");
        var page = await browser.Get("/approvals/" + id);
        page.Text.ShouldContain("Always allow this tool in this toolkit");
        ((int)(await browser.Post("/approvals/" + id, ("csrf", page.Hidden("csrf")), ("decision", "always"))).Status).ShouldBe(303);
        var policy = (await world.Owner.All($"/api/toolkits/{kit.Id}/policies")).ShouldHaveSingleItem();
        (policy.GetProperty("pattern").GetString(), policy.GetProperty("action").GetString()).ShouldBe((Create, "approve"));
        (await Resume(mcp, id)).IsError.ShouldBeFalse();
        McpClients.ResultOf((await mcp.Call(Mcp.NameOf(Create), arguments)).Expect(200).Json.GetProperty("result")).IsError.ShouldBeFalse();
        Sent(title).ShouldBe(2);
    }

    [Fact]
    public async Task The_credential_that_asks_decides_nowhere()
    {
        var agent = await world.NewMember("admin", "tools:invoke", "manage");
        var kit = await world.NewToolkit("notes.*", "toolgate.*");
        var mcp = world.Mcp(kit.Path, agent.Token);
        var id = Asked(await mcp.Call(Mcp.NameOf(Create), """{"body":{"title":"self","text":"x"}}"""));
        (await agent.Rest.Post($"/api/approvals/{id}/decision", new { decision = "approve" })).Expect(403).Text.ShouldContain("self-approval");
        (await mcp.Addresses()).ShouldNotContain(address => address.Contains("decision", StringComparison.OrdinalIgnoreCase) || address.Contains("decide", StringComparison.OrdinalIgnoreCase));
        (await agent.Rest.Get("/api/approvals/" + id)).Expect(200).Json.GetProperty("canDecide").GetBoolean().ShouldBeFalse();

        // As a tool: the same credential, by another road.
        await world.Rule(kit, "toolgate.*", "approve");
        (await mcp.Call("toolgate_approvals_decision", $$$"""{"id":"{{{id}}}","body":{"decision":"approve"}}""")).Json.TryGetProperty("error", out _).ShouldBeTrue();
        (await world.Owner.Get("/api/approvals/" + id)).Json.GetProperty("status").GetString().ShouldBe("pending");
    }

    [Fact]
    public async Task Four_eyes_are_set_by_a_policy_and_hold_on_every_way()
    {
        var agent = await world.NewMember("admin", "tools:invoke", "manage");
        var second = new Rest(world.Http, (await world.NewKey(agent.Id, "manage")).Token);
        var kit = await world.NewToolkit("notes.*");
        (await world.Owner.Post($"/api/toolkits/{kit.Id}/policies", new { pattern = "notes.*", action = "require_approval", approver = "other" })).Expect(201);
        await using var client = (NodeClient)await McpClients.Start(McpClients.TypeScriptTwoModern);
        await client.Connect(world.Url(kit.Path), agent.Token, asks: true);
        var id = Asked(await world.Mcp(kit.Path, agent.Token).Call(Mcp.NameOf(Create), """{"body":{"title":"eyes","text":"x"}}"""));
        (await second.Post($"/api/approvals/{id}/decision", new { decision = "approve" })).Expect(403).Text.ShouldContain("self-approval");
        (await world.Owner.Post($"/api/approvals/{id}/decision", new { decision = "approve" })).Expect(200);
        (await Resume(world.Mcp(kit.Path, agent.Token), id)).IsError.ShouldBeFalse();
    }

    [Fact]
    public async Task Approvals_are_followed_live()
    {
        var agent = await world.NewMember("member", "tools:invoke");
        var kit = await world.NewToolkit("notes.*");
        using var stream = await new Mcp(world.Http, "/api/approvals/stream", world.Server.OwnerKey).Stream(HttpMethod.Get, null);
        stream.Status.ShouldBe(200);
        var id = Asked(await world.Mcp(kit.Path, agent.Token).Call(Mcp.NameOf(Create), """{"body":{"title":"live","text":"x"}}"""));
        (await Told(stream, id)).GetProperty("status").GetString().ShouldBe("pending");
        (await world.Owner.Post($"/api/approvals/{id}/decision", new { decision = "decline" })).Expect(200);
        (await Told(stream, id)).GetProperty("status").GetString().ShouldBe("declined");
    }

    [Fact]
    public async Task A_secret_in_the_arguments_is_nowhere_but_at_the_upstream()
    {
        const string canary = "approval-canary-5e01b7";
        var agent = await world.NewMember("member", "tools:invoke");
        var kit = await world.NewToolkit("notes.*");
        var mcp = world.Mcp(kit.Path, agent.Token);
        var title = world.Unique("canary");
        var id = Asked(await mcp.Call(Mcp.NameOf(Create), JsonSerializer.Serialize(new { body = new { title, text = "x", apiToken = canary } })));
        (await world.Owner.Get("/api/approvals")).Text.ShouldNotContain(canary);
        (await world.Owner.Get("/api/approvals/" + id)).Text.ShouldNotContain(canary);
        (await world.Owner.Post($"/api/approvals/{id}/decision", new { decision = "approve" })).Text.ShouldNotContain(canary);
        (await Resume(mcp, id)).IsError.ShouldBeFalse();
        world.Upstream.Requests.ShouldContain(request => request.Body.Contains(canary, StringComparison.Ordinal));
        (await world.Owner.Get("/api/audit/export")).Text.ShouldNotContain(canary);
        world.Server.Logs.Lines.ShouldNotContain(line => line.Contains(canary, StringComparison.Ordinal));
    }

    private int Sent(string title) => world.Upstream.Requests.Count(request => request.Method == "POST" && request.Body.Contains($"\"{title}\"", StringComparison.Ordinal));

    private static string Asked(Answer answer)
    {
        var error = answer.Expect(200).Json.GetProperty("result").GetProperty("structuredContent").GetProperty("error");
        error.GetProperty("code").GetString().ShouldBe("approval_required", answer.Text);
        return error.GetProperty("details").GetProperty("approvalId").GetString()!;
    }

    private static async Task<Called> Resume(Mcp mcp, string id)
        => McpClients.ResultOf((await mcp.Call(McpClients.Added, new JsonObject { ["approval_id"] = id }.ToJsonString())).Expect(200).Json.GetProperty("result"));

    private static async Task<JsonElement> Told(McpStream stream, string id)
    {
        while (await stream.Next() is { } document)
        {
            if (document.GetProperty("id").GetString() == id)
            {
                return document;
            }
        }

        throw new ShouldAssertException("The stream ended.");
    }

    /// <summary>A person with a browser, signed in.</summary>
    private async Task<Browser> Person(string role)
    {
        var invite = (await world.Owner.Post("/api/invites", new { role })).Expect(201).Json.GetProperty("url").GetString()!;
        var browser = new Browser(world.Server.BaseAddress);
        var form = await browser.Get(new Uri(invite).PathAndQuery);
        var joined = await browser.Post(
            "/sign-up", ("link", form.Hidden("link")), ("name", world.Unique("person")), ("email", world.Unique("person") + "@example.com"), ("password", "correct horse battery"));
        ((int)joined.Status).ShouldBe(303, joined.Text);
        return browser;
    }
}
