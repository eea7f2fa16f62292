using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Client;
using Toolgate.EventStore;
using Toolgate.TestSupport;

namespace Toolgate.Sessions.Tests;

/// <summary>The whole of Toolgate between the official client and a real HTTP API.</summary>
public sealed class HostTests : IAsyncLifetime
{
    private const string Document = """
        {"openapi":"3.0.3","info":{"title":"Things","version":"1"},"paths":{
          "/things/{id}":{"get":{"tags":["things"],"operationId":"get","parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],"responses":{"200":{"description":"ok"}}}},
          "/things":{"post":{"tags":["things"],"operationId":"create","requestBody":{"required":true,"content":{"application/json":{"schema":{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}}}},"responses":{"201":{"description":"made"}}},
                     "delete":{"tags":["things"],"operationId":"clear","responses":{"204":{"description":"gone"}}}}}}
        """;

    private WebApplication upstream = null!;
    private ToolgateServer server = null!;
    private string? traceParent;
    private TaskCompletionSource? arrived;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        upstream = builder.Build();
        upstream.MapGet("/things/{id}", (string id, HttpRequest request) =>
        {
            traceParent = request.Headers["traceparent"];
            return Results.Json(new { id, found = true });
        });
        upstream.MapPost("/things", async (JsonObject body, CancellationToken cancellationToken) =>
        {
            if (arrived is { } waiting)
            {
                waiting.SetResult();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return Results.Json(new { made = body["name"]!.GetValue<string>() }, statusCode: 201);
        });
        await upstream.StartAsync();

        server = await ToolgateServer.Start(new Dictionary<string, string> { ["Toolgate:Egress:AllowPrivateNetworks"] = "true" });
        await server.Api.Post("/api/integrations/openapi", new { slug = "things", spec = new { document = Document }, baseUrl = upstream.Urls.First() });
        await server.Api.Post("/api/connections", new { owner = "org", integration = "things", name = "main", template = "none", values = new { } });
        var toolkit = await server.Api.Post("/api/toolkits", new { owner = "org", name = "Ops" });
        await server.Api.Post($"/api/toolkits/{toolkit["id"]}/connections", new { pattern = "things.org.main.*" });
        await server.Api.Post($"/api/toolkits/{toolkit["id"]}/policies", new { pattern = "things.org.main.things.create", action = "approve" });
    }

    public async Task DisposeAsync()
    {
        await server.DisposeAsync();
        await upstream.DisposeAsync();
    }

    [Theory]
    [InlineData("2025-11-25")]
    [InlineData("2026-07-28")]
    public async Task the_official_client_lists_calls_and_is_refused_as_the_toolkit_says(string version)
    {
        await using var client = await Connect(version);
        (await client.ListToolsAsync()).Select(tool => tool.Name).ShouldBe(
            ["things_org_main_things_clear", "things_org_main_things_create", "things_org_main_things_get", "resume_approval"]);

        var read = await client.CallToolAsync("things_org_main_things_get", new Dictionary<string, object?> { ["id"] = "t 1" });
        read.StructuredContent!.Value.GetProperty("id").GetString().ShouldBe("t 1");
        var made = await client.CallToolAsync("things_org_main_things_create", new Dictionary<string, object?> { ["body"] = new { name = "new" } });
        made.StructuredContent!.Value.GetProperty("made").GetString().ShouldBe("new");
        var asked = await client.CallToolAsync("things_org_main_things_clear");
        asked.IsError.ShouldBe(true);
        asked.StructuredContent!.Value.GetProperty("error").GetProperty("code").GetString().ShouldBe("approval_required");
        var invalid = await client.CallToolAsync("things_org_main_things_create", new Dictionary<string, object?> { ["body"] = new { name = 7 } });
        invalid.StructuredContent!.Value.GetProperty("error").GetProperty("details").GetProperty("faults")[0].GetProperty("pointer").GetString().ShouldBe("/body/name");
    }

    [Fact]
    public async Task a_policy_holds_at_once_in_an_open_session_and_the_session_survives_a_restart()
    {
        var toolkit = (await server.Api.Get("/api/toolkits"))["items"]![0]!["id"]!.GetValue<string>();
        using var http = new HttpClient { BaseAddress = server.BaseAddress };
        var opened = await http.SendAsync(Mcp.Post(Mcp.Initialize(), "/mcp/toolkits/ops", server.OwnerKey));
        var session = opened.Headers.GetValues("Mcp-Session-Id").Single();
        (await Text(http, session, Mcp.Call("things_org_main_things_get", """{"id":"1"}"""))).ShouldContain("\"isError\":false");

        await server.Api.Post($"/api/toolkits/{toolkit}/policies", new { pattern = "things.org.main.things.get", action = "block" });
        (await Text(http, session, Mcp.Call("things_org_main_things_get", """{"id":"1"}"""))).ShouldContain("Unknown tool: things_org_main_things_get");
        (await Text(http, session, Mcp.Plain("tools/list"))).ShouldNotContain("things_org_main_things_get");

        await server.Restart();
        using var again = new HttpClient { BaseAddress = server.BaseAddress };
        (await Text(again, session, Mcp.Plain("tools/list"))).ShouldContain("things_org_main_things_create");
        (await Text(again, session, Mcp.Call("things_org_main_things_create", """{"body":{"name":"x"}}"""))).ShouldContain("\"made\":\"x\"");

        await server.Api.Delete($"/api/toolkits/{toolkit}");
        (await Text(again, session, Mcp.Plain("tools/list"))).ShouldContain("Toolkit not found");
    }

    [Fact]
    public async Task the_trace_that_a_client_names_reaches_the_upstream_and_the_log()
    {
        const string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        using var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        using var http = new HttpClient { BaseAddress = server.BaseAddress };
        var body = Mcp.ModernCall("things_org_main_things_get", """{"id":"1"}""")
            .Replace("\"_meta\":{", $"\"_meta\":{{\"traceparent\":\"00-{trace}-00f067aa0ba902b7-01\",", StringComparison.Ordinal);
        using var answer = await http.SendAsync(Mcp.ModernPost(body, "/mcp/toolkits/ops", server.OwnerKey));
        (await answer.Content.ReadAsStringAsync()).ShouldContain("\"isError\":false");
        traceParent!.ShouldContain(trace);

        var log = server.Services.GetRequiredService<IEventStore>();
        await server.Services.GetRequiredService<CallRecorder>().StopAsync(CancellationToken.None);
        var correlations = new List<string?>();
        await foreach (var e in log.ReadAll(0, new EventFilter { Types = ["tool_call_completed"] }))
        {
            correlations.Add(e.Metadata.CorrelationId);
        }

        correlations.ShouldBe([trace]);
    }

    [Fact]
    public async Task a_key_of_too_small_a_scope_lists_nothing_and_calls_nothing()
    {
        var key = await server.Api.Post("/api/account/api-keys", new { name = "reader", scopes = new[] { "manage" } });
        using var api = server.Api.As(key["key"]?.GetValue<string>() ?? key["value"]?.GetValue<string>());
        await api.Send(HttpMethod.Post, "/api/tools/things.org.main.things.get/call", new { arguments = new { id = "1" } }, expect: 403);
        await server.Api.Send(HttpMethod.Post, "/api/tools/things.org.main.things.get/call", new { arguments = new { id = "1" } }, expect: 200);
        await server.Api.Anonymous().Send(HttpMethod.Get, "/api/sessions", expect: 401);
    }

    [Fact]
    public async Task a_host_that_is_killed_between_effect_and_outcome_leaves_one_outcome_and_its_sessions()
    {
        await server.Stop();
        var (killed, address) = await Process();
        string session;
        using (killed)
        using (var http = new HttpClient { BaseAddress = address })
        {
            using var opened = await http.SendAsync(Mcp.Post(Mcp.Initialize(), "/mcp/toolkits/ops", server.OwnerKey));
            session = opened.Headers.GetValues("Mcp-Session-Id").Single();
            arrived = new TaskCompletionSource();
            var call = Text(http, session, Mcp.Call("things_org_main_things_create", """{"body":{"name":"y"}}"""));
            await arrived.Task;
            killed.Kill();
            await killed.WaitForExitAsync();
            await Should.ThrowAsync<HttpRequestException>(() => call);
        }

        arrived = null;
        (await Count("tool_call_attempted")).ShouldBe(1);
        var (restarted, newAddress) = await Process("--Toolgate:Sessions:Lease=00:00:02");
        using (restarted)
        using (var http = new HttpClient { BaseAddress = newAddress })
        {
            (await Text(http, session, Mcp.Plain("tools/list"))).ShouldContain("things_org_main_things_create");
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(40));
            while (await Count("tool_call_interrupted") == 0)
            {
                await Task.Delay(100, patience.Token);
            }

            restarted.Kill();
            await restarted.WaitForExitAsync();
        }

        // Every attempt has exactly one outcome, and nothing runs.
        (await server.Database.Scalar<long>(
            """
            select count(*) from events.mt_events a where a.type = 'tool_call_attempted' and 1 <> (
                select count(*) from events.mt_events o where o.stream_id = a.stream_id
                    and o.type in ('tool_call_completed', 'tool_call_failed', 'tool_call_interrupted'))
            """)).ShouldBe(0);
        (await Count("tool_call_interrupted")).ShouldBe(1);
        (await server.Database.Scalar<long>("select count(*) from toolgate.running_calls")).ShouldBe(0);
    }

    private Task<long> Count(string type) => server.Database.Scalar<long>($"select count(*) from events.mt_events where type = '{type}'");

    /// <summary>The built host as its own process, on the server's database and data folder.</summary>
    private async Task<(Process Process, Uri Address)> Process(params string[] arguments)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "Toolgate.Host.dll"), "--urls=http://127.0.0.1:0", "--Toolgate:Egress:AllowPrivateNetworks=true",
                "--ConnectionStrings:Toolgate=" + server.Database.ConnectionString, "--Toolgate:DataDirectory=" + server.DataFolder,
                "--Toolgate:BootstrapKey=" + server.OwnerKey, .. arguments,
            ])
        { RedirectStandardOutput = true };
        var process = System.Diagnostics.Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.IndexOf("serves on http://", StringComparison.Ordinal) is >= 0 and var at)
            {
                var rest = line[(at + "serves on ".Length)..];
                return (process, new Uri(rest.Split(' ')[0].TrimEnd('.')));
            }
        }

        throw new InvalidOperationException("The host does not serve.");
    }

    private async Task<string> Text(HttpClient http, string session, string body)
    {
        using var answer = await http.SendAsync(Mcp.Post(body, "/mcp/toolkits/ops", server.OwnerKey, session));
        return await answer.Content.ReadAsStringAsync();
    }

    private Task<McpClient> Connect(string version) => McpClient.CreateAsync(
        new HttpClientTransport(new HttpClientTransportOptions
        {
            Endpoint = new Uri(server.BaseAddress, "/mcp/toolkits/ops"),
            TransportMode = HttpTransportMode.StreamableHttp,
            AdditionalHeaders = new Dictionary<string, string> { ["Authorization"] = "Bearer " + server.OwnerKey },
        }),
        new McpClientOptions { ProtocolVersion = version });
}
