using System.Text.Json.Nodes;
using static Toolgate.Audit.Tests.AuditServer;

namespace Toolgate.Audit.Tests;

public sealed class PagingTests(AuditServer audit) : IClassFixture<AuditServer>
{
    [Theory]
    [InlineData("asc")]
    [InlineData("desc")]
    public async Task five_thousand_events_are_paged_without_loss_or_repetition_while_writers_append(string order)
    {
        var stream = "probe-paging-" + order;
        var written = 0;
        for (; written < 5_000; written += 500)
        {
            await audit.Append(stream, [.. Enumerable.Range(written, 500).Select(i => (object)new ProbeRenamed("paged", $"name {i}"))]);
        }

        using var done = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 3).Select(writer => Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                await audit.Append($"probe-noise-{order}-{writer}", new ProbeRenamed("noise", "noise"));
                await audit.Append(stream, new ProbeRenamed("late", "late"));
            }
        })).ToArray();

        var seen = new List<JsonNode>();
        string? cursor = null;
        var pages = 0;
        do
        {
            var page = await audit.Owner.Get($"/api/audit/events?stream={stream}&limit=170&order={order}" + (cursor is null ? "" : "&cursor=" + cursor));
            seen.AddRange(Items(page));
            cursor = page["nextCursor"]?.GetValue<string>();
            pages++;

            // Writers run ahead of an ascending reader for ever; they stop when it has met them.
            if (pages == 25)
            {
                await done.CancelAsync();
                await Task.WhenAll(writers);
            }
        }
        while (cursor is not null);

        var positions = seen.Select(Position).ToList();
        positions.ShouldBe(order == "asc" ? positions.Order() : positions.OrderDescending());
        positions.Distinct().Count().ShouldBe(positions.Count);
        seen.Where(e => e["data"]!["probeId"]!.GetValue<string>() == "paged").Select(e => e["data"]!["name"]!.GetValue<string>()).ToHashSet().Count.ShouldBe(5_000);
        var versions = seen.Select(e => e["version"]!.GetValue<long>()).Order().ToList();
        versions.ShouldBe(Enumerable.Range(1, versions.Count).Select(i => (long)i));
        if (order == "asc")
        {
            versions.Count.ShouldBeGreaterThan(5_000);
        }
    }
}
