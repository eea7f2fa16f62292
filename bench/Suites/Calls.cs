namespace Toolgate.Bench;

/// <summary>What a call through Toolgate costs over calling the upstream directly, and how many of them it carries.</summary>
internal static class Calls
{
    private const int Rounds = 10;
    private const int RequestsARound = 1_000;
    private const double SecondsAThroughput = 5;

    public static async Task Run(Api api, Uri upstream, Uri floor)
    {
        var resource = await api.Toolkit("echo", upstream, 10);
        var session = await api.Session(resource);
        var direct = Connection.Request("GET", new Uri(upstream, "/items3/7"));
        var call = Connection.Request("POST", resource, Body("echo_org_main_items_getItem3", """{"id":7}"""), session);
        var change = Connection.Request("POST", resource, Body("echo_org_main_items_addItem", """{"body":{"title":"x"}}"""), session);
        var echo = Connection.Request("POST", floor, Body("x", "{}"), session);

        await using var toUpstream = await Connection.Open(upstream);
        await using var toFloor = await Connection.Open(floor);
        await using var toToolgate = await Connection.Open(resource);
        foreach (var (connection, request) in new[] { (toUpstream, direct), (toFloor, echo), (toToolgate, call), (toToolgate, change) })
        {
            await Measure.Sequential(connection, request, 5_000);
        }

        List<double> directTimes = [], floorTimes = [], callTimes = [], changeTimes = [];
        for (var round = 0; round < Rounds; round++)
        {
            directTimes.AddRange(await Measure.Sequential(toUpstream, direct, RequestsARound));
            callTimes.AddRange(await Measure.Sequential(toToolgate, call, RequestsARound));
            floorTimes.AddRange(await Measure.Sequential(toFloor, echo, RequestsARound));
            changeTimes.AddRange(await Measure.Sequential(toToolgate, change, RequestsARound));
        }

        var (d, f, c, w) = (Times.Of(directTimes), Times.Of(floorTimes), Times.Of(callTimes), Times.Of(changeTimes));
        Report.Title("Sequential calls");
        Report.Row("direct to the upstream, p50 / p99", $"{Report.Ms(d.P50)} / {Report.Ms(d.P99)}");
        Report.Row("bare JSON-RPC echo, p50 / p99", $"{Report.Ms(f.P50)} / {Report.Ms(f.P99)}");
        Report.Row("read-only tool through Toolgate, p50 / p99", $"{Report.Ms(c.P50)} / {Report.Ms(c.P99)}");
        Report.Row("added over direct, p50", Report.Ms(c.P50 - d.P50), "under 0.15 ms");
        Report.Row("added over direct, p99", Report.Ms(c.P99 - d.P99), "under 1 ms");
        Report.Row("changing tool (attempt durable first), p50 / p99", $"{Report.Ms(w.P50)} / {Report.Ms(w.P99)}");

        Report.Title("Throughput of calls");
        foreach (var connections in new[] { 8, 64 })
        {
            var floorRate = await Measure.Throughput(floor, echo, connections, SecondsAThroughput);
            var directRate = await Measure.Throughput(upstream, direct, connections, SecondsAThroughput);
            var rate = await Measure.Throughput(resource, call, connections, SecondsAThroughput);
            var changes = await Measure.Throughput(resource, change, connections, SecondsAThroughput);
            var aim = connections == 64;
            Report.Row($"{connections} connections: bare echo / direct", $"{Report.Number(floorRate)} / {Report.Number(directRate)} a second");
            Report.Row($"{connections} connections: read-only tool", $"{Report.Number(rate)} a second", aim ? "10,000" : "");
            Report.Row($"{connections} connections: ratio to the bare echo", Report.Number(rate / floorRate), aim ? "0.5" : "");
            Report.Row($"{connections} connections: changing tool", $"{Report.Number(changes)} a second");
        }
    }

    private static string Body(string tool, string arguments)
        => $$$"""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"{{{tool}}}","arguments":{{{arguments}}}}}""";
}
