using System.Text.Json;
using System.Text.Json.Nodes;

namespace Toolgate.Acceptance.Tests;

/// <summary>The main job, end to end: a document becomes an integration, a connection and a toolkit; an official client uses it; the log shows it.</summary>
public sealed class JourneyTests(World world) : IClassFixture<World>
{
    private const string Create = "notes.org.main.notes.create";
    private const string ListAll = "notes.org.main.notes.listAll";

    public static TheoryData<string> Clients => McpClients.All;

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task A_client_lists_exactly_what_its_toolkit_allows_calls_it_and_the_log_shows_every_step(string name)
    {
        await world.Notes();
        var agent = await world.NewMember("member", "tools:invoke");
        var kit = await world.NewToolkit("notes.org.main.*");
        await world.Rule(kit, "notes.org.main.notes.*", "approve");
        await world.Rule(kit, "notes.org.main.trials.*", "block");
        await world.Rule(kit, "notes.org.main.notes.delete", "block");
        world.Upstream.Forget();

        await using var client = await McpClients.Start(name);
        var connected = await client.Connect(world.Url(kit.Path), agent.Token);
        connected.ServerName.ShouldBe("Toolgate", StringCompareShould.IgnoreCase);
        connected.Era.ShouldBe(McpClients.IsModern(name) ? "modern" : "legacy");
        connected.ProtocolVersion.ShouldBe(McpClients.IsModern(name) ? Mcp.Modern : Mcp.Legacy);
        connected.Instructions.ShouldNotBeNull().ShouldContain($"Kit {kit.Slug}");

        var tools = await client.List();
        tools.Select(tool => tool.Address).ShouldBe([Create, ListAll, "notes.org.main.notes.read", "notes.org.main.notes.replace"]);
        tools.ShouldAllBe(tool => tool.Name == Mcp.NameOf(tool.Address));
        var schema = tools[0].Raw.GetProperty("inputSchema");
        schema.GetProperty("type").GetString().ShouldBe("object");
        schema.GetProperty("required").EnumerateArray().Select(item => item.GetString()).ShouldBe(["body"]);

        var created = await client.Call(Mcp.NameOf(Create), """{"body":{"title":"Milk","text":"two litres"}}""");
        created.IsError.ShouldBeFalse(created.Raw.ToString());
        created.Structured.ShouldNotBeNull().GetProperty("title").GetString().ShouldBe("Milk");
        JsonNode.DeepEquals(JsonNode.Parse(created.Text), JsonNode.Parse(created.Structured.Value.GetRawText())).ShouldBeTrue("the text repeats the structured result");

        var received = world.Upstream.Requests.ShouldHaveSingleItem();
        received.Method.ShouldBe("POST");
        received.Target.ShouldBe("/v1/notes");
        JsonNode.DeepEquals(JsonNode.Parse(received.Body), JsonNode.Parse("""{"title":"Milk","text":"two litres"}""")).ShouldBeTrue(received.Body);
        received.Header("Content-Type").ShouldNotBeNull().ShouldStartWith("application/json");
        received.Header(NotesApi.KeyHeader).ShouldBe(World.OrgSecret);
        received.Header("Authorization").ShouldBeNull("the caller's credential stays here");
        received.Headers.Keys.ShouldNotContain(header => header.StartsWith("Mcp-", StringComparison.OrdinalIgnoreCase));

        var listed = await client.Call(Mcp.NameOf(ListAll), """{"tag":"a&b=c/d é","limit":3,"X-Request-Label":"from a test"}""");
        listed.IsError.ShouldBeFalse(listed.Raw.ToString());
        listed.Structured.ShouldNotBeNull().GetProperty("total").GetInt32().ShouldBeGreaterThan(0);
        received = world.Upstream.Requests[^1];
        received.Target.ShouldBe("/v1/notes?tag=a%26b%3Dc%2Fd%20%C3%A9&limit=3");
        received.Header("X-Request-Label").ShouldBe("from a test");

        (await Should.ThrowAsync<RefusedException>(() => client.Call(Mcp.NameOf("notes.org.main.notes.delete"), """{"id":"1"}"""))).Code.ShouldBe(-32602);
        world.Upstream.Requests.Count.ShouldBe(2);
        await client.Close();

        await TheLogShows(kit, agent, McpClients.IsModern(name));
    }

    [Fact]
    public async Task The_log_replays_to_the_live_state_and_verifies()
    {
        await world.Notes();
        var kit = await world.NewToolkit("notes.*");
        (await world.Mcp(kit.Path, world.Server.OwnerKey).Call(Mcp.NameOf(ListAll))).Expect(200);

        var verified = (await world.Owner.Get("/api/audit/verify")).Expect(200).Json;
        verified.GetProperty("valid").GetBoolean().ShouldBeTrue(verified.ToString());
        verified.GetProperty("events").GetInt64().ShouldBeGreaterThan(5);
        verified.GetProperty("firstFault").ValueKind.ShouldBe(JsonValueKind.Null);

        var replayed = await Replay(world.Owner);
        replayed.GetProperty("equal").GetBoolean().ShouldBeTrue(replayed.ToString());
        replayed.GetProperty("models").EnumerateArray().Select(model => model.GetProperty("name").GetString()).ShouldContain("access");
    }

    [Fact]
    public async Task A_yaml_document_of_openapi_three_one_gives_the_same_kind_of_tools()
    {
        var slug = world.Unique("yaml");
        var integration = await world.Import(slug, "openapi.yaml");
        integration.GetProperty("toolCount").GetInt32().ShouldBe(2);
        var name = await world.Connect(slug, "My Main Account!");
        name.ShouldBe("myMainAccount");
        var kit = await world.NewToolkit($"{slug}.*");
        var mcp = world.Mcp(kit.Path, world.Server.OwnerKey);
        (await mcp.Addresses()).ShouldBe([$"{slug}.org.myMainAccount.notes.listAll", $"{slug}.org.myMainAccount.notes.read"]);
        var answer = (await mcp.Call(Mcp.NameOf($"{slug}.org.myMainAccount.notes.read"), """{"id":"../../secrets?x=1"}""")).Expect(200).Json;
        answer.GetProperty("result").GetProperty("isError").GetBoolean().ShouldBeTrue(answer.ToString());
        world.Upstream.Requests.ShouldNotContain(request => !request.Target.StartsWith("/v1/", StringComparison.Ordinal) || request.Target.Contains("?x=1"));
    }

    [Theory]
    [InlineData("trials.fail", """{"status":503}""", "upstream_http_error")]
    [InlineData("trials.fail", """{"status":404}""", "upstream_http_error")]
    [InlineData("trials.fail", """{"status":401}""", "connection_rejected")]
    [InlineData("trials.big", """{"bytes":20000000}""", "upstream_too_large")]
    [InlineData("trials.fail", "{}", "invalid_arguments")]
    [InlineData("trials.fail", """{"status":"503"}""", "invalid_arguments")]
    public async Task What_goes_wrong_upstream_is_a_tool_error_with_a_stable_code(string tool, string arguments, string code)
    {
        await world.Notes();
        var kit = await world.NewToolkit("notes.*");
        var result = (await world.Mcp(kit.Path, world.Server.OwnerKey).Call(Mcp.NameOf("notes.org.main." + tool), arguments)).Expect(200).Json.GetProperty("result");
        var called = McpClients.ResultOf(result);
        called.ErrorCode.ShouldBe(code, result.ToString());
        called.Text.ShouldStartWith($"[{code}] ");
        called.Structured!.Value.GetProperty("error").GetProperty("retryable").ValueKind.ShouldBeOneOf(JsonValueKind.True, JsonValueKind.False);
    }

    [Fact]
    public async Task A_binary_answer_is_a_block_and_an_empty_one_is_no_error()
    {
        await world.Notes();
        var kit = await world.NewToolkit("notes.*");
        await world.Rule(kit, "notes.*", "approve");
        var mcp = world.Mcp(kit.Path, world.Server.OwnerKey);
        var picture = (await mcp.Call(Mcp.NameOf("notes.org.main.trials.picture"))).Expect(200);
        picture.Text.ShouldContain(Convert.ToBase64String(NotesDocuments.Picture));
        picture.Text.ShouldContain("image/png");
        var deleted = McpClients.ResultOf((await mcp.Call(Mcp.NameOf("notes.org.main.notes.delete"), """{"id":"7"}""")).Expect(200).Json.GetProperty("result"));
        deleted.IsError.ShouldBeFalse(deleted.Raw.ToString());
    }

    /// <summary>Runs a replay to its end and answers its report.</summary>
    internal static async Task<JsonElement> Replay(Rest rest)
    {
        var job = (await rest.Post("/api/audit/replay", new { })).Json.GetProperty("id").GetString();
        JsonElement found = default;
        await World.Eventually(
            async () =>
            {
                found = (await rest.Get($"/api/audit/replay/{job}")).Expect(200).Json;
                return found.GetProperty("status").GetString() is not ("running" or "pending" or "queued");
            },
            "the replay to end");
        return found;
    }

    private async Task TheLogShows(Toolkit kit, Member agent, bool modern)
    {
        // How it came to be: nothing is missing, and each step names who took it.
        string[] setUp = ["workspace_created", "open_api_integration_imported", "connection_created", "member_joined", "api_key_issued", "toolkit_created", "connection_granted", "toolkit_policy_added"];
        var events = await world.Events();
        events.Select(Type).Intersect(setUp, StringComparer.Ordinal).ShouldBe(setUp, ignoreOrder: true);
        events.ShouldAllBe(e => e.GetProperty("actor").GetString() != null);

        // What happened in it: the attempt of a change stands before its outcome, and every call has exactly one outcome.
        IReadOnlyList<JsonElement> calls = [];
        var last = modern ? "tool_call_denied" : "session_ended";
        await World.Eventually(async () => (calls = await world.Events($"&toolkit={kit.Id}&actor={agent.Id}")).Any(e => Type(e) == last), $"{last} in the log");
        var steps = calls.Select(e => (Type(e), Address(e))).ToList();
        steps.IndexOf(("tool_call_attempted", Create)).ShouldBeInRange(0, steps.IndexOf(("tool_call_completed", Create)) - 1);
        steps.Count(step => step == ("tool_call_completed", Create)).ShouldBe(1);
        steps.Count(step => step == ("tool_call_completed", ListAll)).ShouldBe(1);
        steps.Count(step => step.Item1 == "tool_call_denied").ShouldBe(1);
        steps.Count(step => step.Item1 == "session_opened").ShouldBe(modern ? 0 : 1);
        steps.Count(step => step.Item1 == "session_ended").ShouldBe(modern ? 0 : 1);
    }

    private static string Type(JsonElement e) => e.GetProperty("type").GetString()!;

    private static string? Address(JsonElement e)
        => e.GetProperty("data").TryGetProperty("address", out var address) ? address.GetString() : null;
}
