using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Toolgate.EventStore;
using static Toolgate.Audit.Tests.AuditServer;

namespace Toolgate.Audit.Tests;

public sealed class IndexTests(AuditServer audit) : IClassFixture<AuditServer>
{
    [Fact]
    public async Task a_read_that_the_index_cannot_show_in_time_is_a_503_and_never_an_answer_without_the_newest_event()
    {
        await using var connection = new NpgsqlConnection(audit.Server.Database.ConnectionString);
        await connection.OpenAsync();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            // Readers go on, the projection's inserts wait.
            await using var hold = new NpgsqlCommand("lock table toolgate.audit_index in exclusive mode", connection, transaction);
            await hold.ExecuteNonQueryAsync();
            await audit.Append("probe-behind", new ProbeRenamed("p", "newest"));

            var answer = await audit.Owner.Send(HttpMethod.Get, "/api/audit/events?stream=probe-behind", expect: 503);

            answer.Json["type"]!.GetValue<string>().ShouldBe("urn:toolgate:problem:index-behind");
            answer.Headers["Retry-After"].ShouldBe("1");
        }

        Items(await audit.Owner.Get("/api/audit/events?stream=probe-behind")).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task values_that_no_index_entry_can_hold_are_cut_and_stop_nothing()
    {
        var text = string.Concat(Enumerable.Range(0, 40_000).Select(i => (char)('一' + (i * 7919 % 20_000))));
        var position = await audit.Append("probe-long", new ProbeCalled("usr_long", text, "long.org." + text, text), actor: text, correlation: text);

        var found = await audit.Owner.Get("/api/audit/events?stream=probe-long");

        Positions(found).ShouldBe([position]);
        Items(found)[0]["data"]!["outcome"]!.GetValue<string>().ShouldBe(text);
        (await audit.Server.Services.GetRequiredService<IProjections>().Status()).ShouldAllBe(projection => projection.DeadLetters == 0);
    }

    [Fact]
    public async Task payload_members_of_an_unexpected_kind_stop_nothing()
    {
        var position = await audit.Append("probe-odd", new ProbeOdd(["a", "b"], 7, new Dictionary<string, string> { ["x"] = "y" }));

        Positions(await audit.Owner.Get("/api/audit/events?stream=probe-odd")).ShouldBe([position]);
    }

    [Fact]
    public async Task a_rebuilt_index_answers_the_same()
    {
        await audit.Append("probe-rebuilt", new ProbeCalled("usr_r", "tk_r", "github.org.main.x", "ok"));
        var before = await audit.Owner.Get("/api/audit/events?toolkit=tk_r");

        await audit.Server.Services.GetRequiredService<IProjections>().Rebuild("audit-index");

        (await audit.Owner.Get("/api/audit/events?toolkit=tk_r")).ToJsonString().ShouldBe(before.ToJsonString());
    }
}
