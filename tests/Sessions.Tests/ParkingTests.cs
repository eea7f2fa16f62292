using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.Connections;
using Toolgate.TestSupport;

namespace Toolgate.Sessions.Tests;

/// <summary>Requests of the stateless era that need something from their client: parked here, or waiting upstream, and tried again with a sealed state.</summary>
public sealed partial class ParkingTests : IAsyncLifetime
{
    private const string Everything = """{"elicitation":{"form":{},"url":{}},"sampling":{},"roots":{}}""";
    private readonly World world = new();
    private TestDatabase database = null!;
    private Gateway gateway = null!;

    public async Task InitializeAsync()
    {
        database = await TestDatabase.Create();
        gateway = await Gateway.Start(database, world, ("Sessions:MaxParked", "30"), ("Sessions:MaxParkedEach", "20"));
    }

    public async Task DisposeAsync()
    {
        await gateway.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task a_question_ends_the_first_round_and_its_answer_goes_on_with_the_same_call()
    {
        world.Talk = Asking("elicitation/create", """{"message":"Sure?","x":1.0}""");
        var first = await Call();
        first.Headers["Content-Type"].ShouldBe("application/json");
        first.Result.GetProperty("resultType").GetString().ShouldBe("input_required");
        first.Result.GetProperty("inputRequests").GetRawText().ShouldBe("""{"question-1":{"method":"elicitation/create","params":{"message":"Sure?","x":1.0}}}""");
        first.Result.GetProperty("_meta").GetProperty("io.modelcontextprotocol/serverInfo").GetProperty("name").GetString().ShouldBe("Toolgate");

        var second = await Retry(first, """{"question-1":{"action":"accept","content":{"y":2.50}},"nobody-asked":{"a":1}}""");
        second.Body.ShouldStartWith("""{"jsonrpc":"2.0","id":8,"result":{"answer":{"action":"accept","content":{"y":2.50}},"resultType":"complete",""");
        world.UpstreamCalls.ShouldBe(1);
        var calls = await Drained();
        calls.Count.ShouldBe(2, "one call has one attempt and one outcome, however many rounds it takes");
        calls[1].ShouldBeOfType<ToolCallCompleted>().Outcome.ShouldBe("ok");
    }

    [Fact]
    public async Task questions_that_are_asked_at_once_are_asked_together_and_those_left_are_asked_again()
    {
        world.Talk = async (client, _, cancellationToken) =>
        {
            var answers = await Task.WhenAll(
                client.Ask("roots/list", default, cancellationToken).AsTask(), client.Ask("sampling/createMessage", "{\"m\":1}"u8.ToArray(), cancellationToken).AsTask());
            var last = await client.Ask("elicitation/create", "{}"u8.ToArray(), cancellationToken);
            return Result(string.Concat(answers.Append(last).Select(answer => Encoding.UTF8.GetString(answer.Result.Span))));
        };
        var first = await Call();
        Keys(first).ShouldBe(["question-1", "question-2"]);
        var second = await Retry(first, """{"question-2":{"b":2}}""");
        Keys(second).ShouldBe(["question-1"]);
        var nothing = await Retry(second, "{}");
        Keys(nothing).ShouldBe(["question-1"], "no answer is no error: it is asked again");
        var third = await Retry(nothing, """{"question-1":{"a":1},"question-2":{"b":"again"}}""");
        Keys(third).ShouldBe(["question-3"]);
        (await Retry(third, """{"question-3":{"c":3}}""")).Result.GetProperty("text").GetString().ShouldBe("""{"a":1}{"b":2}{"c":3}""");
        world.UpstreamCalls.ShouldBe(1);
    }

    [Fact]
    public async Task each_round_hears_of_progress_with_its_own_token()
    {
        world.Talk = async (client, _, cancellationToken) =>
        {
            await client.Notify("notifications/progress", "{\"progress\":1}"u8.ToArray(), cancellationToken);
            await client.Ask("roots/list", default, cancellationToken);
            await client.Notify("notifications/progress", "{\"progress\":2}"u8.ToArray(), cancellationToken);
            return Result("done");
        };
        JsonElement asked;
        using (var one = await EventReader.Open(gateway, Mcp.ModernPost(Mcp.ModernCallAs(Tools.Write.Name, Everything, meta: ",\"progressToken\":\"one\""))))
        {
            (await one.NextMessage())!.ShouldContain("\"progressToken\":\"one\",\"progress\":1");
            asked = JsonDocument.Parse((await one.NextMessage())!).RootElement.GetProperty("result");
            (await one.NextMessage()).ShouldBeNull();
        }

        var members = $"\"requestState\":\"{asked.GetProperty("requestState").GetString()}\",\"inputResponses\":{{\"question-1\":{{}}}},";
        using var two = await EventReader.Open(gateway, Mcp.ModernPost(Mcp.ModernCallAs(Tools.Write.Name, Everything, members: members, meta: ",\"progressToken\":\"two\"")));
        (await two.NextMessage())!.ShouldContain("\"progressToken\":\"two\",\"progress\":2");
        (await two.NextMessage())!.ShouldContain("\"done\"");
    }

    [Fact]
    public async Task what_waits_upstream_is_passed_through_with_its_state_sealed_and_each_round_is_on_record()
    {
        var seen = new List<(string Responses, string State)>();
        world.Talk = (client, _, _) =>
        {
            client.IsStateless.ShouldBeTrue();
            seen.Add((Encoding.UTF8.GetString(client.InputResponses.Span), Encoding.UTF8.GetString(client.UpstreamState.Span)));
            return Task.FromResult<ToolOutcome>(seen.Count < 3
                ? new ToolOutcome.InputRequired(
                    seen.Count == 1 ? """{"k":{"method":"roots/list"},"l":{"method":"elicitation/create","params":{"z":1.0}}}"""u8.ToArray() : default,
                    Encoding.UTF8.GetBytes("\"secret-" + seen.Count + "\\u0021\""))
                : Result("done"));
        };
        var first = await Call(arguments: """{"a":1,"b":[2]}""");
        first.Result.GetProperty("inputRequests").GetRawText().ShouldBe("""{"k":{"method":"roots/list"},"l":{"method":"elicitation/create","params":{"z":1.0}}}""");
        first.Body.ShouldNotContain("secret");
        var second = await Retry(first, """{"k":{"roots":[]}}""", """{ "b":[2], "a":1 }""");
        second.Result.TryGetProperty("inputRequests", out _).ShouldBeFalse();
        (await Retry(second, null, """{"a":1,"b":[2]}""")).Result.GetProperty("text").GetString().ShouldBe("done");
        seen.ShouldBe([("", ""), ("""{"k":{"roots":[]}}""", "\"secret-1\\u0021\""), ("", "\"secret-2\\u0021\"")]);
        var outcomes = (await Drained()).OfType<ToolCallCompleted>().Select(e => (e.CallId, e.Outcome)).ToArray();
        outcomes.Select(o => o.Outcome).ShouldBe(["input_required", "input_required", "ok"]);
        outcomes.Select(o => o.CallId).Distinct().Count().ShouldBe(3);
    }

    [Theory]
    [InlineData("""{"sampling":{}}""", """{"k":{"method":"elicitation/create","params":{}}}""", """{"elicitation":{"form":{}}}""")]
    [InlineData("""{"elicitation":{}}""", """{"k":{"method":"elicitation/create","params":{"mode":"url"}}}""", """{"elicitation":{"url":{}}}""")]
    [InlineData("{}", """{"k":{"method":"roots/list"}}""", """{"roots":{}}""")]
    public async Task what_a_request_did_not_declare_it_is_not_asked(string capabilities, string requests, string required)
    {
        world.Talk = (_, _, _) => Task.FromResult<ToolOutcome>(new ToolOutcome.InputRequired(Encoding.UTF8.GetBytes(requests), default));
        var answer = await Call(capabilities: capabilities);
        answer.ShouldBeError(400, -32021);
        answer.Error.GetProperty("data").GetRawText().ShouldBe("{\"requiredCapabilities\":" + required + "}");
    }

    [Fact]
    public async Task an_upstream_that_asks_for_what_was_not_declared_learns_that()
    {
        world.Talk = Asking("roots/list", "");
        (await Call(capabilities: """{"sampling":{}}""")).Result.GetProperty("error").GetProperty("code").GetInt32().ShouldBe(-32601);
        var first = await Call();
        Keys(first).ShouldBe(["question-1"]);
        (await Retry(first, "{}", capabilities: """{"sampling":{}}""")).Result.GetProperty("error").GetProperty("code").GetInt32().ShouldBe(-32601);
    }

    [Fact]
    public async Task pages_that_older_revisions_tell_by_an_error_are_questions_here()
    {
        world.Talk = (client, _, _) => Task.FromResult<ToolOutcome>(client.InputResponses.IsEmpty
            ? new ToolOutcome.Rejected(-32042, "Sign in", """{"elicitations":[{"mode":"url","elicitationId":"e","url":"https://x.example","message":"m"}]}"""u8.ToArray())
            : Result("signed in"));
        var first = await Call();
        first.Result.GetProperty("inputRequests").GetRawText()
            .ShouldBe("""{"page-1":{"method":"elicitation/create","params":{"mode":"url","url":"https://x.example","message":"m"}}}""");
        (await Retry(first, """{"page-1":{"action":"accept"}}""")).Result.GetProperty("text").GetString().ShouldBe("signed in");
        (await Call(capabilities: "{}")).ShouldBeError(400, -32021);
    }

    [Fact]
    public async Task closing_the_connection_of_a_round_cancels_and_between_rounds_there_is_nothing_to_close()
    {
        var began = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        world.Talk = async (client, _, cancellationToken) =>
        {
            cancellationToken.Register(cancelled.SetResult);
            await client.Ask("roots/list", default, cancellationToken);
            began.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return Result("never");
        };
        var first = await Call();
        cancelled.Task.IsCompleted.ShouldBeFalse();
        using var gone = new CancellationTokenSource();
        var second = gateway.Http.SendAsync(Again(first, """{"question-1":{}}"""), gone.Token);
        await began.Task;
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => second);
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(20));
        (await Retry(first, """{"question-1":{}}""")).ShouldBeError(200, -32602);
    }

    [Fact]
    public async Task a_server_that_stops_cancels_what_is_parked_and_records_it()
    {
        world.Talk = Asking("roots/list", "");
        Keys(await Call()).ShouldNotBeEmpty();
        await gateway.Stop();
        var calls = await Drained();
        calls.Count.ShouldBe(2);
        calls[1].ShouldBeOfType<ToolCallFailed>().Outcome.ShouldBe("cancelled");
    }

    private static ToolOutcome.Relayed Result(string text) => new(Encoding.UTF8.GetBytes("{\"text\":" + JsonSerializer.Serialize(text) + "}"), false);

    private static Func<CallClient, Tool, CancellationToken, Task<ToolOutcome>> Asking(string method, string parameters) => async (client, _, cancellationToken) =>
    {
        var answer = await client.Ask(method, Encoding.UTF8.GetBytes(parameters), cancellationToken);
        var (name, json) = answer.Error.IsEmpty ? ("answer", answer.Result) : ("error", answer.Error);
        return new ToolOutcome.Relayed(Encoding.UTF8.GetBytes("{\"" + name + "\":" + Encoding.UTF8.GetString(json.Span) + "}"), false);
    };

    private static string[] Keys(Answer answer)
        => [.. answer.Result.GetProperty("inputRequests").EnumerateObject().Select(request => request.Name)];

    private static HttpRequestMessage Again(
        Answer first, string? responses, string arguments = "{}", string capabilities = Everything, string token = "alice-key", string path = "/mcp", string? tool = null,
        Func<string, string>? change = null)
    {
        var state = first.Result.GetProperty("requestState").GetString()!;
        var members = $"\"requestState\":\"{(change is null ? state : change(state))}\"," + (responses is null ? "" : $"\"inputResponses\":{responses},");
        return Mcp.ModernPost(Mcp.ModernCallAs(tool ?? Tools.Write.Name, capabilities, arguments, "8", members), path, token);
    }

    private Task<Answer> Call(string capabilities = Everything, string arguments = "{}", string token = "alice-key", string path = "/mcp")
        => gateway.Ask(Mcp.ModernPost(Mcp.ModernCallAs(Tools.Write.Name, capabilities, arguments), path, token));

    private Task<Answer> Retry(Answer first, string? responses, string arguments = "{}", string capabilities = Everything)
        => gateway.Ask(Again(first, responses, arguments, capabilities));

    /// <summary>Events of calls after the queue was emptied, by stopping the server as an operator would.</summary>
    private async Task<List<object>> Drained()
    {
        await gateway.Services.GetRequiredService<CallRecorder>().StopAsync(CancellationToken.None);
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
}
