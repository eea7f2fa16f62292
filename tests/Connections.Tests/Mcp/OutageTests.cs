using Toolgate.Fixture;
using Toolgate.TestSupport;

namespace Toolgate.Connections.Tests.Mcp;

/// <summary>What upstreams that are dead, silent or too many cost the others, and what becomes of sessions.</summary>
public sealed class OutageTests
{
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Fifty_dead_servers_slow_neither_the_start_nor_the_list_nor_the_calls_of_a_living_one()
    {
        await using var silent = new RawUpstream((_, stop) => Task.Delay(Timeout.Infinite, stop));
        await using var living = await FixtureServer.Start();
        var settings = McpHost.Settings;
        settings["Toolgate:Mcp:FollowCatalogs"] = "true";
        settings["Toolgate:Mcp:OpenTimeout"] = "00:00:00.500";
        await using var server = await ToolgateServer.Start(settings);
        var world = new McpWorld(server);
        var slug = await world.Connected(living.Url);
        var dead = await Task.WhenAll(Enumerable.Range(0, 50).Select(number => world.Connected(number % 2 == 0 ? "http://127.0.0.1:1/mcp" : silent.Url)));

        // From now on whoever waits for a silent one waits for longer than this test.
        settings["Toolgate:Mcp:OpenTimeout"] = settings["Toolgate:Calls:Timeout"] = "01:00:00";
        await server.Restart().WaitAsync(Generous);

        // A session with a silent one is being opened, and is still when the living one has answered.
        using var giveUp = new CancellationTokenSource();
        var waiting = world.Get<IUpstreams>().Request(new Connections.Upstream(dead[1], default, "main"), "resources/list", "{}"u8.ToArray(), new TestClient(), giveUp.Token).AsTask();
        world.Tools(slug).Count.ShouldBe(living.Catalog.Tools.All.Count);
        dead.ShouldAllBe(gone => world.Tools(gone).Count == 0);
        (await world.Call(slug, "test_simple_text").AsTask().WaitAsync(Generous)).ShouldBeOfType<ToolOutcome.Relayed>();
        waiting.IsCompleted.ShouldBeFalse();
        await giveUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting);
    }

    [Theory]
    [InlineData(Eras.Legacy)]
    [InlineData(Eras.Modern)]
    public async Task A_server_that_never_answers_costs_its_caller_the_deadline_and_others_nothing(Eras era)
    {
        await using var silent = await FixtureServer.Start();
        await using var living = await FixtureServer.Start();
        silent.Behaviour.Eras = era;
        await using var server = await ToolgateServer.Start(With("Toolgate:Calls:Timeout", "00:00:08"));
        var world = new McpWorld(server);
        var (slug, other) = (await world.Connected(silent.Url), await world.Connected(living.Url));
        using var held = silent.Behaviour.Hold("tools/call");

        var waiting = world.Call(slug, "test_simple_text").AsTask();
        await silent.Requests.Arrival("tools/call");
        (await world.Call(other, "test_simple_text")).ShouldBeOfType<ToolOutcome.Relayed>();
        waiting.IsCompleted.ShouldBeFalse();

        var error = (await waiting).Failure();
        (error.Code, error.Retryable).ShouldBe(("upstream_timeout", true));
    }

    [Theory]
    [InlineData(Eras.Legacy)]
    [InlineData(Eras.Modern)]
    public async Task The_deadline_rests_while_the_client_is_asked(Eras era)
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = era;
        await using var server = await ToolgateServer.Start(With("Toolgate:Calls:Timeout", "00:00:03"));
        var world = new McpWorld(server);
        var slug = await world.Connected(upstream.Url);
        var client = new TestClient
        {
            Declared = """{"elicitation":{}}""",

            // Somebody who thinks for longer than a server may take.
            Answers = async (_, _, cancellationToken) =>
            {
                await Task.Delay(TimeSpan.FromSeconds(5), cancellationToken);
                return """{"action":"accept","content":{"username":"ada","email":"a@example.com"}}""";
            },
        };

        (await world.Call(slug, "test_elicitation", """{"message":"Who?"}""", client)).Json().ShouldContain("ada");
    }

    [Fact]
    public async Task A_session_that_nobody_uses_is_ended_upstream_and_the_next_call_opens_another()
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = Eras.Legacy;
        await using var server = await ToolgateServer.Start(With("Toolgate:Mcp:SessionIdle", "00:00:01"));
        var world = new McpWorld(server);
        var slug = await world.Connected(upstream.Url);
        await world.Call(slug, "test_simple_text");
        var session = SessionOf(upstream);

        await Ended(upstream, session);

        (await world.Call(slug, "test_simple_text")).ShouldBeOfType<ToolOutcome.Relayed>();
        SessionOf(upstream).ShouldNotBe(session);
    }

    [Fact]
    public async Task At_the_limit_the_session_that_was_idle_longest_goes_and_none_that_is_in_use()
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = Eras.Legacy;
        await using var server = await ToolgateServer.Start(With("Toolgate:Mcp:MaxSessions", "2"));
        var world = new McpWorld(server);
        var slug = await world.Connected(upstream.Url);
        await world.Call(slug, "test_simple_text", client: new TestClient("usr_one"));
        var first = SessionOf(upstream);
        await world.Call(slug, "test_simple_text", client: new TestClient("usr_two"));
        var second = SessionOf(upstream);
        await world.Call(slug, "test_simple_text", client: new TestClient("usr_three"));
        await Ended(upstream, first);
        upstream.Requests.All.ShouldNotContain(request => request.Verb == "DELETE" && request.Header("Mcp-Session-Id") == second);

        using var giveUp = new CancellationTokenSource();
        Task[] waiting = [.. ((string[])["usr_two", "usr_three"]).Select(id => world.Call(slug, "fixture_wait", client: new TestClient(id), cancellationToken: giveUp.Token).AsTask())];
        await upstream.Calls.Waiting();
        await upstream.Calls.Waiting();
        var refused = (await world.Call(slug, "test_simple_text", client: new TestClient("usr_four"))).Failure();

        (refused.Code, refused.Retryable, refused.Message).ShouldBe(("upstream_unavailable", true, "All sessions with upstreams are in use."));
        await giveUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(Task.WhenAll(waiting));
        (await world.Call(slug, "test_simple_text", client: new TestClient("usr_four"))).ShouldBeOfType<ToolOutcome.Relayed>();
    }

    [Fact]
    public async Task A_stream_that_is_cut_during_a_call_is_taken_up_where_it_ended()
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Eras = Eras.Legacy;
        await using var server = await ToolgateServer.Start(McpHost.Settings);
        var world = new McpWorld(server);
        var slug = await world.Connected(upstream.Url);

        (await world.Call(slug, "test_reconnection")).Said().ShouldBe("Reconnection test completed successfully");

        var resumed = upstream.Requests.All.Single(request => request.Verb == "GET");
        resumed.Header("Last-Event-ID").ShouldNotBeNullOrEmpty();
        resumed.Header("Mcp-Session-Id").ShouldBe(SessionOf(upstream));
        upstream.Requests.Count("tools/call").ShouldBe(1);
    }

    [Fact]
    public async Task Other_credentials_show_what_they_open_at_once()
    {
        await using var upstream = await FixtureServer.Start();
        upstream.Behaviour.Authorization = "Bearer second";
        await using var server = await ToolgateServer.Start(McpHost.Settings);
        var world = new McpWorld(server);
        var slug = await world.Import(upstream.Url, new[] { new { slug = "key", kind = "apiKey", placements = new[] { new { carrier = "header", name = "Authorization", prefix = "Bearer " } } } });
        await world.Connect(slug, "key", new { token = "first" });
        world.Tools(slug).ShouldBeEmpty();

        var shown = await server.Api.Put($"/api/connections/org/{slug}/main/credentials", new { values = new { token = "second" } }, 200);

        world.Tools(slug).Count.ShouldBe(upstream.Catalog.Tools.All.Count);
        shown["name"]!.GetValue<string>().ShouldBe("main");

        // Credentials that open nothing stand, and what was read before stays.
        await server.Api.Put($"/api/connections/org/{slug}/main/credentials", new { values = new { token = "third" } }, 200);
        world.Tools(slug).Count.ShouldBe(upstream.Catalog.Tools.All.Count);
    }

    [Fact]
    public void A_circuit_opens_lets_one_probe_through_and_closes_when_it_succeeds()
    {
        var clock = new Clock();
        var circuit = new UpstreamCircuit(clock, failuresUntilOpen: 2, maxBackOff: TimeSpan.FromSeconds(60));
        circuit.Enter();
        circuit.Failed();
        circuit.Enter();
        circuit.Failed();
        IsOpen(circuit).ShouldBeTrue();

        // One probe, and when it fails twice the time.
        clock.Now += TimeSpan.FromSeconds(1);
        IsOpen(circuit).ShouldBeFalse();
        IsOpen(circuit).ShouldBeTrue();
        circuit.Failed();
        clock.Now += TimeSpan.FromSeconds(1);
        IsOpen(circuit).ShouldBeTrue();
        clock.Now += TimeSpan.FromSeconds(1);
        IsOpen(circuit).ShouldBeFalse();

        // A success closes it for everybody, and failures are counted anew.
        circuit.Succeeded();
        IsOpen(circuit).ShouldBeFalse();
        IsOpen(circuit).ShouldBeFalse();
        circuit.Failed();
        IsOpen(circuit).ShouldBeFalse();
    }

    [Fact]
    public async Task An_upstream_that_comes_back_is_called_again()
    {
        await using var upstream = await FixtureServer.Start();
        await using var server = await ToolgateServer.Start(With("Toolgate:Mcp:MaxBackOff", "00:00:01"));
        var world = new McpWorld(server);
        var slug = await world.Connected(upstream.Url);
        await upstream.Kill();
        var said = "";
        while (!said.StartsWith("The upstream failed", StringComparison.Ordinal))
        {
            said = (await world.Call(slug, "test_simple_text")).Failure().Message;
        }

        await upstream.Revive();

        await Patience.Until(async () => await world.Call(slug, "test_simple_text") is ToolOutcome.Relayed, "the circuit to close");
        (await world.Call(slug, "test_simple_text")).ShouldBeOfType<ToolOutcome.Relayed>();
    }

    private static bool IsOpen(UpstreamCircuit circuit)
    {
        try
        {
            circuit.Enter();
            return false;
        }
        catch (McpFault)
        {
            return true;
        }
    }

    private static Dictionary<string, string> With(string name, string value)
    {
        var settings = McpHost.Settings;
        settings[name] = value;
        return settings;
    }

    private static string SessionOf(FixtureServer upstream) => upstream.Requests.Last("tools/call").Header("Mcp-Session-Id")!;

    private static Task<ReceivedRequest> Ended(FixtureServer upstream, string session)
        => upstream.Requests.Arrival(request => request.Verb == "DELETE" && request.Header("Mcp-Session-Id") == session, 1, "the end of a session");

    /// <summary>A clock that stands until it is set.</summary>
    private sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
