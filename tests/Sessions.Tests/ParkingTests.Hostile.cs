using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.Connections;

namespace Toolgate.Sessions.Tests;

/// <summary>States that a client should not have, or not any more; and clients that only cost.</summary>
public sealed partial class ParkingTests
{
    private const string NotValid = "Invalid params: the requestState is not valid here, or no longer: send the request again without it";

    [Fact]
    public async Task a_state_that_is_not_exactly_this_requests_state_does_nothing_and_says_the_same()
    {
        var passing = false;
        world.Talk = async (client, _, cancellationToken) => passing
            ? new ToolOutcome.InputRequired("""{"k":{"method":"roots/list"}}"""u8.ToArray(), "\"s\""u8.ToArray())
            : Result((await client.Ask("roots/list", default, cancellationToken)).Result.Length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        for (var round = 0; round < 2; round++)
        {
            var first = await Call(arguments: """{"a":1}""");
            var calls = world.UpstreamCalls;
            var answers = new Dictionary<string, HttpRequestMessage>
            {
                ["changed arguments"] = Again(first, "{}", """{"a":2}"""),
                ["more arguments"] = Again(first, "{}", """{"a":1,"b":1}"""),
                ["another tool"] = Again(first, "{}", """{"a":1}""", tool: Tools.Read.Name),
                ["another principal"] = Again(first, "{}", """{"a":1}""", token: "bob-key"),
                ["another credential"] = Again(first, "{}", """{"a":1}""", token: "alice-other-key"),
                ["another resource"] = Again(first, "{}", """{"a":1}""", path: "/mcp/toolkits/a"),
                ["one bit"] = Again(first, "{}", """{"a":1}""", change: state => (state[0] == 'A' ? 'B' : 'A') + state[1..]),
                ["its end"] = Again(first, "{}", """{"a":1}""", change: state => state[..^4] + (state[^4] == 'A' ? 'B' : 'A') + state[^3..]),
                ["cut off"] = Again(first, "{}", """{"a":1}""", change: state => state[..^8]),
                ["invented"] = Again(first, "{}", """{"a":1}""", change: _ => "aGVsbG8"),
                ["nothing"] = Again(first, "{}", """{"a":1}""", change: _ => ""),
                ["no text"] = Mcp.ModernPost(Mcp.ModernCallAs(Tools.Write.Name, Everything, """{"a":1}""", "8", "\"requestState\":{\"a\":1},")),
                ["sealed for something else"] = Again(first, "{}", """{"a":1}""", change: state => world.Seal.Seal(world.Seal.Open(state, "request-state/1")!, "other")),
            };
            foreach (var (what, request) in answers)
            {
                var answer = await gateway.Ask(request);
                answer.Body.ShouldContain("\"code\":-32602", Case.Sensitive, what);
                answer.Error.GetProperty("message").GetString().ShouldBe(NotValid, what);
            }

            world.UpstreamCalls.ShouldBe(calls, "nothing was carried out");
            passing = false;
            (await Retry(first, """{"k":{},"question-1":{}}""", """{"a":1}""")).Status.ShouldBe(200, "the state is still worth its one use");
            (await Retry(first, """{"k":{},"question-1":{}}""", """{"a":1}""")).ShouldBeError(200, -32602, NotValid);
            passing = true;
        }
    }

    [Fact]
    public async Task of_two_nodes_that_are_brought_one_state_one_acts_on_it()
    {
        await using var other = await Gateway.Start(database, world);
        world.Talk = (client, _, _) => Task.FromResult<ToolOutcome>(
            client.UpstreamState.IsEmpty ? new ToolOutcome.InputRequired(default, "\"s\""u8.ToArray()) : Result("once"));
        var first = await Call();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => (i % 2 == 0 ? gateway : other).Ask(Again(first, null))));
        answers.Count(answer => answer.Body.Contains("once", StringComparison.Ordinal)).ShouldBe(1);
        answers.Count(answer => answer.Body.Contains(NotValid, StringComparison.Ordinal)).ShouldBe(7);
        world.UpstreamCalls.ShouldBe(2);
    }

    [Fact]
    public async Task what_is_parked_on_one_node_another_refuses_without_using_its_state_up()
    {
        await using var other = await Gateway.Start(database, world);
        world.Talk = Asking("roots/list", "");
        var first = await Call();
        (await other.Ask(Again(first, """{"question-1":{}}"""))).ShouldBeError(200, -32602, NotValid);
        (await Retry(first, """{"question-1":{}}""")).Result.TryGetProperty("answer", out _).ShouldBeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task what_nobody_comes_back_for_in_time_is_cancelled_and_its_state_worth_nothing(bool parks)
    {
        await using var impatient = await Gateway.Start(database, world, ("Sessions:AnswerWithin", "00:00:01"));
        var cancelled = new TaskCompletionSource();
        world.Talk = async (client, _, cancellationToken) =>
        {
            cancellationToken.Register(cancelled.SetResult);
            return parks
                ? Result((await client.Ask("roots/list", default, cancellationToken)).ToString())
                : new ToolOutcome.InputRequired(default, "\"s\""u8.ToArray());
        };
        var first = await impatient.Ask(Mcp.ModernPost(Mcp.ModernCallAs(Tools.Write.Name, Everything)));
        first.Result.GetProperty("resultType").GetString().ShouldBe("input_required");
        var expires = RequestState.Open(first.Result.GetProperty("requestState").GetString()!, world.Seal)!.ExpiresAt;
        while (TimeProvider.System.GetUtcNow() < expires)
        {
            await Task.Delay(50);
        }

        if (parks)
        {
            await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(20));
        }

        (await impatient.Ask(Again(first, "{}"))).ShouldBeError(200, -32602, NotValid);
        world.UpstreamCalls.ShouldBe(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task what_may_not_be_called_any_more_does_not_go_on(bool asksForApproval)
    {
        var cancelled = new TaskCompletionSource();
        world.Talk = async (client, _, cancellationToken) =>
        {
            cancellationToken.Register(cancelled.SetResult);
            return Result((await client.Ask("roots/list", default, cancellationToken)).ToString());
        };
        var first = await Call();
        world.Show("", "usr_alice", asksForApproval ? [Tools.Make("things.write", changes: true, Policies.PolicyAction.RequireApproval)] : [Tools.Read]);
        var second = await Retry(first, """{"question-1":{}}""", capabilities: """{"roots":{}}""");
        if (asksForApproval)
        {
            second.Body.ShouldContain("approval_required");
        }
        else
        {
            second.ShouldBeError(200, -32602, "Unknown tool: " + Tools.Write.Name);
        }

        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(20));
        world.UpstreamCalls.ShouldBe(1);
        await gateway.Stop();
        var calls = await Drained();
        calls.OfType<ToolCallFailed>().ShouldHaveSingleItem().Outcome.ShouldBe("cancelled");
        calls.OfType<ToolCallDenied>().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task ten_thousand_calls_that_nobody_comes_back_for_hold_no_more_than_the_limits_allow()
    {
        world.Talk = Asking("roots/list", "");
        var parked = gateway.Services.GetRequiredService<ParkedCalls>();
        var refused = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, 10_000), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, _) =>
        {
            var answer = await gateway.Ask(Mcp.ModernPost(Mcp.ModernCallAs(Tools.Read.Name, Everything), token: i % 2 == 0 ? "alice-key" : "bob-key"));
            answer.Status.ShouldBe(200);
            parked.Count.ShouldBeLessThanOrEqualTo(30);
            if (answer.Body.Contains("Too many requests wait for their clients' answers already.", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref refused);
            }
        });
        parked.Count.ShouldBe(30);
        refused.ShouldBe(9_970);
        (await gateway.Ask(Mcp.Post(Mcp.Plain("ping"), session: await gateway.Open()))).Status.ShouldBe(200);
        await gateway.Stop();
        var outcomes = await Drained();
        outcomes.Count.ShouldBe(10_000, "every call has its one record");
        outcomes.OfType<ToolCallFailed>().Count(e => e.Outcome == "cancelled").ShouldBe(30);
    }

    [Theory]
    [InlineData("""{"k":{"method":5}}""")]
    [InlineData("""{"k":[]}""")]
    [InlineData("""[]""")]
    [InlineData("""{"k":""")]
    public async Task what_no_client_could_answer_is_the_upstreams_fault(string requests)
    {
        world.Talk = (_, _, _) => Task.FromResult<ToolOutcome>(new ToolOutcome.InputRequired(Encoding.UTF8.GetBytes(requests), default));
        (await Call()).Body.ShouldContain("invalid_upstream_output");
        world.Talk = (_, _, _) => Task.FromResult<ToolOutcome>(new ToolOutcome.InputRequired(default, new byte[RequestState.MostUpstreamBytes + 1]));
        (await Call()).Body.ShouldContain("invalid_upstream_output");
        world.Talk = (_, _, _) => Task.FromResult<ToolOutcome>(new ToolOutcome.InputRequired(default, default));
        (await Call()).Body.ShouldContain("invalid_upstream_output");
    }
}
