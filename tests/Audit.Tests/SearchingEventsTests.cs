using System.Net;
using static Toolgate.Audit.Tests.AuditServer;

namespace Toolgate.Audit.Tests;

public sealed class SearchingEventsTests(AuditServer audit) : IClassFixture<AuditServer>
{
    private static readonly string[] EveryMember =
        ["position", "id", "stream", "version", "type", "at", "actor", "correlationId", "causationId", "data", "seal", "withheld"];

    [Fact]
    public async Task an_event_is_shown_with_everything_that_the_log_holds_of_it()
    {
        var position = await audit.Append("probe-shown", new ProbeMade("p", null, "é \"quoted\" \u2028 / 12345678901234567890"), "usr_shown", "trace-shown");

        var e = Items(await audit.Owner.Get("/api/audit/events?stream=probe-shown")).ShouldHaveSingleItem();

        e.AsObject().Select(member => member.Key).ShouldBe(EveryMember);
        Position(e).ShouldBe(position);
        e["type"]!.GetValue<string>().ShouldBe("probe_made");
        e["version"]!.GetValue<long>().ShouldBe(1);
        e["actor"]!.GetValue<string>().ShouldBe("usr_shown");
        e["correlationId"]!.GetValue<string>().ShouldBe("trace-shown");
        e["data"]!["name"]!.GetValue<string>().ShouldBe("é \"quoted\" \u2028 / 12345678901234567890");
        e["seal"]!.GetValue<string>().Length.ShouldBe(64);
        e["withheld"].ShouldBeNull();
        (await audit.Owner.Get($"/api/audit/events/{position}")).ToJsonString().ShouldBe(e.ToJsonString());
    }

    [Fact]
    public async Task a_position_without_an_event_is_a_404()
    {
        var problem = await audit.Owner.Get("/api/audit/events/999999999", expect: 404);
        problem["type"]!.GetValue<string>().ShouldBe("urn:toolgate:problem:event-not-found");
    }

    [Fact]
    public async Task every_filter_finds_what_it_names_and_nothing_else()
    {
        var first = await audit.Append("probe-filter-a", new ProbeCalled("usr_f", "tk_filter", "github.org.main.issues.create", "ok"), "usr_f", "trace-f");
        var second = await audit.Append("probe-filter-b", new ProbeCalled("usr_g", "tk_other", "github.org.main.issues.list", "upstream_timeout"), "usr_g", "trace-g");

        // Each filter holds for the first and not for the second.
        foreach (var filter in (string[])
            [
                "stream=probe-filter-a", "actor=usr_f", "correlation=trace-f", "toolkit=tk_filter", "outcome=ok&after=" + (first - 1),
                "address=github.org.main.issues.create", "to=" + Uri.EscapeDataString(await At(first)), "type=probe_called&actor=usr_f",
            ])
        {
            var found = Positions(await audit.Owner.Get("/api/audit/events?limit=1000&" + filter));
            found.ShouldContain(first, filter);
            found.ShouldNotContain(second, filter);
        }

        foreach (var filter in (string[])["from=" + Uri.EscapeDataString(await At(second)), "after=" + first, "outcome=upstream_timeout"])
        {
            var found = Positions(await audit.Owner.Get("/api/audit/events?limit=1000&" + filter));
            found.ShouldContain(second, filter);
            found.ShouldNotContain(first, filter);
        }
    }

    [Fact]
    public async Task filters_combine_with_and_while_several_types_combine_with_or()
    {
        var made = await audit.Append("probe-and", new ProbeMade("and", null, "one"), "usr_and");
        var renamed = await audit.Append("probe-and", new ProbeRenamed("and", "two"), "usr_and");
        await audit.Append("probe-and", new ProbeCalled("usr_and", null, "a.org.b.c", "ok"), "usr_and");

        Positions(await audit.Owner.Get("/api/audit/events?stream=probe-and&type=probe_made&type=probe_renamed")).ShouldBe([made, renamed]);
        Positions(await audit.Owner.Get("/api/audit/events?stream=probe-and&type=probe_made&actor=somebody")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("pat.*", "pat pat.org.m.x pat.org.m.x.y pat.org.n.x")]
    [InlineData("pat.org.m.*", "pat.org.m.x pat.org.m.x.y")]
    [InlineData("pat.*.m.x", "pat.org.m.x")]
    [InlineData("pat.*.*.x.*", "pat.org.m.x pat.org.m.x.y pat.org.n.x")]
    [InlineData("pat.org.m.x", "pat.org.m.x")]
    [InlineData("pat.org.m_x", "")]
    [InlineData("pat-x.*", "pat-x.org.m.x")]
    [InlineData("*", "pat pat-x.org.m.x pat.org.m.x pat.org.m.x.y pat.org.n.x patx.org.m.x")]
    public async Task an_address_filter_is_a_pattern(string pattern, string expected)
    {
        const string stream = "probe-patterns";
        var there = await audit.Owner.Get("/api/audit/events?stream=" + stream);
        if (Items(there).Count == 0)
        {
            string[] addresses = ["pat", "pat.org.m.x", "pat.org.m.x.y", "pat.org.n.x", "patx.org.m.x", "pat-x.org.m.x"];
            await audit.Append(stream, [.. addresses.Select(address => new ProbeCalled("usr_p", null, address, "ok")), new ProbeCalled("usr_p", null, null, "unknown_tool")]);
        }

        var found = await audit.Owner.Get($"/api/audit/events?stream={stream}&address={pattern}");

        Items(found).Select(e => e["data"]!["address"]!.GetValue<string>()).Order(StringComparer.Ordinal).ShouldBe(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("after=-1", "?after", "invalid_position")]
    [InlineData("after=1.5", "?after", "invalid_position")]
    [InlineData("stream=", "?stream", "invalid")]
    [InlineData("type=Probe", "?type", "invalid")]
    [InlineData("actor=%00", "?actor", "invalid")]
    [InlineData("toolkit=%0A", "?toolkit", "invalid")]
    [InlineData("address=me*", "?address", "invalid_pattern")]
    [InlineData("address=a..b", "?address", "invalid_pattern")]
    [InlineData("outcome=O%20K", "?outcome", "invalid")]
    [InlineData("correlation=", "?correlation", "invalid")]
    [InlineData("from=yesterday", "?from", "invalid_time")]
    [InlineData("from=2026-01-01T00:00:00", "?from", "invalid_time")]
    [InlineData("to=2026-13-01T00:00:00Z", "?to", "invalid_time")]
    [InlineData("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "?to", "before_from")]
    [InlineData("order=up", "?order", "invalid")]
    [InlineData("limit=0", "?limit", "out_of_range")]
    [InlineData("limit=1001", "?limit", "out_of_range")]
    [InlineData("cursor=%25", "?cursor", "invalid_cursor")]
    [InlineData("cursor=MTIz", "?cursor", "invalid_cursor")]
    public async Task a_filter_that_means_nothing_is_refused_with_its_pointer(string query, string pointer, string code)
    {
        var problem = await audit.Owner.Get("/api/audit/events?" + query, expect: 422);

        var fault = problem["errors"]!.AsArray().ShouldHaveSingleItem()!;
        fault["pointer"]!.GetValue<string>().ShouldBe(pointer);
        fault["code"]!.GetValue<string>().ShouldBe(code);
    }

    [Fact]
    public async Task a_cursor_of_the_other_order_is_refused()
    {
        var page = await audit.Owner.Get("/api/audit/events?limit=1&order=desc");
        var cursor = page["nextCursor"]!.GetValue<string>();

        await audit.Owner.Get($"/api/audit/events?limit=1&order=desc&cursor={cursor}");
        var problem = await audit.Owner.Get($"/api/audit/events?limit=1&cursor={cursor}", expect: 422);

        problem["errors"]![0]!["pointer"]!.GetValue<string>().ShouldBe("?cursor");
    }

    [Fact]
    public async Task a_client_sees_its_own_write_in_the_next_request()
    {
        for (var i = 0; i < 20; i++)
        {
            var answer = await audit.Owner.Send(HttpMethod.Post, "/api/members", new { name = "own write " + i });
            var newest = Items(await audit.Owner.Get("/api/audit/events?limit=1&order=desc")).ShouldHaveSingleItem();
            Position(newest).ShouldBe(answer.Position);
            newest["data"]!["name"]!.GetValue<string>().ShouldBe("own write " + i);
        }
    }

    [Fact]
    public async Task reading_takes_the_audit_scope_or_an_admin()
    {
        await audit.Owner.Get("/api/audit/events?limit=1");
        await audit.Auditor.Get("/api/audit/events?limit=1");
        foreach (var path in (string[])["events", "events/1", "export", "stream", "verify", "checkpoints", "replay/rpl_x"])
        {
            (await audit.Member.Get("/api/audit/" + path, expect: 403))["type"]!.GetValue<string>().ShouldBe("urn:toolgate:problem:insufficient-scope");
            (await audit.Owner.Anonymous().Send(HttpMethod.Get, "/api/audit/" + path, expect: 401)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        }

        await audit.Member.Post("/api/audit/replay", expect: 403);
    }

    private async Task<string> At(long position) => (await audit.Owner.Get("/api/audit/events/" + position))["at"]!.GetValue<string>();
}
