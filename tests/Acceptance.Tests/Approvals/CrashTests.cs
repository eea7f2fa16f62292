using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Toolgate.TestSupport;
using Xunit.Abstractions;

namespace Toolgate.Acceptance.Tests;

/// <summary>
/// kill -9 at every step between the request, the decision and the effect: never without approval, never twice, never lost. Each round brings one call to each step,
/// kills the host (SIGKILL), starts it again and has every client go on as an agent would. <c>TOOLGATE_CRASH_RUNS</c> says how many calls there are.
/// </summary>
public sealed class CrashTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Act = "acts_org_main_acts_act";
    private const string Form = """{"elicitation":{"form":{}}}""";
    private CountingApi upstream = null!;
    private ToolgateServer server = null!;

    private HttpClient Http { get; set; } = null!;

    private enum Step
    {
        Asking,
        Asked,
        Deciding,
        Decided,
        Resuming,
        Effect,
        Resumed,
        FormAsked,
        FormAnswering,
        FormEffect,
    }

    public async Task InitializeAsync()
    {
        upstream = await CountingApi.Start();
        server = await ToolgateServer.Start(new Dictionary<string, string> { ["Toolgate:Egress:AllowPrivateNetworks"] = "true" });
        Http = new HttpClient { Timeout = TimeSpan.FromSeconds(100) };
    }

    public async Task DisposeAsync()
    {
        Http.Dispose();
        await server.DisposeAsync();
        await upstream.DisposeAsync();
    }

    [Fact]
    public async Task A_host_that_is_killed_at_any_step_carries_no_call_out_unapproved_or_twice_and_loses_none()
    {
        var steps = Enum.GetValues<Step>();
        var runs = int.TryParse(Environment.GetEnvironmentVariable("TOOLGATE_CRASH_RUNS"), NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? asked : 12;
        var (agent, path) = await Prepare();
        await server.Stop();
        var ends = new List<(Step Step, string End, int Effects)>();
        var host = await HostProcess.Start(server, Quick);
        try
        {
            for (var round = 0; ends.Count < runs; round++)
            {
                Agent[] calls = [.. steps.Select(step => new Agent(this, step, $"t-{round}-{step}", host.Address, agent, path))];
                await Task.WhenAll(calls.Select(call => call.Reach()));
                await host.DisposeAsync();
                foreach (var call in calls.Where(call => !call.MayHaveBeenApproved))
                {
                    upstream.Effects(call.Token).ShouldBe(0, $"{call.Token} ran without a yes");
                }

                host = await HostProcess.Start(server, Quick);
                await Task.WhenAll(calls.Select(call => call.GoOn(host.Address)));
                foreach (var call in calls)
                {
                    var effects = upstream.Effects(call.Token);
                    ends.Add((call.At, call.End, effects));
                    effects.ShouldBeLessThanOrEqualTo(1, $"{call.Token} ran twice");
                    (call.End == "ok" ? effects : 1).ShouldBe(1, $"{call.Token} says that it ran");
                }
            }
        }
        finally
        {
            await host.DisposeAsync();
        }

        foreach (var group in ends.GroupBy(end => (end.Step, end.End, end.Effects)).OrderBy(group => group.Key))
        {
            output.WriteLine($"{group.Key.Step} → {group.Key.End}, {group.Key.Effects} effects: {group.Count()}");
        }
    }

    private static (string, string)[] Quick => [("Toolgate__Approvals__Hold", "00:00:00"), ("Toolgate__Sessions__Lease", "00:00:02")];

    private async Task<(string Token, string Path)> Prepare()
    {
        Http.BaseAddress = server.BaseAddress;
        var owner = new Rest(Http, server.OwnerKey);
        (await owner.Post("/api/integrations/openapi", new { slug = "acts", spec = new { document = upstream.Document } })).Expect(201);
        (await owner.Post("/api/connections", new { owner = "org", integration = "acts", name = "main", template = "none" })).Expect(201);
        var kit = (await owner.Post("/api/toolkits", new { owner = "org", name = "Acts", slug = "acts" })).Expect(201).Json.GetProperty("id").GetString();
        (await owner.Post($"/api/toolkits/{kit}/connections", new { pattern = "acts.*" })).Expect(201);
        var member = (await owner.Post("/api/members", new { name = "agent", role = "member" })).Expect(201).Json.GetProperty("id").GetString();
        var key = (await owner.Post("/api/account/api-keys", new { name = "agent", memberId = member, scopes = new[] { "tools:invoke" } })).Expect(201).Json;
        return (key.GetProperty("value").GetString()!, "/mcp/toolkits/acts");
    }

    /// <summary>An agent with one call, and the person who approves it, once.</summary>
    private sealed class Agent(CrashTests test, Step step, string token, Uri first, string key, string path)
    {
        private Uri address = first;
        private string? id;

        public Step At => step;

        public string Token => token;

        public string End { get; private set; } = "";

        public bool MayHaveBeenApproved { get; private set; }

        /// <summary>Goes to the step; from there on nobody waits for an answer.</summary>
        public async Task Reach()
        {
            if (step >= Step.FormAsked)
            {
                await ReachByForm();
                return;
            }

            var ask = Call("{}");
            if (step == Step.Asking)
            {
                Forget(ask);
                return;
            }

            id = IdOf((await ask)!.Value);
            if (step == Step.Asked)
            {
                return;
            }

            MayHaveBeenApproved = true;
            var decision = Approve();
            if (step == Step.Deciding)
            {
                Forget(decision);
                return;
            }

            await decision;
            var arrived = step == Step.Effect ? test.upstream.Hold(token) : Task.CompletedTask;
            if (step == Step.Decided)
            {
                return;
            }

            var resume = Resume();
            if (step == Step.Resumed)
            {
                await resume;
                return;
            }

            Forget(resume);
            await arrived.WaitAsync(TimeSpan.FromSeconds(60));
        }

        /// <summary>Goes on until it knows how its call ended.</summary>
        public async Task GoOn(Uri next)
        {
            address = next;
            await World.Eventually(async () =>
            {
                var answer = id is not null ? await Resume() : await Call(step >= Step.FormAsked ? Form : "{}");
                if (answer is not { } result)
                {
                    return false;
                }

                if (result.TryGetProperty("inputRequests", out _))
                {
                    // The person says yes once; asked again, they see that it was done, and say no.
                    var yes = !MayHaveBeenApproved;
                    MayHaveBeenApproved = true;
                    if (await Answer(result, yes) is not { } answered)
                    {
                        return false;
                    }

                    result = answered;
                }

                switch (CodeOf(result))
                {
                    case "approval_required":
                        id = IdOf(result);
                        MayHaveBeenApproved = true;
                        await Approve();
                        return false;
                    case "approval_running":
                        return false;
                    case var code:
                        End = code ?? "ok";
                        return true;
                }
            }, $"the end of {token}");
        }

        private async Task ReachByForm()
        {
            var asked = (await Call(Form))!.Value;
            if (step == Step.FormAsked)
            {
                return;
            }

            var arrived = step == Step.FormEffect ? test.upstream.Hold(token) : Task.CompletedTask;
            MayHaveBeenApproved = true;
            Forget(Answer(asked, yes: true));
            await arrived.WaitAsync(TimeSpan.FromSeconds(60));
        }

        private Task<JsonElement?> Call(string capabilities) => Send(Act, new JsonObject { ["body"] = new JsonObject { ["token"] = token } }, capabilities);

        private Task<JsonElement?> Resume() => Send(McpClients.Added, new JsonObject { ["approval_id"] = id }, "{}");

        private Task<JsonElement?> Answer(JsonElement asked, bool yes) => Send(
            Act, new JsonObject { ["body"] = new JsonObject { ["token"] = token } }, Form, asked.GetProperty("requestState").GetString(),
            new JsonObject
            {
                [asked.GetProperty("inputRequests").EnumerateObject().Single().Name] = JsonNode.Parse(yes ? """{"action":"accept","content":{"approve":true}}""" : """{"action":"decline"}"""),
            });

        /// <summary>The result; null when there is no host, or its answer was cut off, or it is an error of the protocol.</summary>
        private async Task<JsonElement?> Send(string tool, JsonObject arguments, string capabilities, string? state = null, JsonObject? responses = null)
        {
            var parameters = new JsonObject
            {
                ["name"] = tool,
                ["arguments"] = arguments,
                ["_meta"] = new JsonObject
                {
                    ["io.modelcontextprotocol/protocolVersion"] = Mcp.Modern, ["io.modelcontextprotocol/clientCapabilities"] = JsonNode.Parse(capabilities),
                },
            };
            if (state is not null)
            {
                (parameters["requestState"], parameters["inputResponses"]) = (state, responses);
            }

            try
            {
                var answer = await new Mcp(test.Http, new Uri(address, path).ToString(), key).Post(
                    Mcp.Request("tools/call", parameters), ("MCP-Protocol-Version", Mcp.Modern), ("Mcp-Method", "tools/call"), ("Mcp-Name", tool));
                return answer.Json.TryGetProperty("result", out var result) ? result : null;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                return null;
            }
        }

        private async Task Approve()
        {
            try
            {
                await new Rest(test.Http, test.server.OwnerKey).Post(new Uri(address, $"/api/approvals/{id}/decision").ToString(), new { decision = "approve" });
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                // The host died; whether it was decided shows afterwards.
            }
        }

        private static void Forget(Task task) => _ = task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        private static string? CodeOf(JsonElement result)
            => result.TryGetProperty("structuredContent", out var structured) && structured.TryGetProperty("error", out var error) ? error.GetProperty("code").GetString() : null;

        private static string IdOf(JsonElement result)
            => result.GetProperty("structuredContent").GetProperty("error").GetProperty("details").GetProperty("approvalId").GetString()!;
    }
}
