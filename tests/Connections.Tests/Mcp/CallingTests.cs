using System.Text;
using System.Text.Json.Nodes;
using Toolgate.Fixture;

namespace Toolgate.Connections.Tests.Mcp;

/// <summary>Calls of tools, in both eras of the upstream.</summary>
public sealed class CallingTests(McpHost toolgate) : IClassFixture<McpHost>
{
    private readonly McpWorld host = toolgate.World;
    public static TheoryData<Eras> BothEras => [Eras.Legacy, Eras.Modern];

    [Theory]
    [MemberData(nameof(BothEras))]
    public async Task A_tool_of_a_server_is_called_and_its_result_comes_whole(Eras era)
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = era;
        var slug = await host.Connected(upstream.Url);

        var outcome = await host.Call(slug, "fixture_structured", """{"city":"Oslo"}""");

        outcome.Json().ShouldContain("\"structuredContent\":{\"city\":\"Oslo\",\"temperature\":21.50,\"unknown\":{\"kept\":true}}");
        (await host.Call(slug, "fixture_unknown_content")).Json().ShouldContain("\"hologram\"");
        (await host.Call(slug, "test_error_handling")).ShouldBeOfType<ToolOutcome.Relayed>().IsError.ShouldBeTrue();
        upstream.Requests.Count("initialize").ShouldBe(era == Eras.Legacy ? 2 : 0);
        upstream.Requests.Last("tools/call").Header("MCP-Protocol-Version").ShouldBe(era == Eras.Legacy ? Versions.November : Versions.Modern);
    }

    [Theory]
    [MemberData(nameof(BothEras))]
    public async Task Nothing_of_the_caller_reaches_the_server_and_the_credential_of_the_connection_does(Eras era)
    {
        await using var upstream = await FixtureServer.Start();
        (upstream.Behaviour.Eras, upstream.Behaviour.Authorization) = (era, "Bearer upstream-secret");
        var slug = await host.Import(upstream.Url, new[] { new { slug = "key", kind = "apiKey", placements = new[] { new { carrier = "header", name = "Authorization", prefix = "Bearer " } } } });
        await host.Connect(slug, "key", new { token = "upstream-secret" });
        var client = new TestClient { Sent = """{"name":"other","arguments":{"x":1},"future":[1.0],"requestState":"s","_meta":{"traceparent":"00-aa","progressToken":"canary-token","io.modelcontextprotocol/clientInfo":{"name":"canary"}}}""" };

        var outcome = await host.Call(slug, "fixture_echo", """{"a": 1.0}""", client);

        var received = upstream.Requests.Last("tools/call");
        received.Header("Authorization").ShouldBe("Bearer upstream-secret");
        received.Body.ShouldContain("\"arguments\":{\"a\": 1.0}");
        received.Params["future"]!.ToJsonString().ShouldBe("[1.0]");
        received.Meta["traceparent"]!.GetValue<string>().ShouldBe("00-aa");
        received.Meta.ContainsKey("progressToken").ShouldBeFalse();
        foreach (var request in upstream.Requests.All)
        {
            (request.Body + string.Join('\n', request.Headers.Select(header => header.Key + header.Value))).ShouldNotContain("canary");
        }

        outcome.Said().ShouldContain("\"a\"");
    }

    [Theory]
    [MemberData(nameof(BothEras))]
    public async Task Progress_and_log_messages_come_back_with_nothing_of_our_token(Eras era)
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = era;
        var slug = await host.Connected(upstream.Url);
        var client = new TestClient { Progress = true, Level = "warning" };

        await host.Call(slug, "test_tool_with_progress", client: client);
        await host.Call(slug, "test_logging_tool", client: client);

        var progress = client.Notes.Where(note => note.Method == "notifications/progress").Select(note => JsonNode.Parse(note.Params)!).ToList();
        progress.Select(note => note["progress"]!.GetValue<double>()).ShouldBe([0, 50, 100]);
        progress.ShouldAllBe(note => note["progressToken"] == null);
        client.Notes.Where(note => note.Method == "notifications/message").Select(note => JsonNode.Parse(note.Params)!["level"]!.GetValue<string>())
            .ShouldBe(["warning", "error", "critical", "alert", "emergency"]);
        var silent = new TestClient();
        await host.Call(slug, "test_tool_with_progress", client: silent);
        await host.Call(slug, "test_logging_tool", client: silent);
        silent.Notes.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(BothEras))]
    public async Task What_a_server_asks_reaches_the_client_and_the_answer_the_server(Eras era)
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = era;
        var slug = await host.Connected(upstream.Url);
        var asked = new List<string>();
        var client = new TestClient
        {
            Declared = """{"elicitation":{},"sampling":{},"roots":{"listChanged":true},"tasks":{}}""",
            Answers = (method, parameters, _) =>
            {
                asked.Add(method);
                return Task.FromResult(method switch
                {
                    "elicitation/create" => """{"action":"accept","content":{"username":"ada","email":"ada@example.com","name":"ada"}}""",
                    "roots/list" => """{"roots":[{"uri":"file:///home/ada"}]}""",
                    _ => """{"role":"assistant","model":"m","content":{"type":"text","text":"sampled"}}""",
                });
            },
        };

        (await host.Call(slug, "test_elicitation", """{"message":"Who?"}""", client)).Json().ShouldContain("ada");
        (await host.Call(slug, "test_sampling", """{"prompt":"Say"}""", client)).Json().ShouldContain("sampled");

        asked.ShouldBe(["elicitation/create", "sampling/createMessage"]);
        var declared = era == Eras.Legacy
            ? upstream.Requests.Last("initialize").Params["capabilities"]!
            : upstream.Requests.Last("tools/call").Meta["io.modelcontextprotocol/clientCapabilities"]!;
        declared.ToJsonString().ShouldBe("""{"elicitation":{},"sampling":{},"roots":{}}""");
    }

    [Fact]
    public async Task A_session_server_that_asks_what_was_not_declared_is_refused_and_nobody_is_asked()
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = Eras.Legacy;
        var slug = await host.Connected(upstream.Url);
        var client = new TestClient { Declared = """{"sampling":{}}""", Answers = (_, _, _) => throw new InvalidOperationException("Nobody may ask.") };

        var outcome = await host.Call(slug, "test_elicitation", """{"message":"Who?"}""", client);

        outcome.ShouldNotBeOfType<ToolOutcome.Failed>();
        upstream.Requests.Count("initialize").ShouldBe(2);
    }

    [Fact]
    public async Task A_question_that_says_nothing_of_its_call_is_asked_when_there_is_one_and_refused_when_there_are_two()
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = Eras.Legacy;
        var slug = await host.Connected(upstream.Url);
        var asked = 0;
        var client = new TestClient
        {
            Declared = """{"elicitation":{}}""",
            Answers = (_, _, _) => Task.FromResult($$$"""{"action":"accept","content":{"name":"ada {{{Interlocked.Increment(ref asked)}}}"}}"""),
        };

        (await host.Call(slug, "fixture_ask_elsewhere", client: client)).Json().ShouldContain("ada 1");

        using var giveUp = new CancellationTokenSource();
        var other = host.Call(slug, "fixture_wait", client: client, cancellationToken: giveUp.Token).AsTask();
        await upstream.Calls.Waiting();
        var refused = await host.Call(slug, "fixture_ask_elsewhere", client: client);
        asked.ShouldBe(1);
        (refused is ToolOutcome.Rejected or ToolOutcome.Relayed { IsError: true }).ShouldBeTrue(refused.ToString());
        await giveUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(other);

        // Both went in one session, whose stream was opened once.
        upstream.Requests.All.Count(request => request.Verb == "GET").ShouldBe(1);
    }

    [Fact]
    public async Task A_stateless_client_gets_what_a_stateless_server_needs_and_brings_it()
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = Eras.Modern;
        var slug = await host.Connected(upstream.Url);

        var first = await host.Call(slug, "test_input_required_result_request_state", client: new TestClient { Stateless = true, Declared = """{"elicitation":{}}""" });
        var needed = first.ShouldBeOfType<ToolOutcome.InputRequired>();
        var key = JsonNode.Parse(needed.Requests.Span)!.AsObject().Single().Key;
        var retry = new TestClient
        {
            Stateless = true,
            Declared = """{"elicitation":{}}""",
            Responses = $$$"""{"{{{key}}}":{"action":"accept","content":{"ok":true,"name":"ada","confirm":true} }}""",
            State = Encoding.UTF8.GetString(needed.State.Span),
        };

        (await host.Call(slug, "test_input_required_result_request_state", client: retry)).ShouldBeOfType<ToolOutcome.Relayed>();
        upstream.Requests.Last("tools/call").Body.ShouldContain($"\"requestState\":{retry.State}");
    }

    [Theory]
    [MemberData(nameof(BothEras))]
    public async Task A_caller_that_gives_up_cancels_the_request_upstream(Eras era)
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = era;
        var slug = await host.Connected(upstream.Url);
        using var giveUp = new CancellationTokenSource();

        var call = host.Call(slug, "fixture_wait", """{"label":"gone"}""", cancellationToken: giveUp.Token).AsTask();
        await upstream.Calls.Waiting();
        await giveUp.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(call);
        await upstream.Calls.Cancellation();
        upstream.Calls.Cancelled.ShouldBe(["gone"]);
    }

    [Theory]
    [MemberData(nameof(BothEras))]
    public async Task A_refusal_of_the_server_is_passed_on_with_its_code_and_data(Eras era)
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = era;
        var slug = await host.Connected(upstream.Url);

        var refusal = (await host.Call(slug, "fixture_rpc_error", """{"code":-31999,"message":"No such luck"}""")).Refusal();

        (refusal.Code, refusal.Message).ShouldBe((-31999, "No such luck"));
        Encoding.UTF8.GetString(refusal.Data.Span).ShouldBe("""{"detail":"kept"}""");
    }

    [Fact]
    public async Task Arguments_that_a_schema_wants_in_headers_travel_there_too()
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = Eras.Modern;
        var slug = await host.Connected(upstream.Url);

        await host.Call(slug, "fixture_header_parameters", """{"region":"Zürich","count":1e2,"exact":true,"nested":{"tenant":"a b"}}""");

        var received = upstream.Requests.Last("tools/call");
        received.Header("Mcp-Method").ShouldBe("tools/call");
        received.Header("Mcp-Name").ShouldBe("fixture_header_parameters");
        received.Header("Mcp-Param-Region").ShouldBe("=?base64?WsO8cmljaA==?=");
        (received.Header("Mcp-Param-Count"), received.Header("Mcp-Param-Exact"), received.Header("Mcp-Param-Tenant")).ShouldBe(("100", "true", "a b"));
    }

    [Fact]
    public async Task A_session_that_the_server_forgot_is_opened_again_and_the_call_made_once()
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = Eras.Legacy;
        var slug = await host.Connected(upstream.Url);
        await host.Call(slug, "fixture_record", """{"n":1}""");
        upstream.ForgetSessions();

        (await host.Call(slug, "fixture_record", """{"n":2}""")).Said().ShouldBe("Execution 2");

        upstream.Calls.Executed.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_server_that_changes_its_era_is_understood_at_the_next_call()
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = Eras.Legacy;
        var slug = await host.Connected(upstream.Url);
        await host.Call(slug, "test_simple_text");
        upstream.Behaviour.Eras = Eras.Modern;
        upstream.ForgetSessions();
        (await host.Call(slug, "test_simple_text")).ShouldBeOfType<ToolOutcome.Relayed>();
        upstream.Behaviour.Eras = Eras.Legacy;
        (await host.Call(slug, "test_simple_text")).ShouldBeOfType<ToolOutcome.Relayed>();
    }

    [Fact]
    public async Task Two_principals_never_share_a_session()
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = Eras.Legacy;
        var slug = await host.Connected(upstream.Url);
        var before = upstream.Requests.Count("initialize");

        await host.Call(slug, "test_simple_text", client: new TestClient("usr_one"));
        var one = upstream.Requests.Last("tools/call").Header("Mcp-Session-Id");
        await host.Call(slug, "test_simple_text", client: new TestClient("usr_two"));
        var two = upstream.Requests.Last("tools/call").Header("Mcp-Session-Id");
        await host.Call(slug, "test_simple_text", client: new TestClient("usr_one"));

        upstream.Requests.Last("tools/call").Header("Mcp-Session-Id").ShouldBe(one);
        two.ShouldNotBe(one);
        (upstream.Requests.Count("initialize") - before).ShouldBe(2);
    }
}
