using static Toolgate.Audit.Tests.AuditServer;

namespace Toolgate.Audit.Tests;

public sealed class VisibilityTests(AuditServer audit) : IClassFixture<AuditServer>
{
    [Fact]
    public async Task somebody_elses_personal_row_is_shown_without_stream_and_payload_and_its_owner_sees_it_whole()
    {
        var made = await audit.Append("probe-personal", new ProbeMade("mine", audit.OwnerId, "diary"), audit.OwnerId);
        var renamed = await audit.Append("probe-personal", new ProbeRenamed("mine", "secret diary"), audit.OwnerId);
        var connected = await audit.Append($"probe-user-{audit.OwnerId}-diary", new ProbeConnected("user", audit.OwnerId, "diary"), audit.OwnerId);

        foreach (var position in (long[])[made, renamed, connected])
        {
            var hidden = await audit.Auditor.Get($"/api/audit/events/{position}");
            hidden["withheld"]!.GetValue<string>().ShouldBe("personal");
            hidden["data"].ShouldBeNull();
            hidden["stream"].ShouldBeNull();
            hidden["actor"]!.GetValue<string>().ShouldBe(audit.OwnerId);
            hidden["seal"]!.GetValue<string>().Length.ShouldBe(64);
            hidden["type"]!.GetValue<string>().ShouldStartWith("probe_");
            hidden.ToJsonString().ShouldNotContain("diary");

            var whole = await audit.Owner.Get($"/api/audit/events/{position}");
            whole["withheld"].ShouldBeNull();
            whole["data"].ShouldNotBeNull();
            whole["stream"].ShouldNotBeNull();
        }
    }

    [Fact]
    public async Task a_row_of_the_workspace_is_shown_whole_to_every_auditor()
    {
        var position = await audit.Append("probe-shared", new ProbeMade("ours", null, "handbook"), audit.OwnerId);
        var call = await audit.Append("probe-shared-call", new ProbeCalled(audit.OwnerId, null, "github.org.user.x", "ok"), audit.OwnerId);

        (await audit.Auditor.Get($"/api/audit/events/{position}"))["data"]!["name"]!.GetValue<string>().ShouldBe("handbook");
        (await audit.Auditor.Get($"/api/audit/events/{call}"))["data"]!["outcome"]!.GetValue<string>().ShouldBe("ok");
    }

    [Fact]
    public async Task a_call_of_a_personal_tool_belongs_to_its_caller_whoever_wrote_it_down()
    {
        var position = await audit.Append("probe-interrupted", new ProbeCalled(audit.OwnerId, null, "github.user.main.x", "interrupted"), "system");

        (await audit.Auditor.Get($"/api/audit/events/{position}"))["withheld"]!.GetValue<string>().ShouldBe("personal");
        (await audit.Owner.Get($"/api/audit/events/{position}"))["data"]!["address"]!.GetValue<string>().ShouldBe("github.user.main.x");
    }

    [Fact]
    public async Task a_call_through_a_personal_toolkit_belongs_to_the_toolkits_owner()
    {
        await audit.Append("toolkit-tk_personal", new ProbeMade("tk_personal", audit.OwnerId, "my kit"), audit.OwnerId);
        var call = await audit.Append("probe-kit-call", new ProbeCalled(audit.OwnerId, "tk_personal", "github.org.main.x", "ok"), audit.OwnerId);
        var later = await audit.Append("probe-kit-call", new ProbeRenamed("call", "ended"), "system");

        (await audit.Auditor.Get($"/api/audit/events/{call}"))["withheld"]!.GetValue<string>().ShouldBe("personal");
        (await audit.Auditor.Get($"/api/audit/events/{later}"))["withheld"]!.GetValue<string>().ShouldBe("personal");
        Positions(await audit.Owner.Get("/api/audit/events?toolkit=tk_personal")).ShouldBe([call - 1, call, later]);
    }

    [Theory]
    [InlineData("stream=probe-oracle")]
    [InlineData("toolkit=tk_oracle")]
    [InlineData("address=oracle.user.main.*")]
    [InlineData("outcome=oracle_outcome")]
    public async Task a_filter_does_not_tell_what_is_withheld(string filter)
    {
        var position = await audit.Append("probe-oracle", new ProbeCalled(audit.OwnerId, "tk_oracle", "oracle.user.main.x", "oracle_outcome"), audit.OwnerId);

        Positions(await audit.Owner.Get("/api/audit/events?" + filter)).ShouldContain(position);
        Positions(await audit.Auditor.Get("/api/audit/events?" + filter)).ShouldBeEmpty();
        Positions(await audit.Auditor.Get("/api/audit/events?limit=1000&type=probe_called&actor=" + audit.OwnerId)).ShouldContain(position);
    }

    [Fact]
    public async Task an_export_withholds_what_a_search_withholds()
    {
        await audit.Append("probe-exported", new ProbeMade("mine", audit.OwnerId, "private words"), audit.OwnerId);

        var auditors = (await audit.Auditor.Send(HttpMethod.Get, "/api/audit/export")).Text;
        var owners = (await audit.Owner.Send(HttpMethod.Get, "/api/audit/export")).Text;

        auditors.ShouldNotContain("private words");
        owners.ShouldContain("private words");
        auditors.Split('\n').Length.ShouldBe(owners.Split('\n').Length);
    }
}
