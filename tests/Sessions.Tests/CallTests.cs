using Microsoft.Extensions.DependencyInjection;
using Toolgate.Connections;
using Toolgate.TestSupport;

namespace Toolgate.Sessions.Tests;

/// <summary>The way of a call: what is refused, what is sent, what comes back, and what the log says of it.</summary>
public sealed partial class CallTests : IAsyncLifetime
{
    private readonly World world = new();
    private TestDatabase database = null!;
    private Gateway gateway = null!;

    public async Task InitializeAsync()
    {
        database = await TestDatabase.Create();
        gateway = await Gateway.Start(database, world);
    }

    public async Task DisposeAsync()
    {
        await gateway.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task a_changing_call_is_in_the_log_before_its_effect_and_has_one_outcome_after_it()
    {
        var before = new List<object>();
        world.Upstream = async (tool, arguments, cancellationToken) =>
        {
            before.AddRange(await Calls());
            return await Tools.Echo(tool, arguments, cancellationToken);
        };
        var session = await gateway.Open("/mcp/toolkits/a");
        var answer = await gateway.Ask(Mcp.Post(Mcp.Call(Tools.Write.Name, """{"private": 1}"""), "/mcp/toolkits/a", session: session));
        answer.Body.ShouldBe("""{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"done"}],"structuredContent":{"private": 1},"isError":false}}""");

        var attempted = before.ShouldHaveSingleItem().ShouldBeOfType<ToolCallAttempted>();
        attempted.PrincipalId.ShouldBe("usr_alice");
        attempted.CredentialId.ShouldBe("key_alice");
        attempted.SessionId.ShouldBe(SessionIds.PublicOf(session));
        attempted.ToolkitId.ShouldBe("tk_a");
        attempted.Address.ShouldBe("demo.org.main.things.write");
        (attempted.Action, attempted.Source, attempted.ViewPosition).ShouldBe(("approve", "default", 1L));
        attempted.Era.ShouldBe("2025-11-25");
        attempted.BytesIn.ShouldBe(14);
        attempted.ArgumentsDigest.Length.ShouldBe(64);

        var calls = await Drained();
        calls.Count.ShouldBe(2);
        var completed = calls[1].ShouldBeOfType<ToolCallCompleted>();
        (completed.CallId, completed.Outcome, completed.UpstreamStatus).ShouldBe((attempted.CallId, "ok", 200));
        completed.DurationMs.ShouldBeGreaterThan(0);
        (await database.Scalar<long>("select count(*) from toolgate.running_calls")).ShouldBe(0);
        (await database.Scalar<long>("select count(*) from events.mt_events where data::text like '%private%'")).ShouldBe(0);
    }

    [Fact]
    public async Task a_reading_call_is_one_event_with_its_outcome()
    {
        var session = await gateway.Open();
        (await gateway.Ask(Mcp.Post(Mcp.Call(Tools.Read.Name, null), session: session))).Result.GetProperty("structuredContent").GetRawText().ShouldBe("{}");
        (await gateway.Ask(Mcp.Post(Mcp.Call(Tools.Read.Name, "null"), session: session))).Status.ShouldBe(200);
        var calls = await Drained();
        calls.Count.ShouldBe(2);
        calls.ShouldAllBe(e => e is ToolCallCompleted);
        calls.Cast<ToolCallCompleted>().Select(e => e.ArgumentsDigest).Distinct().Count().ShouldBe(1, "equal arguments have equal digests");
    }

    [Fact]
    public async Task what_is_not_there_for_the_caller_is_unknown_in_the_same_bytes()
    {
        // Blocked or not granted tools are not in the view; a name that nobody ever had is not either.
        world.Show("a", "usr_alice", Tools.Read);
        var session = await gateway.Open("/mcp/toolkits/a");
        var blocked = await gateway.Ask(Mcp.Post(Mcp.Call(Tools.Write.Name), "/mcp/toolkits/a", session: session));
        var made = await gateway.Ask(Mcp.Post(Mcp.Call("demo_org_main_never_made"), "/mcp/toolkits/a", session: session));
        var asked = await gateway.Ask(Mcp.Post(Mcp.Call(Tools.Asked.Name, "[]"), "/mcp/toolkits/a", session: session));
        blocked.ShouldBeError(200, -32602, "Unknown tool: " + Tools.Write.Name);
        made.Body.ShouldBe(blocked.Body.Replace(Tools.Write.Name, "demo_org_main_never_made", StringComparison.Ordinal));
        asked.Body.ShouldBe(blocked.Body.Replace(Tools.Write.Name, Tools.Asked.Name, StringComparison.Ordinal));
        Names(blocked).ShouldBe(Names(made));

        var modern = await gateway.Ask(Mcp.ModernPost(Mcp.ModernCall(Tools.Routed.Name, """{"region":"eu"}"""), "/mcp/toolkits/a"));
        var never = await gateway.Ask(Mcp.ModernPost(Mcp.ModernCall("never"), "/mcp/toolkits/a"));
        never.Body.ShouldBe(modern.Body.Replace(Tools.Routed.Name, "never", StringComparison.Ordinal));

        var over = await gateway.Ask(Call("demo.org.main.things.write", """{"toolkit":"a"}"""));
        var rest = await gateway.Ask(Call("demo.org.main.never", """{"toolkit":"a"}"""));
        over.Status.ShouldBe(404);
        Stable(over.Body).ShouldBe(Stable(rest.Body));
        over.Json.GetProperty("type").GetString().ShouldBe("urn:toolgate:problem:tool-not-found");
        (await Drained()).Cast<ToolCallDenied>().ShouldAllBe(e => e.Outcome == "unknown_tool" && e.Address == null && e.Action == "block" && e.Source == "unknown");
        world.UpstreamCalls.ShouldBe(0);

        static string Names(Answer answer) => string.Join(' ', answer.Headers.Keys.Where(k => k != "Date" && k != "Content-Length").Order(StringComparer.Ordinal));
        static string Stable(string problem) => System.Text.RegularExpressions.Regex.Replace(problem, "\"traceId\":\"[^\"]+\"", "");
    }

    [Fact]
    public async Task a_name_of_suspicious_length_is_recorded_as_its_digest()
    {
        var session = await gateway.Open();
        (await gateway.Ask(Mcp.Post(Mcp.Call(new string('x', 100_000)), session: session))).Error.GetProperty("message").GetString()!.Length.ShouldBe("Unknown tool: ".Length + 256);
        (await Drained()).ShouldHaveSingleItem().ShouldBeOfType<ToolCallDenied>().ToolName!.ShouldStartWith("sha256:");
    }

    [Theory]
    [InlineData("a\\u0000")]
    [InlineData("a\\nb")]
    public async Task a_name_with_control_characters_is_recorded_as_its_digest(string name)
    {
        var session = await gateway.Open();
        (await gateway.Ask(Mcp.Post(Mcp.Call(name), session: session))).ShouldBeError(200, -32602);
        (await gateway.Ask(Mcp.Post(Mcp.Call("neighbour"), session: session))).ShouldBeError(200, -32602);
        (await Drained()).Cast<ToolCallDenied>().Select(e => e.ToolName!.Split(':')[0]).Order(StringComparer.Ordinal).ShouldBe(["neighbour", "sha256"]);
    }

    [Fact]
    public async Task a_check_that_breaks_its_contract_still_leaves_a_record()
    {
        world.Schema = (_, _) => throw new InvalidOperationException("host path /secret");
        var session = await gateway.Open();
        var answer = await gateway.Ask(Mcp.Post(Mcp.Call(Tools.Write.Name), session: session));
        answer.Result.GetProperty("structuredContent").GetProperty("error").GetProperty("code").GetString().ShouldBe("upstream_unavailable");
        answer.Body.ShouldNotContain("/secret");
        (await Drained()).ShouldHaveSingleItem().ShouldBeOfType<ToolCallFailed>().Address.ShouldBe("demo.org.main.things.write");
    }

    [Fact]
    public async Task a_scope_that_is_too_small_is_on_record_for_calls_and_for_nothing_else()
    {
        world.Show("a", "usr_reader", Tools.Write);
        foreach (var request in new[] { Mcp.Post(Mcp.Initialize(), "/mcp/toolkits/a", "reader-key"), Mcp.ModernPost(Mcp.Modern("tools/list"), "/mcp/toolkits/a", "reader-key"), Mcp.ModernPost(Mcp.ModernCall(Tools.Write.Name), "/mcp/toolkits/a", "reader-key") })
        {
            (await gateway.Ask(request)).ShouldBeError(403, -32003);
        }

        var denied = (await Drained()).ShouldHaveSingleItem().ShouldBeOfType<ToolCallDenied>();
        (denied.Outcome, denied.Toolkit, denied.ToolkitId, denied.ToolName, denied.Era).ShouldBe(("insufficient_scope", "a", "tk_a", Tools.Write.Name, "2026-07-28"));
    }

    [Theory]
    [InlineData("[]", "")]
    [InlineData("\"x\"", "")]
    [InlineData("1", "")]
    [InlineData("""{"a":1,"a":2}""", "/a")]
    [InlineData("""{"a":1,"\u0061":2}""", "/a")]
    [InlineData("""{"x":[{"k":{}},{"p/q":1,"p/q":1}]}""", "/x/1/p~1q")]
    [InlineData("""{"a":{"\ud800":1}}""", "")]
    public async Task arguments_that_two_readers_could_read_differently_are_refused(string arguments, string pointer)
    {
        var session = await gateway.Open();
        var answer = await gateway.Ask(Mcp.Post(Mcp.Call(Tools.Write.Name, arguments), session: session));
        answer.Result.GetProperty("isError").GetBoolean().ShouldBeTrue();
        answer.Result.GetProperty("content")[0].GetProperty("text").GetString()!.ShouldStartWith("[invalid_arguments] ");
        var error = answer.Result.GetProperty("structuredContent").GetProperty("error");
        error.GetProperty("code").GetString().ShouldBe("invalid_arguments");
        error.GetProperty("retryable").GetBoolean().ShouldBeFalse();
        error.GetProperty("details").GetProperty("faults")[0].GetProperty("pointer").GetString().ShouldBe(pointer);
        world.UpstreamCalls.ShouldBe(0);
        (await Drained()).ShouldHaveSingleItem().ShouldBeOfType<ToolCallDenied>().Outcome.ShouldBe("invalid_arguments");
    }

    [Fact]
    public async Task many_members_are_compared_too()
    {
        var session = await gateway.Open();
        var many = string.Join(',', Enumerable.Range(0, 5_000).Select(i => $"\"k{i}\":{i}"));
        (await gateway.Ask(Mcp.Post(Mcp.Call(Tools.Read.Name, $"{{{many}}}"), session: session))).Result.GetProperty("isError").GetBoolean().ShouldBeFalse();
        (await gateway.Ask(Mcp.Post(Mcp.Call(Tools.Read.Name, $"{{{many},\"k7\":1}}"), session: session))).Result.GetProperty("isError").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task every_fault_that_the_schema_finds_is_told()
    {
        world.Schema = (_, _) => [new ArgumentFault("/title", "required", "title is missing."), new ArgumentFault("/n", "type", "n must be a number.")];
        var session = await gateway.Open();
        var answer = await gateway.Ask(Mcp.Post(Mcp.Call(Tools.Write.Name), session: session));
        answer.Result.GetProperty("content")[0].GetProperty("text").GetString().ShouldBe("[invalid_arguments] /title: title is missing. (and 1 more)");
        answer.Result.GetProperty("structuredContent").GetProperty("error").GetProperty("details").GetProperty("faults").GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task a_tool_that_asks_for_approval_is_not_called_and_says_what_would_be_done()
    {
        var session = await gateway.Open();
        var answer = await gateway.Ask(Mcp.Post(Mcp.Call(Tools.Asked.Name), session: session));
        answer.Result.GetProperty("structuredContent").GetProperty("error").GetProperty("code").GetString().ShouldBe("approval_required");
        answer.Result.GetProperty("content")[0].GetProperty("text").GetString()!.ShouldContain("POST /things.delete");
        world.UpstreamCalls.ShouldBe(0);
        var denied = (await Drained()).ShouldHaveSingleItem().ShouldBeOfType<ToolCallDenied>();
        (denied.Outcome, denied.Action, denied.Address).ShouldBe(("approval_required", "require_approval", "demo.org.main.things.delete"));
    }

    [Fact]
    public async Task a_failure_is_a_result_and_keeps_its_status_in_the_record()
    {
        world.Upstream = (_, _, _) => Task.FromResult<ToolOutcome>(new ToolOutcome.Failed(
            new ToolError("upstream_http_error", "The upstream answered 503.", Retryable: true, """{"status":503}"""u8.ToArray()) { UpstreamStatus = 503 }));
        var session = await gateway.Open();
        var answer = await gateway.Ask(Mcp.Post(Mcp.Call(Tools.Write.Name), session: session));
        answer.Result.GetRawText().ShouldBe(
            """{"content":[{"type":"text","text":"[upstream_http_error] The upstream answered 503."}],"structuredContent":{"error":{"code":"upstream_http_error","message":"The upstream answered 503.","retryable":true,"details":{"status":503}}},"isError":true}""");
        var failed = (await Drained())[1].ShouldBeOfType<ToolCallFailed>();
        (failed.Outcome, failed.UpstreamStatus).ShouldBe(("upstream_http_error", 503));
    }

    [Fact]
    public async Task an_invoker_that_breaks_its_contract_still_gives_one_outcome()
    {
        world.Upstream = (_, _, _) => throw new InvalidOperationException("host path /secret");
        var session = await gateway.Open();
        var answer = await gateway.Ask(Mcp.Post(Mcp.Call(Tools.Write.Name), session: session));
        answer.Result.GetProperty("isError").GetBoolean().ShouldBeTrue();
        answer.Body.ShouldNotContain("/secret");
        (await Drained()).Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("2025-11-25", true)]
    [InlineData("2025-06-18", true)]
    [InlineData("2025-03-26", false)]
    [InlineData("2024-11-05", false)]
    public async Task structured_content_goes_to_clients_that_know_it(string version, bool known)
    {
        var session = await gateway.Open(version: version);
        var answer = await gateway.Ask(Mcp.Post(Mcp.Call(Tools.Read.Name), session: session));
        answer.Result.TryGetProperty("structuredContent", out _).ShouldBe(known);
    }

    [Fact]
    public async Task structured_content_that_is_no_object_goes_to_the_stateless_era_only()
    {
        world.Upstream = (_, _, _) => Task.FromResult<ToolOutcome>(new ToolOutcome.Answered("[]"u8.ToArray(), " [1]"u8.ToArray()));
        var session = await gateway.Open();
        (await gateway.Ask(Mcp.Post(Mcp.Call(Tools.Read.Name), session: session))).Result.GetRawText().ShouldBe("""{"content":[],"isError":false}""");
        (await gateway.Ask(Mcp.ModernPost(Mcp.ModernCall(Tools.Read.Name)))).Result.GetProperty("structuredContent").GetRawText().ShouldBe("[1]");
    }

    [Fact]
    public async Task a_cancelled_call_ends_and_its_record_says_so()
    {
        var started = new TaskCompletionSource();
        world.Upstream = async (_, _, cancellationToken) =>
        {
            started.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return null!;
        };
        var session = await gateway.Open();
        var call = gateway.Ask(Mcp.Post(Mcp.Call(Tools.Write.Name, id: "\"c-1\""), session: session));
        await started.Task;
        (await gateway.Ask(Mcp.Post("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"c-2"}}""", session: session))).Status.ShouldBe(202);
        var other = await gateway.Open("/mcp", "bob-key");
        (await gateway.Ask(Mcp.Post("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"c-1"}}""", "/mcp", "bob-key", other))).Status.ShouldBe(202);
        call.IsCompleted.ShouldBeFalse();
        (await gateway.Ask(Mcp.Post("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"c-1"}}""", session: session))).Status.ShouldBe(202);
        (await call).Status.ShouldBe(202);
        (await Drained())[1].ShouldBeOfType<ToolCallFailed>().Outcome.ShouldBe("cancelled");
    }

    [Fact]
    public async Task closing_the_connection_cancels_in_the_stateless_era_and_only_there()
    {
        var started = new SemaphoreSlim(0);
        var released = new TaskCompletionSource();
        world.Upstream = async (_, arguments, cancellationToken) =>
        {
            started.Release();
            await released.Task.WaitAsync(cancellationToken);
            return await Tools.Echo(null!, arguments, cancellationToken);
        };
        using var gone = new CancellationTokenSource();
        var session = await gateway.Open();
        var modern = gateway.Http.SendAsync(Mcp.ModernPost(Mcp.ModernCall(Tools.Read.Name)), gone.Token);
        await started.WaitAsync();
        var legacy = gateway.Http.SendAsync(Mcp.Post(Mcp.Call(Tools.Read.Name), session: session), gone.Token);
        await started.WaitAsync();
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => modern);
        await Should.ThrowAsync<OperationCanceledException>(() => legacy);
        var first = await NextCall(after: 0);
        first.ShouldBeOfType<ToolCallFailed>().Outcome.ShouldBe("cancelled");
        released.SetResult();
        (await NextCall(after: 1)).ShouldBeOfType<ToolCallCompleted>().Era.ShouldBe("2025-11-25");
    }

    private static HttpRequestMessage Call(string address, string body) => Mcp.Post(body, $"/api/tools/{address}/call");

    /// <summary>Events of calls in the log.</summary>
    private async Task<List<object>> Calls()
    {
        var calls = new List<object>();
        await foreach (var e in gateway.EventLog.ReadAll(0))
        {
            if (e.StreamId.StartsWith("call-", StringComparison.Ordinal))
            {
                calls.Add(e.Data);
            }
        }

        return calls;
    }

    /// <summary>Events of calls after the queue was emptied, by stopping the server as an operator would.</summary>
    private async Task<List<object>> Drained()
    {
        await gateway.Services.GetRequiredService<CallRecorder>().StopAsync(CancellationToken.None);
        return await Calls();
    }

    /// <summary>The call event after so many others, as soon as it is there.</summary>
    private async Task<object> NextCall(int after)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var calls = await Calls();
            if (calls.Count > after)
            {
                return calls[after];
            }

            await gateway.Models.WaitFor(gateway.Models.Current.Position + 1, patience.Token).AsTask().WaitAsync(TimeSpan.FromMilliseconds(100)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            patience.Token.ThrowIfCancellationRequested();
        }
    }
}
