namespace Toolgate.Bench;

/// <summary><c>tools/list</c> of small and large toolkits.</summary>
internal static class Lists
{
    public static async Task Run(Api api, Uri upstream)
    {
        Report.Title("tools/list");
        foreach (var tools in new[] { 100, 1_000, 10_000 })
        {
            var resource = await api.Toolkit($"list-{tools}", upstream, tools - 1);
            var request = Connection.Request("POST", resource, """{"jsonrpc":"2.0","id":7,"method":"tools/list"}""", await api.Session(resource));
            await using var connection = await Connection.Open(resource);
            await Measure.Sequential(connection, request, 50);
            var times = Times.Of(await Measure.Sequential(connection, request, 200));
            Report.Row(
                $"{Report.Number(tools)} tools ({Report.Number(connection.Body.Length / 1024.0)} KiB), p50 / p99",
                $"{Report.Ms(times.P50)} / {Report.Ms(times.P99)}", tools == 1_000 ? "under 1 ms" : "");
        }
    }
}
