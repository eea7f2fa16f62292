using Microsoft.Extensions.DependencyInjection;
using Toolgate.EventStore;
using static Toolgate.Audit.Tests.AuditServer;

namespace Toolgate.Audit.Tests;

public sealed class VerifyingTests
{
    [Fact]
    public async Task a_log_that_nobody_touched_is_valid_and_its_head_is_the_seal_of_its_last_event()
    {
        await using var scope = await Started();
        var audit = scope.Audit;
        await audit.Append("probe-verified", [.. Enumerable.Range(0, 300).Select(i => (object)new ProbeRenamed("p", $"{i}"))]);

        var report = await audit.Auditor.Get("/api/audit/verify");

        report["valid"]!.GetValue<bool>().ShouldBeTrue(report.ToJsonString());
        report["firstFault"].ShouldBeNull();
        var newest = Items(await audit.Auditor.Get("/api/audit/events?limit=1&order=desc"))[0];
        report["head"]!["position"]!.GetValue<long>().ShouldBe(Position(newest));
        report["head"]!["hash"]!.GetValue<string>().ShouldBe(newest["seal"]!.GetValue<string>());
        report["events"]!.GetValue<long>().ShouldBe(Items(await audit.Owner.Get("/api/audit/events?limit=1000")).Count);
    }

    [Theory]
    [InlineData("update events.mt_events set data = jsonb_set(data, '{name}', '\"forged\"') where seq_id = {0}", "event_changed")]
    [InlineData("update events.mt_events set user_name = 'usr_innocent' where seq_id = {0}", "event_changed")]
    [InlineData("delete from events.mt_events where seq_id = {0}", "event_missing")]
    public async Task a_history_that_was_rewritten_is_found_where_it_was_rewritten(string forgery, string code)
    {
        await using var scope = await Started();
        var audit = scope.Audit;
        var position = await audit.Append("probe-tampered", [new ProbeRenamed("p", "one"), new ProbeRenamed("p", "two"), new ProbeRenamed("p", "three")]) - 1;

        await audit.Server.Database.Execute($"""
            alter table events.mt_events disable trigger user;
            {string.Format(System.Globalization.CultureInfo.InvariantCulture, forgery.Replace("'{name}'", "'{{name}}'", StringComparison.Ordinal), position)};
            alter table events.mt_events enable trigger user
            """);

        var report = await audit.Auditor.Get("/api/audit/verify");
        report["valid"]!.GetValue<bool>().ShouldBeFalse();
        report["firstFault"]!["position"]!.GetValue<long>().ShouldBe(position);
        report["firstFault"]!["code"]!.GetValue<string>().ShouldBe(code);
        report["firstFault"]!["detail"]!.GetValue<string>().ShouldNotBeEmpty();
    }

    [Fact]
    public async Task checkpoints_are_listed_oldest_first_page_by_page()
    {
        await using var scope = await Started();
        var audit = scope.Audit;
        var verification = audit.Server.Services.GetRequiredService<IVerification>();
        await verification.Checkpoint();
        await audit.Append("probe-checkpoint", new ProbeRenamed("p", "one"));
        var last = await verification.Checkpoint();

        var all = Items(await audit.Auditor.Get("/api/audit/checkpoints"));
        var first = await audit.Auditor.Get("/api/audit/checkpoints?limit=1");
        var rest = await audit.Auditor.Get("/api/audit/checkpoints?cursor=" + first["nextCursor"]!.GetValue<string>());

        all.Count.ShouldBeGreaterThanOrEqualTo(2);
        all.Select(Position).ShouldBeInOrder();
        Position(all[^1]).ShouldBe(last.Head.Position);
        all[^1]["hash"]!.GetValue<string>().ShouldBe(last.Head.Hash);
        all[^1]["keyId"]!.GetValue<string>().ShouldBe(last.KeyId);
        all[^1]["signature"]!.GetValue<string>().ShouldBe(last.Signature);
        Items(first).Concat(Items(rest)).Select(Position).ShouldBe(all.Select(Position));
    }

    // A database of its own for each test: what is broken here stays broken.
    private static async Task<Owned> Started() => new(await Start());

    private sealed record Owned(AuditServer Audit) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await Audit.DisposeAsync();
    }
}
