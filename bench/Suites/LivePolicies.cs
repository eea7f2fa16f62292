using System.Diagnostics;

namespace Toolgate.Bench;

/// <summary>From the answer to a policy write, and from its sending, to the refusal in a session that is open.</summary>
internal static class LivePolicies
{
    private const int Rounds = 200;

    public static async Task Run(Api api, Uri upstream)
    {
        var resource = await api.Toolkit("live", upstream, 10);
        var toolkits = await api.Post("/api/toolkits", new { owner = "org", name = "live policies" });
        var id = toolkits["id"]!.GetValue<string>();
        await api.Post($"/api/toolkits/{id}/connections", new { pattern = "live.org.main.*" });
        resource = new Uri(api.Address, "/mcp/toolkits/" + toolkits["slug"]!.GetValue<string>());
        var call = Connection.Request(
            "POST", resource,
            """{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"live_org_main_items_getItem3","arguments":{"id":7}}}""",
            await api.Session(resource));
        await using var connection = await Connection.Open(resource);
        var times = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            Measure.Expect(await connection.Send(call), connection);
            var from = Stopwatch.GetTimestamp();
            var policy = await api.Post($"/api/toolkits/{id}/policies", new { pattern = "live.org.main.*", action = "block" });
            do
            {
                await connection.Send(call);
            }
            while (connection.Body.Span.IndexOf("Unknown tool"u8) < 0);
            times.Add(Stopwatch.GetElapsedTime(from).TotalMicroseconds);
            await api.Delete($"/api/toolkits/{id}/policies/{policy["id"]!.GetValue<string>()}");
        }

        var all = Times.Of(times);
        Report.Title("From sending a policy to its refusal in an open session");
        Report.Row("p50 / p99", $"{Report.Ms(all.P50)} / {Report.Ms(all.P99)}", "p99 under 50 ms");
    }
}
