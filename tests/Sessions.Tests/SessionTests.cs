using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.EventStore;
using Toolgate.TestSupport;

namespace Toolgate.Sessions.Tests;

/// <summary>A session belongs to one resource, one principal and one credential, and to the whole deployment.</summary>
public sealed class SessionTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    private static readonly string[] Paths = ["/mcp", "/mcp/toolkits/a", "/mcp/toolkits/b"];
    private readonly Gateway gateway = fixture.Gateway;

    public static TheoryData<string, string, string, string> Matrix()
    {
        var matrix = new TheoryData<string, string, string, string>();
        foreach (var verb in new[] { "POST", "GET", "DELETE" })
        {
            foreach (var minted in Paths)
            {
                foreach (var used in Paths)
                {
                    foreach (var token in new[] { "alice-key", "alice-other-key", "bob-key" })
                    {
                        matrix.Add(verb, minted, used, token);
                    }
                }
            }
        }

        return matrix;
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task a_session_serves_only_its_resource_and_its_credential(string verb, string minted, string used, string token)
    {
        var session = await gateway.Open(minted);
        var request = Mcp.Request(new HttpMethod(verb), used, token, session, verb == "POST" ? Mcp.Plain("tools/list") : null);
        if (minted == used && token == "alice-key")
        {
            using var served = await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            ((int)served.StatusCode).ShouldBe(verb == "DELETE" ? 204 : 200);
            return;
        }

        var answer = await gateway.Ask(request);
        answer.ShouldBeError(403, -32003, minted == used ? "Session belongs to a different MCP principal" : "Session belongs to a different MCP resource");

        // Whatever a stranger tried, the session lives on.
        (await gateway.Ask(Mcp.Post(Mcp.Plain("ping"), minted, session: session))).Status.ShouldBe(200);
    }

    [Fact]
    public async Task a_session_survives_a_restart_and_works_on_another_node()
    {
        await using var database = await TestDatabase.Create();
        var world = new World();
        string session;
        await using (var first = await Gateway.Start(database, world))
        {
            session = await first.Open("/mcp/toolkits/a");
        }

        await using var second = await Gateway.Start(database, world);
        await using var third = await Gateway.Start(database, world);
        (await second.Ask(Mcp.Post(Mcp.Plain("tools/list"), "/mcp/toolkits/a", session: session))).Status.ShouldBe(200);
        (await third.Ask(Mcp.Post(Mcp.Plain("tools/list"), "/mcp/toolkits/a", session: session))).Status.ShouldBe(200);
        (await second.Ask(Mcp.Post(Mcp.Plain("tools/list"), "/mcp", session: session))).ShouldBeError(403, -32003);

        var opened = await third.Open();
        (await second.Ask(Mcp.Post(Mcp.Plain("ping"), session: opened))).Status.ShouldBe(200);

        (await third.Ask(Mcp.Request(HttpMethod.Delete, "/mcp/toolkits/a", session: session))).Status.ShouldBe(204);
        await second.Models.WaitFor(await second.EventLog.Head());
        (await second.Ask(Mcp.Post(Mcp.Plain("tools/list"), "/mcp/toolkits/a", session: session))).ShouldBeError(404, -32001, "Session not found");
    }

    [Fact]
    public async Task the_log_knows_a_session_but_not_the_id_that_opens_it()
    {
        var session = await gateway.Open("/mcp/toolkits/b");
        var json = new List<string>();
        await foreach (var e in gateway.EventLog.ReadAllRaw(0))
        {
            json.Add($"{e.StreamId} {e.Json} {e.Metadata.Actor}");
        }

        json.ShouldNotContain(line => line.Contains(session, StringComparison.Ordinal));
        json.ShouldContain(line => line.Contains(SessionIds.PublicOf(session)!, StringComparison.Ordinal) && line.Contains("usr_alice", StringComparison.Ordinal));
    }

    [Fact]
    public async Task a_session_ends_with_its_credential_its_toolkit_and_the_toolkit_of_its_name()
    {
        var world = fixture.World;
        world.Admit("carol-key", new("usr_carol", "Carol", Access.Role.Member, Access.Scopes.All, "key_carol"));
        world.Show("c", "usr_carol", Tools.Read);
        var session = await gateway.Open("/mcp/toolkits/c", "carol-key");

        world.Hide("c", "usr_carol");
        (await gateway.Ask(Mcp.Post(Mcp.Plain("ping"), "/mcp/toolkits/c", "carol-key", session))).ShouldBeError(404, -32001, "Toolkit not found");

        // Another toolkit under the same slug is not the one that the session was opened for.
        world.Show("c", "usr_carol", Tools.View("c", "tk_new", Tools.Read));
        (await gateway.Ask(Mcp.Post(Mcp.Plain("ping"), "/mcp/toolkits/c", "carol-key", session))).ShouldBeError(404, -32001, "Session not found");

        world.Revoke("carol-key");
        (await gateway.Ask(Mcp.Post(Mcp.Plain("ping"), "/mcp/toolkits/c", "carol-key", session))).ShouldBeError(401, -32001);
    }

    [Fact]
    public async Task the_sweep_ends_what_is_idle_or_orphaned_and_leaves_what_another_node_uses()
    {
        await using var database = await TestDatabase.Create();
        var world = new World();
        world.Admit("dora-key", new("usr_dora", "Dora", Access.Role.Member, Access.Scopes.All, "key_dora"));
        world.Show("", "usr_dora", Tools.Read);
        world.Show("t", "usr_dora", Tools.Read);
        world.Admit("erik-key", new("usr_erik", "Erik", Access.Role.Member, Access.Scopes.All, "key_erik"));
        world.Show("", "usr_erik", Tools.Read);
        await using var one = await Gateway.Start(database, world);
        await using var two = await Gateway.Start(database, world);
        var (idle, used, orphan, detached) = (await one.Open(), await one.Open(), await one.Open("/mcp", "erik-key"), await one.Open("/mcp/toolkits/t", "dora-key"));

        world.Revoke("erik-key");
        world.Hide("t", "usr_dora");
        await two.Models.WaitFor(await two.EventLog.Head());
        var keeper = two.Services.GetRequiredService<SessionKeeper>();
        (await keeper.Sweep(CancellationToken.None)).ShouldBe(2);
        (await Reasons(two)).ShouldBe(["credential_ended", "toolkit_ended"]);
        (await one.Ask(Mcp.Post(Mcp.Plain("ping"), session: idle))).Status.ShouldBe(200);

        // Three hours later by every clock: the other node had reported one use of one of them.
        await one.Services.GetRequiredService<SessionKeeper>().Sweep(CancellationToken.None);
        await database.Execute("update toolgate.session_uses set used_at = used_at - interval '3 hours'");
        await database.Execute($"update toolgate.session_uses set used_at = now() + interval '3 hours' where session_id = '{SessionIds.PublicOf(used)}'");
        await using var later = await Gateway.Start(database, world, ("Sessions:IdleTimeout", "00:00:00.001"));
        await later.Services.GetRequiredService<SessionKeeper>().Sweep(CancellationToken.None);
        await one.Models.WaitFor(await one.EventLog.Head());
        (await one.Ask(Mcp.Post(Mcp.Plain("ping"), session: used))).Status.ShouldBe(200);
        (await one.Ask(Mcp.Post(Mcp.Plain("ping"), session: idle))).ShouldBeError(404, -32001, "Session not found");
        (await Reasons(one)).ShouldContain("idle");
    }

    [Fact]
    public async Task the_session_idle_longest_makes_room()
    {
        await using var database = await TestDatabase.Create();
        await using var small = await Gateway.Start(database, new World(), ("Sessions:MaxLive", "2"));
        var (first, second) = (await small.Open(), await small.Open());
        (await small.Ask(Mcp.Post(Mcp.Plain("ping"), session: first))).Status.ShouldBe(200);
        var third = await small.Open();
        (await small.Ask(Mcp.Post(Mcp.Plain("ping"), session: second))).ShouldBeError(404, -32001);
        (await small.Ask(Mcp.Post(Mcp.Plain("ping"), session: first))).Status.ShouldBe(200);
        (await small.Ask(Mcp.Post(Mcp.Plain("ping"), session: third))).Status.ShouldBe(200);
        (await Reasons(small)).ShouldBe(["evicted"]);
    }

    [Fact]
    public async Task who_opens_too_many_sessions_loses_their_own()
    {
        await using var database = await TestDatabase.Create();
        await using var small = await Gateway.Start(database, new World(), ("Sessions:MaxLive", "2"));
        var (theirs, mine) = (await small.Open("/mcp", "bob-key"), await small.Open());
        await small.Open();
        (await small.Ask(Mcp.Post(Mcp.Plain("ping"), session: mine))).ShouldBeError(404, -32001);
        (await small.Ask(Mcp.Post(Mcp.Plain("ping"), token: "bob-key", session: theirs))).Status.ShouldBe(200);
    }

    [Fact]
    public async Task what_another_node_has_ended_is_forgotten_here_and_leaves_no_use()
    {
        await using var database = await TestDatabase.Create();
        var world = new World();
        await using var one = await Gateway.Start(database, world);
        await using var two = await Gateway.Start(database, world);
        var session = await one.Open();
        (await two.Ask(Mcp.Post(Mcp.Plain("ping"), session: session))).Status.ShouldBe(200);
        (await one.Ask(Mcp.Request(HttpMethod.Delete, "/mcp", session: session))).Status.ShouldBe(204);
        await two.Models.WaitFor(await two.EventLog.Head());
        await database.Execute("insert into toolgate.session_uses values ('ses_of_a_node_that_was_late', now() - interval '5 hours')");

        two.Services.GetRequiredService<SessionRegistry>().Count.ShouldBe(0, "at once, without waiting for a sweep");
        world.Released.Distinct().ShouldHaveSingleItem().ShouldBe(SessionIds.PublicOf(session), "upstreams keep nothing for it");
        await two.Services.GetRequiredService<SessionKeeper>().Sweep(CancellationToken.None);
        (await database.Scalar<long>("select count(*) from toolgate.session_uses")).ShouldBe(0);
    }

    [Fact]
    public async Task a_sweep_that_fails_for_any_reason_ends_neither_the_sweeping_nor_the_host()
    {
        await using var database = await TestDatabase.Create();
        var world = new World();
        await using var one = await Gateway.Start(database, world, ("Sessions:IdleTimeout", "00:00:00.4"));
        await one.Open();
        var (failed, again) = (0, new TaskCompletionSource());
        world.Finding = () =>
        {
            if (Interlocked.Increment(ref failed) == 2)
            {
                again.SetResult();
            }

            throw new InvalidOperationException("A view that cannot be compiled.");
        };
        await again.Task.WaitAsync(TimeSpan.FromSeconds(30));
        world.Finding = null;
        one.Services.GetRequiredService<Microsoft.Extensions.Hosting.IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested.ShouldBeFalse();
    }

    [Fact]
    public async Task people_see_and_end_their_own_sessions_over_rest_and_admins_all()
    {
        var mine = await gateway.Open("/mcp/toolkits/a");
        var theirs = await gateway.Open("/mcp", "bob-key");
        var (mineId, theirsId) = (SessionIds.PublicOf(mine)!, SessionIds.PublicOf(theirs)!);
        await gateway.Models.WaitFor(await gateway.EventLog.Head());

        var seen = await gateway.Ask(Mcp.Request(HttpMethod.Get, "/api/sessions?limit=1000").With("Accept", "application/json"));
        var ids = seen.Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()).ToList();
        ids.ShouldContain(mineId);
        ids.ShouldNotContain(theirsId);
        var all = await gateway.Ask(Mcp.Request(HttpMethod.Get, "/api/sessions?limit=1000", "admin-key").With("Accept", "application/json"));
        all.Body.ShouldContain(theirsId);

        var one = (await gateway.Ask(Mcp.Request(HttpMethod.Get, "/api/sessions/" + mineId).With("Accept", "application/json"))).Json;
        one.GetProperty("resource").GetString().ShouldBe("/mcp/toolkits/a");
        one.GetProperty("client").GetString().ShouldBe("hand");
        one.GetProperty("endedAt").ValueKind.ShouldBe(JsonValueKind.Null);

        (await gateway.Ask(Mcp.Request(HttpMethod.Delete, "/api/sessions/" + theirsId))).Status.ShouldBe(404);
        (await gateway.Ask(Mcp.Request(HttpMethod.Delete, "/api/sessions/" + mineId))).Status.ShouldBe(204);
        (await gateway.Ask(Mcp.Post(Mcp.Plain("ping"), "/mcp/toolkits/a", session: mine))).ShouldBeError(404, -32001, "Session not found");
        (await gateway.Ask(Mcp.Request(HttpMethod.Get, "/api/sessions/" + mineId))).Json.GetProperty("endReason").GetString().ShouldBe("ended");
        (await gateway.Ask(Mcp.Request(HttpMethod.Delete, "/api/sessions/" + mineId))).Status.ShouldBe(404);
    }

    [Fact]
    public void the_model_of_sessions_survives_its_own_snapshot_byte_for_byte()
    {
        var model = new SessionsModel();
        var state = model.Empty;
        for (var i = 1; i <= 600; i++)
        {
            var opened = new SessionOpened("ses_" + i, "usr", "key", i % 2 == 0 ? "a" : null, null, "2025-11-25", "c", null, ["roots"], "node");
            state = model.Evolve(state, Stored(i, opened));
            state = i > 550 ? state : model.Evolve(state, Stored(1_000 + i, new SessionEnded("ses_" + i, "closed")));
        }

        state.Live.Count.ShouldBe(50);
        state.RecentCount.ShouldBe(SessionsState.Remembered);
        state.Ended.ShouldBe(550);
        var bytes = model.Serialize(state);
        model.Serialize(model.Deserialize(bytes)).ShouldBe(bytes);
        model.Evolve(state, Stored(3_000, new SessionEnded("ses_1", "closed"))).ShouldBeSameAs(state);
    }

    private static StoredEvent Stored(long position, object data)
        => new(position, Guid.Empty, "session-x", 1, "x", data, DateTimeOffset.UnixEpoch.AddSeconds(position), EventMetadata.None);

    private static async Task<List<string>> Reasons(Gateway gateway)
    {
        var reasons = new List<string>();
        await foreach (var e in gateway.EventLog.ReadAll(0))
        {
            if (e.Data is SessionEnded ended)
            {
                reasons.Add(ended.Reason);
            }
        }

        reasons.Sort(StringComparer.Ordinal);
        return reasons;
    }
}
