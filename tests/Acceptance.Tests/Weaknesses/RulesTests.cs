namespace Toolgate.Acceptance.Tests.Weaknesses;

/// <summary>Weaknesses of gateways that are known from the field, and what Toolgate does instead (docs/security.md): rules, roles, names.</summary>
public sealed class RulesTests(World world) : IClassFixture<World>, IAsyncLifetime
{
    private const string Delete = "notes.org.main.notes.delete";
    private const string ListAll = "notes.org.main.notes.listAll";
    private Member agent = null!;

    public async Task InitializeAsync()
    {
        await world.Notes();
        agent = await world.NewMember("member", "manage", "tools:invoke");
    }

    public async Task DisposeAsync()
    {
        foreach (var rule in await world.Owner.All("/api/policies"))
        {
            await world.Owner.Delete($"/api/policies/{rule.GetProperty("id").GetString()}");
        }
    }

    [Fact]
    public async Task W01_An_enforced_block_of_the_workspace_holds_in_a_members_own_toolkit()
    {
        await world.Rule("notes.*.*.notes.delete", "block", enforced: true);
        var own = await world.NewToolkit(agent.Rest, "user", "*");
        await world.Rule(own, "*", "approve", agent.Rest);
        var mcp = world.Mcp(own.Path, agent.Token);
        (await mcp.Addresses()).ShouldNotContain(Delete);
        (await mcp.Call(Mcp.NameOf(Delete), """{"id":"1"}""")).Json.GetProperty("error").GetProperty("code").GetInt32().ShouldBe(-32602);
        (await mcp.Addresses()).ShouldContain(ListAll);
    }

    [Theory]
    [InlineData("notes.org.main")]
    [InlineData("notes.org.main.*")]
    [InlineData(ListAll)]
    [InlineData("*")]
    public async Task W02_A_policy_that_approves_never_grants(string pattern)
    {
        var kit = await world.NewToolkit();
        await world.Rule(kit, pattern, "approve");
        (await world.Mcp(kit.Path, agent.Token).List()).ShouldBeEmpty();
    }

    [Fact]
    public async Task W03_A_member_writes_nothing_that_the_workspace_shares()
    {
        var kit = await world.NewToolkit("notes.*");
        var policy = await world.Rule(kit, ListAll, "approve");
        var rule = await world.Rule(ListAll, "approve");
        var before = await Picture(kit);
        (HttpMethod Method, string Path, object? Body)[] writes =
        [
            (HttpMethod.Post, "/api/policies", new { owner = "org", pattern = "*", action = "approve" }), (HttpMethod.Patch, $"/api/policies/{rule}", new { action = "block" }),
            (HttpMethod.Delete, $"/api/policies/{rule}", null), (HttpMethod.Post, "/api/toolkits", new { owner = "org", name = "Taken over" }),
            (HttpMethod.Patch, $"/api/toolkits/{kit.Id}", new { name = "Taken over" }), (HttpMethod.Delete, $"/api/toolkits/{kit.Id}", null),
            (HttpMethod.Post, $"/api/toolkits/{kit.Id}/connections", new { pattern = "*" }), (HttpMethod.Post, $"/api/toolkits/{kit.Id}/policies", new { pattern = "*", action = "approve" }),
            (HttpMethod.Delete, $"/api/toolkits/{kit.Id}/policies/{policy}", null), (HttpMethod.Put, $"/api/toolkits/{kit.Id}/bring-your-own/notes", ""),
            (HttpMethod.Patch, "/api/integrations/notes", new { name = "Taken over" }), (HttpMethod.Delete, "/api/integrations/notes", null),
            (HttpMethod.Post, "/api/integrations/openapi", new { slug = "mine", spec = new { document = NotesDocuments.Json(world.Upstream.Origin) } }),
            (HttpMethod.Delete, "/api/connections/org/notes/main", null),
            (HttpMethod.Put, "/api/connections/org/notes/main/credentials", new { values = new { token = "theirs" } }),
        ];
        foreach (var (method, path, body) in writes)
        {
            (await agent.Rest.Send(method, path, body)).Status.ShouldBe(403, $"{method} {path}");
        }

        (await Picture(kit)).ShouldBe(before);
    }

    [Fact]
    public async Task W04_A_tool_that_is_hidden_is_answered_byte_for_byte_as_one_that_does_not_exist()
    {
        var kit = await world.NewToolkit("notes.org.main.notes.*");
        await world.Rule(kit, Delete, "block");
        var mcp = world.Mcp(kit.Path, agent.Token);
        string[] names = ["no_such_tool", Mcp.NameOf(Delete), Mcp.NameOf("notes.org.main.trials.big"), "notes_org_main_notes_lisAll"];
        var answers = await Task.WhenAll(names.Select(async name => ListedIsCallableTests.Refusal(await mcp.Call(name), name)));
        answers.Distinct().Count().ShouldBe(1);
        answers[0].ShouldNotContain("listAll", Case.Insensitive, "no suggestions");
    }

    [Fact]
    public async Task W05_A_toolkit_that_is_unknown_renamed_or_deleted_is_404_and_its_session_ends()
    {
        (await world.Mcp("/mcp/toolkits/never-was", agent.Token).Stateless("tools/list")).Expect(404).Text.ShouldContain("Toolkit not found");
        var kit = await world.NewToolkit("notes.*");
        var mcp = world.Mcp(kit.Path, agent.Token);
        var session = await mcp.Initialize();
        (await world.Owner.Patch($"/api/toolkits/{kit.Id}", new { slug = kit.Slug + "-moved" })).Expect(200);
        (await mcp.ListInSession(session)).Expect(404);
        (await mcp.Stateless("tools/list")).Expect(404);

        var moved = world.Mcp(kit.Path + "-moved", agent.Token);
        var second = await moved.Initialize();
        (await world.Owner.Delete($"/api/toolkits/{kit.Id}")).Expect(204);
        (await moved.ListInSession(second)).Expect(404);
        (await moved.Stateless("tools/list")).Expect(404);
    }

    [Fact]
    public async Task W06_A_slug_is_one_toolkits_alone_whoever_comes_later_and_however_many_come_at_once()
    {
        var own = await world.NewToolkit(agent.Rest, "user", "notes.*");
        (await world.Owner.Post("/api/toolkits", new { owner = "org", name = "Later", slug = own.Slug })).Expect(409);
        (await world.Mcp(own.Path, agent.Token).List()).ShouldNotBeEmpty();
        (await world.Mcp(own.Path, world.Server.OwnerKey).Stateless("tools/list")).Expect(404);

        var slug = world.Unique("rush");
        var race = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => world.Owner.Post("/api/toolkits", new { owner = "org", name = "Rush " + i, slug })));
        race.Select(answer => answer.Status).Order().ShouldBe([201, 409, 409, 409, 409, 409, 409, 409]);
    }

    [Fact]
    public async Task W07_A_place_that_a_client_makes_up_is_refused_and_the_order_goes_on()
    {
        (await world.Owner.Post("/api/policies", new { owner = "org", pattern = "a.*", action = "approve", before = "!!!" })).Status.ShouldBeInRange(400, 422);
        (await world.Owner.Post("/api/policies", new { owner = "org", pattern = "a.*", action = "approve", position = "!!!" })).Status.ShouldBeLessThan(500);
        var first = await world.Rule("b.*", "approve");
        var second = await world.Rule("c.*", "approve");
        var order = (await world.Owner.All("/api/policies")).Select(rule => rule.GetProperty("id").GetString()).ToList();
        order.IndexOf(second).ShouldBeLessThan(order.IndexOf(first), "new rules go on top");
        (await world.Owner.All("/api/policies")).ShouldAllBe(rule => rule.GetProperty("position").GetString() != "!!!");
    }

    [Theory]
    [InlineData("")]
    [InlineData("Bad Slug!")]
    [InlineData("a.b")]
    [InlineData("../etc")]
    [InlineData("*")]
    [InlineData("-a")]
    [InlineData("a-very-long-slug-that-does-not-fit-into-forty")]
    [InlineData("line\nbreak")]
    public async Task W16_The_slug_of_an_integration_follows_its_grammar(string slug)
        => (await world.Owner.Post("/api/integrations/openapi", new { slug, spec = new { document = NotesDocuments.Json(world.Upstream.Origin) } })).Expect(422)
            .Json.GetProperty("errors")[0].GetProperty("pointer").GetString().ShouldBe("/slug");

    [Fact]
    public async Task W17_Every_refusal_has_the_status_that_says_what_is_wrong_and_a_body_that_says_it_again()
    {
        (int Status, HttpMethod Method, string Path, object? Body)[] table =
        [
            (422, HttpMethod.Post, "/api/policies", new { owner = "org", pattern = "a..b", action = "block" }), (422, HttpMethod.Post, "/api/policies", new { owner = "org", pattern = "a.*", action = "maybe" }),
            (400, HttpMethod.Post, "/api/policies", "{"), (404, HttpMethod.Get, "/api/toolkits/tk_none", null), (404, HttpMethod.Delete, "/api/toolkits/tk_none", null),
            (404, HttpMethod.Delete, "/api/policies/pol_none", null), (404, HttpMethod.Delete, "/api/connections/org/notes/none", null),
            (404, HttpMethod.Post, $"/api/tools/{ListAll}/call", new { toolkit = "never-was" }), (404, HttpMethod.Get, "/api/nowhere", null), (405, HttpMethod.Put, "/api/policies", new { }),
        ];
        foreach (var (status, method, path, body) in table)
        {
            var answer = await world.Owner.Send(method, path, body);
            answer.Status.ShouldBe(status, $"{method} {path}: {answer}");
            answer.Header("Content-Type").ShouldBe("application/problem+json", $"{method} {path}");
            answer.Json.GetProperty("type").GetString()!.ShouldStartWith("urn:toolgate:problem:");
            answer.Json.GetProperty("status").GetInt32().ShouldBe(status);
        }
    }

    private async Task<string> Picture(Toolkit kit) => string.Join('\n', await Task.WhenAll(new[]
    {
        "/api/policies", $"/api/toolkits/{kit.Id}", $"/api/toolkits/{kit.Id}/connections", $"/api/toolkits/{kit.Id}/policies", "/api/integrations/notes", "/api/connections/org/notes/main",
    }.Select(async path => (await world.Owner.Get(path)).Expect(200).Text)));
}
