using System.Text;
using System.Text.Json.Nodes;
using Toolgate.Fixture;

namespace Toolgate.Connections.Tests.Mcp;

/// <summary>Requests other than calls of tools, and what happens to upstreams that are down.</summary>
public sealed class RequestTests(McpHost toolgate) : IClassFixture<McpHost>
{
    private readonly McpWorld host = toolgate.World;

    public static TheoryData<Eras> BothEras => [Eras.Legacy, Eras.Modern];

    [Theory]
    [MemberData(nameof(BothEras))]
    public async Task Resources_prompts_and_completions_come_whole(Eras era)
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = era;
        var slug = await host.Connected(upstream.Url);

        (await Request(slug, "resources/read", """{"uri":"test://odd-resource"}""")).Json().ShouldContain("\"futureMember\":{\"kept\":[1,2.50,null]}");
        (await Request(slug, "resources/read", """{"uri":"test://template/7/data"}""")).Json().ShouldContain("Data for ID: 7");
        (await Request(slug, "prompts/get", """{"name":"test_prompt_with_arguments","arguments":{"arg1":"one","arg2":"two"}}""")).Node()["messages"].ShouldNotBeNull();
        (await Request(slug, "completion/complete", """{"ref":{"type":"ref/prompt","name":"test_prompt_with_arguments"},"argument":{"name":"arg1","value":"p"}}""")).Node()["completion"].ShouldNotBeNull();
        (await Request(slug, "resources/read", """{"uri":"test://none"}""")).Refusal().Code.ShouldBe(era == Eras.Legacy ? -32002 : -32602);
        if (era == Eras.Modern)
        {
            upstream.Requests.Of("resources/read")[0].Header("Mcp-Name").ShouldBe("test://odd-resource");
        }
    }

    [Fact]
    public async Task A_session_client_answers_what_a_stateless_resource_needs()
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = Eras.Modern;
        var slug = await host.Connected(upstream.Url);
        var client = new TestClient { Declared = """{"elicitation":{}}""", Answers = (_, _, _) => Task.FromResult("""{"action":"accept","content":{"reason":"curiosity"}}""") };

        (await Request(slug, "resources/read", """{"uri":"test://asking-resource"}""", client)).Json().ShouldContain("Read because: curiosity");

        var (first, second) = (upstream.Requests.Of("resources/read")[0], upstream.Requests.Last("resources/read"));
        second.Message!["id"]!.ToJsonString().ShouldNotBe(first.Message!["id"]!.ToJsonString());
    }

    [Fact]
    public async Task A_stateless_server_that_asks_what_was_not_declared_is_at_fault()
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = Eras.Modern;
        upstream.Behaviour.Faults = received => received.Method == "tools/call"
            ? new Fault.Garbage($$$"""{"jsonrpc":"2.0","id":{{{received.Message!["id"]!.ToJsonString()}}},"result":{"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create","params":{} } } } }""")
            : null;
        var slug = await host.Connected(upstream.Url);
        var client = new TestClient { Declared = """{"sampling":{}}""", Answers = (_, _, _) => throw new InvalidOperationException("Nobody may ask.") };

        (await host.Call(slug, "test_simple_text", client: client)).Failure().Code.ShouldBe("invalid_upstream_output");
        (await host.Call(slug, "test_simple_text", client: new TestClient { Stateless = true })).Failure().Code.ShouldBe("invalid_upstream_output");
    }

    [Fact]
    public async Task A_server_that_never_has_enough_is_left_after_ten_rounds()
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = Eras.Modern;
        upstream.Behaviour.Faults = received => received.Method == "tools/call"
            ? new Fault.Garbage($$$"""{"jsonrpc":"2.0","id":{{{received.Message!["id"]!.ToJsonString()}}},"result":{"resultType":"input_required","inputRequests":{"a":{"method":"roots/list"} },"requestState":"s" } }""")
            : null;
        var slug = await host.Connected(upstream.Url);
        var asked = 0;
        var client = new TestClient { Declared = """{"roots":{}}""", Answers = (_, _, _) => Task.FromResult($$"""{"roots":[{"uri":"file:///{{++asked}}"}]}""") };

        (await host.Call(slug, "test_simple_text", client: client)).Failure().Code.ShouldBe("invalid_upstream_output");

        asked.ShouldBe(10);
        upstream.Requests.Last("tools/call").Params["inputResponses"]!.ToJsonString().ShouldBe("""{"a":{"roots":[{"uri":"file:///10"}]}}""");
    }

    [Fact]
    public async Task An_upstream_that_is_down_is_left_alone_after_some_failures_and_others_are_not()
    {
        await using var dead = await FixtureServer.Start();
        await using var alive = await FixtureServer.Start();
        var slug = await host.Connected(dead.Url);
        var other = await host.Connected(alive.Url);
        await host.Call(slug, "test_simple_text");
        await dead.Kill();

        for (var i = 0; i < 5; i++)
        {
            (await host.Call(slug, "test_simple_text")).Failure().Message.ShouldBe("The upstream cannot be reached.");
        }

        var refused = (await host.Call(slug, "test_simple_text")).Failure();
        (refused.Code, refused.Retryable).ShouldBe(("upstream_unavailable", true));
        refused.Message.ShouldStartWith("The upstream failed 5 times in a row");
        (await host.Call(other, "test_simple_text")).ShouldBeOfType<ToolOutcome.Relayed>();
    }

    [Fact]
    public async Task The_sessions_of_a_client_end_when_it_is_released()
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = Eras.Legacy;
        var slug = await host.Connected(upstream.Url);
        await host.Call(slug, "test_simple_text", client: new TestClient("usr_leaving"));
        var session = upstream.Requests.Last("tools/call").Header("Mcp-Session-Id");

        host.Get<IUpstreams>().Release("usr_leaving");

        await upstream.Requests.Arrival(request => request.Verb == "DELETE" && request.Header("Mcp-Session-Id") == session, 1, "the end of the session");
    }

    [Fact]
    public async Task Other_credentials_mean_another_session()
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = Eras.Legacy;
        var slug = await host.Import(upstream.Url, new[] { new { slug = "key", kind = "apiKey", placements = new[] { new { carrier = "header", name = "X-Key" } } } });
        await host.Connect(slug, "key", new { token = "first" });
        await host.Call(slug, "test_simple_text");
        var first = upstream.Requests.Last("tools/call");

        await host.Api.Put($"/api/connections/org/{slug}/main/credentials", new { values = new { token = "second" } }, 200);
        await host.Call(slug, "test_simple_text");

        var second = upstream.Requests.Last("tools/call");
        (first.Header("X-Key"), second.Header("X-Key")).ShouldBe(("first", "second"));
        second.Header("Mcp-Session-Id").ShouldNotBe(first.Header("Mcp-Session-Id"));
    }

    [Theory]
    [InlineData("{}", "invalid_transport")]
    [InlineData("""{"transport":"http"}""", "required")]
    [InlineData("""{"transport":"http","url":"ftp://x"}""", "invalid_url")]
    [InlineData("""{"transport":"http","url":"http://u:p@x"}""", "invalid_url")]
    [InlineData("""{"transport":"http","url":"http://x","command":"sh"}""", "not_allowed")]
    [InlineData("""{"transport":"stdio"}""", "required")]
    [InlineData("""{"transport":"stdio","command":"sh","url":"http://x"}""", "not_allowed")]
    [InlineData("""{"transport":"http","url":"http://x","slug":"Bad"}""", "invalid_slug")]
    public async Task A_registration_that_makes_no_sense_says_why(string body, string code)
    {
        var node = JsonNode.Parse(body)!.AsObject();
        node.TryAdd("slug", "fine");
        (await host.Api.Post("/api/integrations/mcp", node, 422))["errors"]!.AsArray().Select(error => error!["code"]!.GetValue<string>()).ShouldContain(code);
    }

    [Fact]
    public async Task The_document_of_a_server_is_the_server_and_cannot_be_replaced()
    {
        var slug = await host.Import("http://127.0.0.1:1/mcp");
        (await host.Api.Get($"/api/integrations/{slug}"))["kind"]!.GetValue<string>().ShouldBe("mcp");
        await host.Api.Post($"/api/integrations/{slug}/refresh", new { }, 409);
        await host.Api.Put($"/api/integrations/{slug}/source", new { spec = new { url = "http://127.0.0.1:1/openapi.json" } }, 409);
        (await host.Api.Patch($"/api/integrations/{slug}", new { baseUrl = "http://127.0.0.1:2" }, 409))["type"]!.GetValue<string>().ShouldEndWith("source-is-server");
    }

    private ValueTask<ToolOutcome> Request(string slug, string method, string parameters, CallClient? client = null)
        => host.Get<IUpstreams>().Request(new Connections.Upstream(slug, default, "main"), method, Encoding.UTF8.GetBytes(parameters), client ?? new TestClient(), CancellationToken.None);
}
