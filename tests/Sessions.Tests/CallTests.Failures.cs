using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Toolgate.Connections;
using Toolgate.TestSupport;

namespace Toolgate.Sessions.Tests;

/// <summary>Records of calls when the log, the queue or a node fails.</summary>
public sealed partial class CallTests
{
    [Fact]
    public async Task a_call_that_cannot_be_recorded_does_not_run()
    {
        var session = await gateway.Open();
        await database.Execute("create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$");
        await database.Execute("create trigger refuse before insert on toolgate.running_calls for each row execute function refuse()");
        var answer = await gateway.Ask(Mcp.Post(Mcp.Call(Tools.Write.Name), session: session));
        answer.ShouldBeError(200, -32603);
        answer.Error.GetProperty("data").GetProperty("retryable").GetBoolean().ShouldBeTrue();
        world.UpstreamCalls.ShouldBe(0);
    }

    [Fact]
    public async Task in_strict_mode_nothing_runs_or_hangs_while_the_log_is_down()
    {
        await using var strict = await Gateway.Start(database, world, ("Audit:Durability", "strict"));
        var session = await strict.Open();
        await LogIsDown(async () =>
        {
            (await strict.Ask(Mcp.Post(Mcp.Call(Tools.Read.Name), session: session))).ShouldBeError(200, -32603);
            (await strict.Ask(Mcp.Post(Mcp.Call("never"), session: session))).ShouldBeError(200, -32603);
            (await strict.Ask(Mcp.Post(Mcp.Call(Tools.Asked.Name), session: session))).ShouldBeError(200, -32603);
            (await strict.Ask(Mcp.Request(HttpMethod.Delete, "/mcp", session: session))).ShouldBeError(503, -32603);
        });
        world.UpstreamCalls.ShouldBe(0);
    }

    [Fact]
    public async Task in_strict_mode_nothing_is_told_that_was_read_while_the_log_is_down()
    {
        world.Servers.Answer = (_, _) => Task.FromResult(Servers.Result("""{"contents":["confidential"]}"""));
        world.Show("a", "usr_alice", Offers.View("a", Offers.Two));
        await using var strict = await Gateway.Start(database, world, ("Audit:Durability", "strict"));
        var session = await strict.Open("/mcp/toolkits/a");
        var read = Mcp.Message("resources/read", "\"uri\":\"docs://a\"");
        (await strict.Ask(Mcp.Post(read, "/mcp/toolkits/a", session: session))).Body.ShouldContain("confidential");
        await LogIsDown(async () =>
        {
            var untold = await strict.Ask(Mcp.Post(read, "/mcp/toolkits/a", session: session));
            untold.ShouldBeError(200, -32603);
            untold.Body.ShouldNotContain("confidential");
            (await strict.Ask(Mcp.Post(Mcp.Message("prompts/get", "\"name\":\"never\""), "/mcp/toolkits/a", session: session))).ShouldBeError(200, -32603);
        });
    }

    [Fact]
    public async Task a_refusal_that_finds_no_room_for_its_record_says_so()
    {
        var recorder = gateway.Services.GetRequiredService<CallRecorder>();
        var session = await gateway.Open();
        await LogIsDown(async () =>
        {
            var request = new CallRequest(CallClient.Silent(world.Verify("alice-key")!), Tools.View("a", "tk_a", Tools.All), null, "x", "{}"u8.ToArray(), null, "rest");
            for (var i = 0; await recorder.HasRoom(CancellationToken.None); i++)
            {
                i.ShouldBeLessThan(50_000, "nothing leaves the queue while the log is down");
                var facts = CallFacts.Of(request, $"call_{i}", "node_x", "");
                _ = recorder.Single(facts, facts.Denied("unknown_tool")).AsTask();
            }

            (await gateway.Ask(Mcp.Post(Mcp.Call("never"), session: session))).ShouldBeError(200, -32603);
        });
    }

    [Fact]
    public async Task a_call_over_rest_goes_the_same_way()
    {
        var done = await gateway.Ask(Call("demo.org.main.things.write", """{"arguments":{"a":1},"toolkit":"a"}"""));
        done.Body.ShouldBe("""{"isError":false,"content":[{"type":"text","text":"done"}],"structuredContent":{"a":1}}""");
        (await gateway.Ask(Call("demo.org.main.things.read", ""))).Json.GetProperty("structuredContent").GetRawText().ShouldBe("{}");
        (await gateway.Ask(Call("demo.org.main.things.delete", "{}"))).Json.GetProperty("structuredContent").GetProperty("error").GetProperty("code").GetString()
            .ShouldBe("approval_required");
        (await gateway.Ask(Call("demo.org.main.things.read", """{"toolkit":"nope"}"""))).Json.GetProperty("type").GetString().ShouldBe("urn:toolgate:problem:toolkit-not-found");
        (await gateway.Ask(Call("demo.org.main.things.read", """{"argumnets":{}}"""))).Json.GetProperty("errors")[0].GetProperty("pointer").GetString().ShouldBe("/argumnets");
        (await gateway.Ask(Call("demo.org.main.things.read", "{"))).Status.ShouldBe(400);
        var calls = await Drained();
        calls[0].ShouldBeOfType<ToolCallAttempted>().Era.ShouldBe("rest");
        calls.Count.ShouldBe(4);
    }

    [Fact]
    public async Task an_idempotency_key_keeps_nothing_of_what_a_call_answered()
    {
        HttpRequestMessage Request() => Call("demo.org.main.things.write", """{"arguments":{"private":1}}""").With("Idempotency-Key", "once");
        (await gateway.Ask(Request())).Body.ShouldContain("private");
        (await gateway.Ask(Request())).Json.GetProperty("type").GetString().ShouldBe("urn:toolgate:problem:secret-shown-once");
        world.UpstreamCalls.ShouldBe(1);
        (await database.Scalar<long>("select length(body)::bigint from toolgate.idempotency_keys")).ShouldBe(0);
    }

    [Fact]
    public async Task shutting_down_writes_every_record_that_is_queued()
    {
        var session = await gateway.Open();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => gateway.Ask(Mcp.Post(Mcp.Call(Tools.Read.Name, id: i.ToString(System.Globalization.CultureInfo.InvariantCulture)), session: session))));
        await gateway.Stop();
        (await database.Scalar<long>("select count(*) from events.mt_events where type = 'tool_call_completed'")).ShouldBe(200);
        (await database.Scalar<long>("select count(*) from toolgate.session_nodes")).ShouldBe(0);
    }

    [Fact]
    public async Task strict_durability_has_every_record_in_the_log_before_the_answer()
    {
        await using var strict = await Gateway.Start(database, world, ("Audit:Durability", "strict"));
        var session = await strict.Open();
        for (var i = 1; i <= 20; i++)
        {
            await strict.Ask(Mcp.Post(Mcp.Call(Tools.Read.Name), session: session));
            (await database.Scalar<long>("select count(*) from events.mt_events where type = 'tool_call_completed'")).ShouldBe(i);
        }
    }

    [Fact]
    public async Task the_calls_of_a_dead_node_are_interrupted_once_and_those_of_a_live_one_never()
    {
        var salt = gateway.Services.GetRequiredService<ArgumentsSalt>();
        var recorder = gateway.Services.GetRequiredService<CallRecorder>();
        var view = Tools.View("a", "tk_a", Tools.All);
        var request = new CallRequest(CallClient.Silent(world.Verify("alice-key")!), view, Tools.Write, Tools.Write.Name, "{}"u8.ToArray(), null, "rest");
        (await recorder.Attempt(CallFacts.Of(request, "call_dead", "node_dead", salt.Digest("{}"u8)), CancellationToken.None)).ShouldBe(AttemptEnd.Recorded);
        (await recorder.Attempt(CallFacts.Of(request, "call_silent", "node_silent", salt.Digest("{}"u8)), CancellationToken.None)).ShouldBe(AttemptEnd.Recorded);
        (await recorder.Attempt(CallFacts.Of(request, "call_alive", "node_alive", salt.Digest("{}"u8)), CancellationToken.None)).ShouldBe(AttemptEnd.Recorded);
        await database.Execute(
            "insert into toolgate.session_nodes values ('node_alive', now()), ('node_silent', now() - interval '1 minute')");

        await using var other = await Gateway.Start(database, world);
        var (one, two) = (gateway.Services.GetRequiredService<NodeLife>(), other.Services.GetRequiredService<NodeLife>());
        await Task.WhenAll(one.InterruptOrphans(CancellationToken.None), two.InterruptOrphans(CancellationToken.None));
        var interrupted = (await Calls()).OfType<ToolCallInterrupted>().Select(e => e.CallId).Order(StringComparer.Ordinal).ToList();
        interrupted.ShouldBe(["call_dead", "call_silent"]);

        // The node was slow, not dead: its own outcome comes too late and changes nothing.
        await recorder.End(CallFacts.Of(request, "call_silent", "node_silent", ""), CallFacts.Of(request, "call_silent", "node_silent", "").Ended(null, 1));
        (await Drained()).Count(e => e is ToolCallFailed { CallId: "call_silent" }).ShouldBe(0);
    }

    [Fact]
    public async Task a_node_that_could_not_report_gives_the_others_a_lease_before_it_judges_them()
    {
        await using var own = await TestDatabase.Create();
        await using var quiet = await Gateway.Start(own, world, ("Sessions:Lease", "01:00:00"));
        var (options, salt, clock) = (new SessionsOptions(), quiet.Services.GetRequiredService<ArgumentsSalt>(), new Clock());
        using var life = new NodeLife(
            quiet.Services.GetRequiredService<NpgsqlDataSource>(), quiet.EventLog, new Node(), salt, options, clock, NullLogger<NodeLife>.Instance);
        (await life.Round(CancellationToken.None)).ShouldBe(0);

        // Silent for this node's lease, alive for the gateway's: the gateway's own first round may come at any time and must not take the call.
        await own.Execute("insert into toolgate.session_nodes values ('node_slow', now() - interval '10 minutes')");
        var request = new CallRequest(CallClient.Silent(world.Verify("alice-key")!), Tools.View("a", "tk_a", Tools.All), Tools.Write, Tools.Write.Name, "{}"u8.ToArray(), null, "rest");
        (await quiet.Services.GetRequiredService<CallRecorder>().Attempt(CallFacts.Of(request, "call_slow", "node_slow", ""), CancellationToken.None)).ShouldBe(AttemptEnd.Recorded);

        clock.Now += options.Lease * 2;
        (await life.Round(CancellationToken.None)).ShouldBe(0);
        clock.Now += options.Lease * 0.9;
        (await life.Round(CancellationToken.None)).ShouldBe(0);
        clock.Now += options.Lease * 0.2;
        (await life.Round(CancellationToken.None)).ShouldBe(1);
    }

    private async Task LogIsDown(Func<Task> meanwhile)
    {
        await Administer($"alter database {database.Name} with connection limit 0");
        await database.CutConnections();
        try
        {
            await meanwhile();
        }
        finally
        {
            await Administer($"alter database {database.Name} with connection limit -1");
        }
    }

    private static async Task Administer(string sql)
    {
        await using var administrator = NpgsqlDataSource.Create(await TestCluster.AdministratorConnectionString());
        await using var command = administrator.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>A clock that stands until it is set.</summary>
    private sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
