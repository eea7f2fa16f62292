using System.Text.Json.Nodes;
using static Toolgate.Audit.Tests.AuditServer;

namespace Toolgate.Audit.Tests;

public sealed class ExportingLogTests(AuditServer audit) : IClassFixture<AuditServer>
{
    [Fact]
    public async Task an_export_is_the_log_line_by_line()
    {
        await audit.Append("probe-export", [.. Enumerable.Range(0, 1_700).Select(i => (object)new ProbeRenamed("p", $"line\nbreak {i}"))]);

        var answer = await audit.Owner.Send(HttpMethod.Get, "/api/audit/export");

        answer.Headers["Content-Type"].ShouldBe("application/x-ndjson");
        answer.Text.ShouldEndWith("\n");
        var exported = answer.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToList();
        var log = new List<(long Position, string Stream, string Json, string? Seal)>();
        await foreach (var e in audit.Log.ReadAllRaw(0))
        {
            log.Add((e.Position, e.StreamId, JsonNode.Parse(e.Json)!.ToJsonString(), e.Seal));
        }

        exported.Select(e => (Position(e), e["stream"]!.GetValue<string>(), e["data"]!.ToJsonString(), (string?)e["seal"]!.GetValue<string>())).ShouldBe(log);
        log.Count.ShouldBeGreaterThan(1_700);
        answer.Position.ShouldBe(log[^1].Position);
    }

    [Fact]
    public async Task an_export_takes_the_filters_of_a_search()
    {
        var position = await audit.Append("probe-export-filtered", new ProbeMade("p", null, "only this"));

        var answer = await audit.Owner.Send(HttpMethod.Get, "/api/audit/export?stream=probe-export-filtered");

        Position(JsonNode.Parse(answer.Text.Trim())!).ShouldBe(position);
        (await audit.Owner.Get("/api/audit/export?address=a..b", expect: 422))["errors"]![0]!["pointer"]!.GetValue<string>().ShouldBe("?address");
    }
}
