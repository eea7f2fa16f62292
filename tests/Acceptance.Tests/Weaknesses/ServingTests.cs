using Npgsql;

namespace Toolgate.Acceptance.Tests.Weaknesses;

/// <summary>Weaknesses of gateways that are known from the field, and what Toolgate does instead (docs/security.md): serving, sessions, records.</summary>
public sealed class ServingTests(World world) : IClassFixture<World>, IAsyncLifetime
{
    private const string ListAll = "notes.org.main.notes.listAll";
    private Member agent = null!;

    public async Task InitializeAsync()
    {
        await world.Notes();
        agent = await world.NewMember("member", "manage", "tools:invoke");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task W12_A_result_has_a_bound_whichever_part_of_it_is_large()
    {
        var kit = await world.NewToolkit("notes.*");
        var result = McpClients.ResultOf((await world.Mcp(kit.Path, agent.Token).Call(Mcp.NameOf("notes.org.main.trials.big"), """{"bytes":11000000}""")).Json.GetProperty("result"));
        result.ErrorCode.ShouldBe("upstream_too_large");
        result.Raw.ToString().Length.ShouldBeLessThan(2_000);
    }

    [Fact]
    public async Task W13_A_client_with_an_open_session_hears_of_a_change_and_sees_it()
    {
        var kit = await world.NewToolkit("notes.org.main.notes.*");
        var mcp = world.Mcp(kit.Path, agent.Token);
        var session = await mcp.Initialize();
        using var stream = await mcp.GetStream(session);
        await world.Rule(kit, ListAll, "block");
        await stream.Next("notifications/tools/list_changed");
        (await mcp.ListInSession(session)).Text.ShouldNotContain(Mcp.NameOf(ListAll));
        (await mcp.CallInSession(session, Mcp.NameOf(ListAll))).Json.GetProperty("error").GetProperty("code").GetInt32().ShouldBe(-32602);
    }

    [Fact]
    public async Task W14_A_page_that_may_call_can_read_the_answer_200_included()
    {
        var origin = world.Server.BaseAddress.GetLeftPart(UriPartial.Authority);
        var mcp = world.Mcp("/mcp", agent.Token);
        foreach (var (method, status) in ((string, int)[])[("tools/list", 200), ("no/such/method", 404)])
        {
            var answer = (await mcp.Stateless(method, null, ("Origin", origin))).Expect(status);
            answer.Header("Access-Control-Allow-Origin").ShouldBe(origin);
            answer.Header("Access-Control-Expose-Headers").ShouldNotBeNull().ShouldContain("Mcp-Session-Id");
        }

        (await mcp.Stateless("tools/list", null, ("Origin", "https://elsewhere.example"))).Expect(403).Header("Access-Control-Allow-Origin").ShouldBeNull();
    }

    [Fact]
    public async Task W15_Every_resource_says_under_its_own_exact_name_how_to_get_in()
    {
        var kit = await world.NewToolkit();
        var origin = world.Server.BaseAddress.GetLeftPart(UriPartial.Authority);
        foreach (var path in (string[])["/mcp", kit.Path])
        {
            var challenged = (await world.Mcp(path, null!).As(null).Stateless("tools/list")).Expect(401).Header("WWW-Authenticate").ShouldNotBeNull();
            challenged.ShouldContain($"resource_metadata=\"{origin}/.well-known/oauth-protected-resource{path}\"");
            (await new Rest(world.Http, null).Get("/.well-known/oauth-protected-resource" + path)).Expect(200).Json.GetProperty("resource").GetString().ShouldBe(origin + path);
        }
    }

    [Fact]
    public async Task W18_A_session_survives_a_restart_is_bound_to_its_resource_and_ends_when_it_is_ended()
    {
        var own = new World();
        await own.InitializeAsync();
        try
        {
            await own.Notes();
            var (kit, other) = (await own.NewToolkit("notes.*"), await own.NewToolkit("notes.*"));
            var session = await own.Mcp(kit.Path, own.Server.OwnerKey).Initialize();
            await own.Server.Restart();
            using var http = own.NewHttp(own.Server.BaseAddress);
            var mcp = new Mcp(http, kit.Path, own.Server.OwnerKey);
            (await mcp.ListInSession(session)).Expect(200);
            (await mcp.At(other.Path).ListInSession(session)).Expect(403);
            (await mcp.At("/mcp").ListInSession(session)).Expect(403);
            (await mcp.End(session)).Expect(204);
            (await mcp.ListInSession(session)).Expect(404);
        }
        finally
        {
            await own.DisposeAsync();
        }
    }

    [Fact]
    public async Task W19_A_toolkit_is_deleted_whole_by_one_event()
    {
        var kit = await world.NewToolkit("notes.*", "other.*");
        await world.Rule(kit, "*", "block");
        var position = (await world.Owner.Delete($"/api/toolkits/{kit.Id}")).Expect(204).Position;
        await World.Eventually(async () => (await world.Events("&stream=toolkit-" + kit.Id)).Any(e => e.GetProperty("position").GetInt64() == position), "the deletion to be indexed");
        var events = await world.Events("&stream=toolkit-" + kit.Id);
        events.Count(e => e.GetProperty("position").GetInt64() >= position).ShouldBe(1);
        foreach (var path in (string[])["", "/connections", "/policies", "/tools"])
        {
            (await world.Owner.Get($"/api/toolkits/{kit.Id}{path}")).Expect(404);
        }
    }

    [Fact]
    public async Task W20_Calls_are_on_record_limited_explanations_heed_the_toolkit_and_the_secret_of_a_deleted_connection_is_gone()
    {
        var kit = await world.NewToolkit("notes.org.main.notes.*");
        (await world.Mcp(kit.Path, agent.Token).Call(Mcp.NameOf(ListAll))).Expect(200);
        await World.Eventually(async () => (await world.Events($"&toolkit={kit.Id}&type=tool_call_completed")).Count == 1, "the record of the call");
        var record = (await world.Events($"&toolkit={kit.Id}&type=tool_call_completed")).Single().GetProperty("data");
        (record.GetProperty("principalId").GetString(), record.GetProperty("address").GetString(), record.GetProperty("outcome").GetString()).ShouldBe((agent.Id, ListAll, "ok"));

        const string outside = "notes.org.main.trials.picture";
        async Task<string?> Why(string? toolkit) => (await agent.Rest.Post("/api/policies/resolve", new { address = outside, toolkit })).Expect(200).Json.GetProperty("source").GetString();
        (await Why(null), await Why(kit.Slug)).ShouldBe(("default", "not_granted"));

        var flood = await world.NewMember("member", "tools:invoke");
        (await world.Owner.Put($"/api/limits/principal/{flood.Id}", new { perDay = 1 })).Expect(200);
        var first = McpClients.ResultOf((await world.Mcp(kit.Path, flood.Token).Call(Mcp.NameOf(ListAll))).Json.GetProperty("result"));
        var second = McpClients.ResultOf((await world.Mcp(kit.Path, flood.Token).Call(Mcp.NameOf(ListAll))).Json.GetProperty("result"));
        (first.ErrorCode, second.ErrorCode).ShouldBe((null, "rate_limited"));

        await world.Connect("notes", "short", secret: "short-lived-4c1f");
        var secrets = await Secrets();
        (await world.Owner.Delete("/api/connections/org/notes/short")).Expect(204);
        (await Secrets()).ShouldBe(secrets - 1);
    }

    [Fact]
    public async Task W24_Identifiers_cannot_be_guessed_from_others()
    {
        var ids = new List<string>();
        for (var i = 0; i < 20; i++)
        {
            ids.Add((await world.NewToolkit()).Id);
        }

        // The last twelve characters are sixty random bits: two that share even the first four of them would be one in a million.
        ids.Select(id => id[^12..]).ShouldBeUnique();
        ids.Select(id => id[^12..^6]).ShouldBeUnique();
    }

    private async Task<long> Secrets()
    {
        await using var connection = new NpgsqlConnection(world.Server.Database.ConnectionString);
        await connection.OpenAsync();
        await using var count = new NpgsqlCommand("select count(*) from toolgate.secrets", connection);
        return (long)(await count.ExecuteScalarAsync())!;
    }
}
