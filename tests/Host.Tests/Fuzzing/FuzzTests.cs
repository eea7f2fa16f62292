using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Toolgate.TestSupport;

namespace Toolgate.Host.Tests;

/// <summary>
/// Mutated requests to the MCP endpoints and the REST API of a whole host: every one is answered below 500, none hangs, and nothing grows with their number.
/// </summary>
public sealed class FuzzTests : IAsyncLifetime
{
    /// <summary>Requests of an ordinary run; <c>TOOLGATE_FUZZ_REQUESTS</c> says another number, <c>TOOLGATE_FUZZ_SEED</c> another seed.</summary>
    private const int Requests = 100_000;

    private const int Seed = 20_260_728;
    private const int Connections = 8;
    private const int MostFailures = 12;
    private const int MaxSessions = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentBag<string> failures = [];
    private ToolgateServer server = null!;
    private string session = "";
    private string toolkit = "";

    public async Task InitializeAsync()
    {
        server = await ToolgateServer.Start(new Dictionary<string, string> { ["Toolgate:Sessions:MaxLive"] = MaxSessions.ToString(CultureInfo.InvariantCulture) });
        var made = await server.Api.Post("/api/toolkits", new { owner = "org", name = "Fuzz", slug = "fuzz" });
        toolkit = made["id"]!.GetValue<string>();
        await server.Api.Post($"/api/toolkits/{toolkit}/connections", new { pattern = "toolgate.policies.*" });
        var opened = await server.Api.Send(HttpMethod.Post, "/mcp/toolkits/fuzz", Initialize, 200, ("Accept", "application/json, text/event-stream"), ("Content-Type", "application/json"));
        session = opened.Headers["Mcp-Session-Id"];
    }

    public async Task DisposeAsync() => await server.DisposeAsync();

    [Fact]
    public async Task mutated_requests_are_answered_below_500_without_a_hang_and_without_growth()
    {
        var (requests, seed) = (Setting("TOOLGATE_FUZZ_REQUESTS", Requests), Setting("TOOLGATE_FUZZ_SEED", Seed));
        var valid = Valid();
        foreach (var request in valid)
        {
            // What is mutated gets past the parsers when it is not.
            using var connection = new FuzzConnection(server.BaseAddress);
            (await connection.Send(request.Copy().Bytes(server.BaseAddress, new Never()), false, false, default)).ShouldBeOneOf([200, 202, 409], $"{request.Method} {request.Target} {Encoding.UTF8.GetString(request.Body)}");
        }

        var statuses = new ConcurrentDictionary<int, int>();
        await Run(valid, seed, 0, requests / 5, statuses);
        var before = Memory();
        var events = await Events();
        await Run(valid, seed, requests / 5, requests, statuses);
        var grown = Memory() - before;
        var written = await Events() - events;

        failures.ShouldBeEmpty();

        // A kilobyte for each request would be a leak; caches, pools and read models may fill.
        grown.ShouldBeLessThan((24L * 1024 * 1024) + (requests * 300L), $"seed {seed}");
        written.ShouldBeLessThan(requests * 4L / 5, $"seed {seed}: a request leaves at most its record");
        (await server.Api.Get("/api/sessions?limit=1000"))["items"]!.AsArray().Count(live => live!["endedAt"] is null).ShouldBeLessThanOrEqualTo(MaxSessions);
        (await server.Api.Send(HttpMethod.Get, "/readyz", expect: 200)).Text.ShouldContain("ready");
        statuses.Keys.Count.ShouldBeGreaterThan(6, "the requests differ");
        Console.WriteLine($"{requests} requests, seed {seed}: {string.Join(", ", statuses.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} × {pair.Value}"))}; heap +{grown / 1024} KiB, {written} events");
    }

    private async Task Run(List<FuzzRequest> valid, int seed, int from, int to, ConcurrentDictionary<int, int> statuses)
    {
        var next = from - 1;
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(async _ =>
        {
            using var connection = new FuzzConnection(server.BaseAddress);
            for (var i = Interlocked.Increment(ref next); i < to; i = Interlocked.Increment(ref next))
            {
                var dice = new Dice(((long)seed << 32) + i);
                var request = valid[dice.Next(valid.Count)].Copy();
                Mutation.Apply(request, dice);
                var bytes = request.Bytes(server.BaseAddress, dice);
                var status = await Answered(connection, request, bytes, $"request {i} of seed {seed}");

                // What is no HTTP, the server itself refuses: 501 and 505 are its words for a transfer encoding and a version that there is not.
                // A damaged head may be no request at all, which is answered by closing the connection.
                if (request.IsBroken ? status >= 500 && status is not (501 or 505) : status is 0 or >= 500)
                {
                    failures.Add($"{status} for request {i} of seed {seed}:\n{Shown(bytes)}\n{Failures()}");
                    failures.Count.ShouldBeLessThan(MostFailures, string.Join("\n\n", failures));
                }

                statuses.AddOrUpdate(status, 1, (_, count) => count + 1);
            }
        }));
    }

    private static async Task<int> Answered(FuzzConnection connection, FuzzRequest request, byte[] bytes, string which)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            return await connection.Send(bytes, request.Method == "HEAD", request.IsBroken, patience.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"No answer to {which}:\n{Shown(bytes)}");
        }
    }

    private List<FuzzRequest> Valid()
    {
        (string, string) key = ("Authorization", "Bearer " + server.OwnerKey), json = ("Content-Type", "application/json"), accept = ("Accept", "application/json, text/event-stream");
        var list = new List<FuzzRequest>
        {
            Legacy(Initialize, false),
            Legacy("""{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}"""),
            Legacy("""{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"toolgate_policies_list","arguments":{"limit":1},"_meta":{"progressToken":1}}}"""),
            Legacy("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99,"reason":"no"}}"""),
            Legacy("""{"jsonrpc":"2.0","id":4,"method":"logging/setLevel","params":{"level":"info"}}"""),
            Legacy("""{"jsonrpc":"2.0","id":5,"method":"resources/read","params":{"uri":"demo://x"}}"""),
            Legacy("""{"jsonrpc":"2.0","id":6,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"a","value":"b"}}}"""),
            Modern("server/discover", null, ""),
            Modern("tools/list", null, ""),
            Modern("tools/call", "toolgate_policies_list", "\"name\":\"toolgate_policies_list\",\"arguments\":{\"limit\":2},"),
            Modern("prompts/list", null, ""),
            Rest("GET", "/api/toolkits?limit=2", ""),
            Rest("GET", "/api/tools?query=list&limit=3", ""),
            Rest("GET", $"/api/toolkits/{toolkit}/tools?includeBlocked=true", ""),
            Rest("GET", "/api/audit/events?limit=2&type=toolkit_created&order=desc", ""),
            Rest("POST", "/api/toolkits", """{"owner":"org","name":"Fuzz","slug":"fuzz"}"""),
            Rest("PATCH", "/api/toolkits/" + toolkit, """{"name":"Fuzz"}"""),
            Rest("POST", "/api/policies/resolve", $$"""{"address":"notes.org.main.read","toolkit":"{{toolkit}}"}"""),
            Rest("POST", "/api/integrations/preview", """{"spec":{"document":{"openapi":"3.1.0","info":{"title":"T","version":"1"},"servers":[{"url":"https://api.example"}],"paths":{"/a/{id}":{"get":{"operationId":"a","parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string","pattern":"^[a-z]+$"}}],"responses":{"200":{"description":"ok"}}}}}}}}"""),
            Rest("POST", "/api/integrations/preview", """{"sdl":"type Query { a(b: Int!): String } enum E { X }","endpoint":"https://api.example/graphql"}"""),
            Rest("PUT", "/api/limits/principal/usr_nobody", """{"perSecond":1.5,"burst":3,"concurrency":4,"perDay":5}"""),
            Rest("POST", $"/api/tools/toolgate.policies.list/call", $$"""{"arguments":{"limit":1},"toolkit":"{{toolkit}}"}"""),
        };
        return list;

        FuzzRequest Legacy(string body, bool isBound = true)
            => new("POST", "/mcp/toolkits/fuzz", body, [key, json, accept, .. isBound ? [("Mcp-Session-Id", session)] : Array.Empty<(string, string)>()]);

        FuzzRequest Modern(string method, string? name, string members) => new(
            "POST", "/mcp/toolkits/fuzz",
            $$"""{"jsonrpc":"2.0","id":3,"method":"{{method}}","params":{{{members}}"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{} } } }""",
            [key, json, accept, ("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", method), .. name is null ? Array.Empty<(string, string)>() : [("Mcp-Name", name)]]);

        FuzzRequest Rest(string method, string target, string body) => new(method, target, body, body.Length > 0 ? [key, json] : [key]);
    }

    private const string Initialize = """{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{}},"clientInfo":{"name":"fuzz","version":"1"}}}""";

    private Task<long> Events() => server.Database.Scalar<long>("select count(*) from events.mt_events");

    private string Failures() => string.Join('\n', server.Logs.Lines.TakeLast(3));

    private static long Memory()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }

    /// <summary>Printable, cut, so that a failure can be read.</summary>
    private static string Shown(byte[] bytes) => string.Concat(bytes.Take(3_000).Select(b => b is >= 32 and < 127 or 10 ? ((char)b).ToString() : $"\\x{b:x2}"));

    private static int Setting(string name, int fallback) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : fallback;

    /// <summary>Chooses never to damage.</summary>
    private sealed class Never() : Dice(0)
    {
        public override int Next(int below) => below - 1;
    }
}
