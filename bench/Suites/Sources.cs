namespace Toolgate.Bench;

/// <summary>What each kind of source costs over calling it directly, what relaying a megabyte costs, and how many progress notifications go through.</summary>
internal static class Sources
{
    private const int Rounds = 10;
    private const int RequestsARound = 1_000;
    private const int WarmUp = 5_000;
    private const double SecondsAThroughput = 5;
    private const int Streams = 64;

    private const string Sdl = "type Query { item(id: Int!): Item } type Item { id: Int title: String labels: [String!] open: Boolean }";

    public static async Task Run(Api api, Uri upstream, Uri mcp)
    {
        var openApi = await api.Toolkit("kinds", upstream, 3);
        var graphQl = await GraphQl(api, upstream);
        var plugin = await Plugin(api, upstream);
        var relayed = await Mcp(api, mcp);
        (string Kind, Uri Direct, byte[] Request, Uri Resource, string Tool, string Arguments)[] kinds =
        [
            ("OpenAPI", upstream, Connection.Request("GET", new Uri(upstream, "/items1/7")), openApi, "kinds_org_main_items_getItem1", """{"id":7}"""),
            ("GraphQL", upstream, Connection.Request("POST", new Uri(upstream, "/graphql"), """{"query":"query($id:Int!){item(id:$id){id title}}","variables":{"id":7}}"""),
                graphQl, "graph_org_main_query_item", """{"id":7}"""),
            ("plugin", upstream, Connection.Request("POST", new Uri(upstream, "/echo"), """{"id":7}"""), plugin, "echoer__org__main__echo_it", """{"id":7}"""),
            ("MCP", mcp, Connection.Request("POST", new Uri(mcp, "/mcp"), Body("echo", "{}")), relayed, "relay_org_main_echo", "{}"),
        ];

        // Twice, and the second time counts: what is measured first would else be measured on a cold process.
        foreach (var reports in new[] { false, true })
        {
            if (reports)
            {
                Report.Title("Sequential calls by kind of source");
            }

            foreach (var (kind, direct, directly, resource, tool, arguments) in kinds)
            {
                var request = Connection.Request("POST", resource, Body(tool, arguments), await api.Session(resource));
                var (d, t) = await Compare(direct, directly, resource, request, WarmUp, reports ? Rounds : 1, RequestsARound);
                if (reports)
                {
                    Report.Row($"{kind}: direct, p50 / p99", $"{Report.Ms(d.P50)} / {Report.Ms(d.P99)}");
                    Report.Row($"{kind}: through Toolgate, p50 / p99", $"{Report.Ms(t.P50)} / {Report.Ms(t.P99)}");
                    Report.Row($"{kind}: added, p50 / p99", $"{Report.Ms(t.P50 - d.P50)} / {Report.Ms(t.P99 - d.P99)}");
                }
            }
        }

        var session = await api.Session(relayed);
        var (largeDirect, large) = await Compare(
            mcp, Connection.Request("POST", new Uri(mcp, "/mcp"), Body("large", "{}")), relayed,
            Connection.Request("POST", relayed, Body("relay_org_main_large", "{}"), session), 500, 5, 200);
        Report.Title("Relay of a result of 1 MB");
        Report.Row("direct, p50 / p99", $"{Report.Ms(largeDirect.P50)} / {Report.Ms(largeDirect.P99)}");
        Report.Row("through Toolgate, p50 / p99", $"{Report.Ms(large.P50)} / {Report.Ms(large.P99)}");
        Report.Row("ratio of the medians", Report.Number(large.P50 / largeDirect.P50));

        const string asks = """{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"TOOL","arguments":{},"_meta":{"progressToken":"p"}}}""";
        var directRate = await Measure.Throughput(
            mcp, Connection.Request("POST", new Uri(mcp, "/mcp"), asks.Replace("TOOL", "progress", StringComparison.Ordinal)), Streams, SecondsAThroughput);
        var rate = await Measure.Throughput(
            relayed, Connection.Request("POST", relayed, asks.Replace("TOOL", "relay_org_main_progress", StringComparison.Ordinal), session), Streams, SecondsAThroughput);
        Report.Title($"{Streams} concurrent streams, {McpUpstream.Steps} progress notifications a call");
        Report.Row("direct", $"{Report.Number(directRate * McpUpstream.Steps)} notifications a second");
        Report.Row("through Toolgate", $"{Report.Number(rate * McpUpstream.Steps)} notifications a second");
        Report.Row("ratio", Report.Number(rate / directRate));
    }

    private static async Task<(Times Direct, Times Through)> Compare(Uri direct, byte[] directly, Uri resource, byte[] through, int warmUp, int rounds, int requests)
    {
        await using var toUpstream = await Connection.Open(direct);
        await using var toToolgate = await Connection.Open(resource);
        await Measure.Sequential(toUpstream, directly, warmUp);
        await Measure.Sequential(toToolgate, through, warmUp);
        List<double> directTimes = [], throughTimes = [];
        for (var round = 0; round < rounds; round++)
        {
            directTimes.AddRange(await Measure.Sequential(toUpstream, directly, requests));
            throughTimes.AddRange(await Measure.Sequential(toToolgate, through, requests));
        }

        return (Times.Of(directTimes), Times.Of(throughTimes));
    }

    private static async Task<Uri> GraphQl(Api api, Uri upstream)
    {
        await api.Post("/api/integrations/graphql", new { slug = "graph", endpoint = new Uri(upstream, "/graphql").ToString(), sdl = Sdl });
        return await api.Granted("graph");
    }

    private static async Task<Uri> Plugin(Api api, Uri upstream)
    {
        var schema = new { type = "object", properties = new { id = new { type = "integer" } }, required = new[] { "id" } };
        await api.Post("/api/integrations/plugins", new
        {
            manifestVersion = 1,
            id = "echoer",
            version = "1.0.0",
            displayName = "Echoer",
            description = "Echoes.",
            capabilities = new[] { "mcp:tools" },
            service = new { baseUrl = upstream.GetLeftPart(UriPartial.Authority), auth = new { type = "none" } },
            routes = new[] { new { name = "echo", method = "POST", path = "/echo", arguments = "body" } },
            mcpTools = new[] { new { name = "echo_it", description = "Echoes.", route = "echo", inputSchema = schema, destructive = false, readOnly = true } },
        });
        await api.Post("/api/integrations/plugins/echoer/enable", new { });
        return await api.Granted("echoer");
    }

    private static async Task<Uri> Mcp(Api api, Uri mcp)
    {
        await api.Post("/api/integrations/mcp", new { slug = "relay", transport = "http", url = new Uri(mcp, "/mcp").ToString() });
        return await api.Granted("relay");
    }

    private static string Body(string tool, string arguments)
        => $$$"""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"{{{tool}}}","arguments":{{{arguments}}}}}""";
}
