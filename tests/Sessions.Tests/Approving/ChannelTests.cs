using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.Connections;
using Toolgate.Policies;

namespace Toolgate.Sessions.Tests;

/// <summary>How a call waits: by a form, by a page, held; in both eras.</summary>
public sealed class ChannelTests : ApprovalCase
{
    private const string Form = """{"elicitation":{}}""";
    private const string Page = """{"elicitation":{"url":{}}}""";

    private protected override (string Key, string Value)[] Settings
        => [("Approvals:Hold", "00:00:20"), ("Approvals:Rounds", "2"), ("Approvals:Round", "00:00:00.2"), ("PublicUrl", "https://gate.example"), ("Sessions:KeepAlive", "00:00:00.2")];

    [Fact]
    public async Task a_client_without_elicitation_is_held_and_told_that_it_waits()
    {
        var session = await Gateway.OpenAs("{}");
        using var stream = await EventReader.Open(Gateway, Mcp.Post(Mcp.Watched(Asked, "\"p\""), session: session));
        var progress = JsonDocument.Parse((await stream.NextMessage())!).RootElement.GetProperty("params");
        (progress.GetProperty("progressToken").GetString(), progress.GetProperty("message").GetString()).ShouldBe(("p", "Waiting for a person's approval."));
        await Approve(await Pending());
        string? last = null;
        while (await stream.NextMessage() is { } message)
        {
            last = message;
        }

        JsonDocument.Parse(last!).RootElement.GetProperty("result").GetProperty("isError").GetBoolean().ShouldBeFalse(last);
        World.UpstreamCalls.ShouldBe(1);
    }

    [Fact]
    public async Task a_call_that_is_held_in_the_stateless_era_goes_on_at_once_or_is_refused_at_once()
    {
        var call = Call();
        await Approve(await Pending());
        Code(await call).ShouldBeNull();
        call = Call();
        await Decide(await Pending(), "decline");
        Code(await call).ShouldBe("approval_declined");
        World.UpstreamCalls.ShouldBe(1);
    }

    [Theory]
    [InlineData("""{"action":"accept","content":{"approve":true}}""", null, "approved")]
    [InlineData("""{"action":"accept","content":{"approve":false}}""", "approval_declined", "declined")]
    [InlineData("""{"action":"accept","content":{"approve":"true"}}""", "approval_declined", "declined")]
    [InlineData("""{"action":"accept"}""", "approval_declined", "declined")]
    [InlineData("""{"action":"decline"}""", "approval_declined", "declined")]
    [InlineData("""{"action":"cancel"}""", "approval_cancelled", "cancelled")]
    public async Task in_a_session_the_form_comes_on_the_calls_own_stream(string answer, string? code, string outcome)
    {
        var session = await Gateway.OpenAs(Form);
        using var stream = await EventReader.Open(Gateway, Mcp.Post(Mcp.Call(Asked, """{"a":"<b>x</b>\u202e"}"""), session: session));
        var question = JsonDocument.Parse((await stream.NextMessage())!).RootElement;
        question.GetProperty("method").GetString().ShouldBe("elicitation/create");
        var asked = question.GetProperty("params");
        asked.GetProperty("message").GetString()!.ShouldContain("""Arguments: {"a":"<b>x</b>"}""");
        asked.GetProperty("message").GetString()!.ShouldContain("Some of the arguments are not shown here.");
        asked.GetProperty("requestedSchema").GetProperty("required")[0].GetString().ShouldBe("approve");
        (await Gateway.Ask(Mcp.Post(Mcp.Response(question.GetProperty("id").GetRawText(), answer), session: session))).Status.ShouldBe(202);
        var result = JsonDocument.Parse((await stream.NextMessage())!).RootElement.GetProperty("result");
        (result.GetProperty("structuredContent").TryGetProperty("error", out var error) ? error.GetProperty("code").GetString() : null).ShouldBe(code);
        World.UpstreamCalls.ShouldBe(code is null ? 1 : 0);
        var decided = (await Story(Last())).OfType<ApprovalDecided>().ShouldHaveSingleItem();
        (decided.Outcome, decided.Channel, decided.DecidedBy).ShouldBe((outcome, "form", "usr_alice"));
    }

    [Fact]
    public async Task in_the_stateless_era_the_form_is_an_input_that_is_required()
    {
        var first = await Call("""{"n":1}""", capabilities: Form);
        first.Result.GetProperty("resultType").GetString().ShouldBe("input_required");
        var second = await Again(first, """{"action":"accept","content":{"approve":true}}""", """{"n":1}""", Form);
        Structured(second).GetRawText().ShouldBe("""{"n":1}""");
        World.UpstreamCalls.ShouldBe(1);

        var other = await Call("""{"n":2}""", capabilities: Form);
        (await Again(other, """{"action":"accept","content":{"approve":true}}""", """{"n":3}""", Form)).ShouldBeError(200, -32602);
        World.UpstreamCalls.ShouldBe(1);
    }

    [Fact]
    public async Task a_rule_that_wants_the_console_shows_no_form_and_takes_none()
    {
        World.Show("", "usr_alice", Tools.Asked with { Decision = new AccessDecision(PolicyAction.RequireApproval, DecisionSource.Toolkit, "tkpol_1", "*", Approver.Console) });
        var call = Call(capabilities: Form);
        await Approve(await Pending());
        Code(await call).ShouldBeNull();
        (await Story(Last())).OfType<ApprovalDecided>().ShouldHaveSingleItem().Channel.ShouldBe("rest");
    }

    [Fact]
    public async Task a_form_is_withdrawn_when_somebody_decides_elsewhere()
    {
        var session = await Gateway.OpenAs(Form);
        using var stream = await EventReader.Open(Gateway, Mcp.Post(Mcp.Call(Asked), session: session));
        var question = JsonDocument.Parse((await stream.NextMessage())!).RootElement;
        await Approve(await Pending());
        JsonDocument.Parse((await stream.NextMessage())!).RootElement.GetProperty("method").GetString().ShouldBe("notifications/cancelled");
        JsonDocument.Parse((await stream.NextMessage())!).RootElement.GetProperty("result").GetProperty("isError").GetBoolean().ShouldBeFalse();
        (await Gateway.Ask(Mcp.Post(Mcp.Response(question.GetProperty("id").GetRawText(), """{"action":"decline"}"""), session: session))).Status.ShouldBe(202);
        World.UpstreamCalls.ShouldBe(1);
        (await Story(Last())).OfType<ApprovalDecided>().ShouldHaveSingleItem().Channel.ShouldBe("rest");
    }

    [Fact]
    public async Task in_the_stateless_era_a_page_is_asked_for_as_often_as_rounds_allow()
    {
        var first = await Call(capabilities: Page);
        var asked = first.Result.GetProperty("inputRequests").EnumerateObject().Single().Value.GetProperty("params");
        asked.GetProperty("mode").GetString().ShouldBe("url");
        asked.GetProperty("url").GetString().ShouldBe("https://gate.example/approvals/" + await Pending());
        asked.TryGetProperty("elicitationId", out _).ShouldBeFalse();
        var second = await Again(first, """{"action":"accept"}""", "{}", Page);
        second.Result.GetProperty("resultType").GetString().ShouldBe("input_required");
        await Approve(await Pending());
        Code(await Again(second, """{"action":"accept"}""", "{}", Page)).ShouldBeNull();
        World.UpstreamCalls.ShouldBe(1);
    }

    [Fact]
    public async Task in_a_session_a_page_is_asked_for_once_and_its_end_is_told()
    {
        var session = await Gateway.OpenAs(Page);
        using var stream = await EventReader.Open(Gateway, Mcp.Post(Mcp.Call(Asked), session: session));
        var question = JsonDocument.Parse((await stream.NextMessage())!).RootElement;
        var id = question.GetProperty("params").GetProperty("elicitationId").GetString()!;
        await Approve(id);
        while (await stream.NextMessage() is { } message)
        {
            if (JsonDocument.Parse(message).RootElement.TryGetProperty("result", out var result))
            {
                result.GetProperty("isError").GetBoolean().ShouldBeFalse(message);
            }
        }

        World.UpstreamCalls.ShouldBe(1);
    }

    [Fact]
    public async Task who_does_not_open_the_page_has_said_no()
    {
        var first = await Call(capabilities: Page);
        Code(await Again(first, """{"action":"decline"}""", "{}", Page)).ShouldBe("approval_declined");
        (await Story(Last())).OfType<ApprovalDecided>().ShouldHaveSingleItem().Channel.ShouldBe("url");
    }

    [Fact]
    public async Task a_caller_that_left_while_the_call_ran_finds_its_outcome_by_an_equal_call()
    {
        var (began, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        World.Upstream = async (_, _, cancellationToken) =>
        {
            began.SetResult();
            await go.Task.WaitAsync(cancellationToken);
            return await Done("{}");
        };
        using (var gone = new CancellationTokenSource())
        {
            using var request = Mcp.ModernPost(Mcp.ModernCallAs(Asked, "{}", "{}"));
            var call = Gateway.Http.SendAsync(request, gone.Token);
            await Approve(await Pending());
            await began.Task.WaitAsync(TimeSpan.FromSeconds(20));
            await gone.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(() => call);
        }

        Code(await Call()).ShouldBe("call_cancelled");
        World.UpstreamCalls.ShouldBe(1);
        World.Upstream = Tools.Echo;
        var next = Call();
        await Approve(await Pending());
        Code(await next).ShouldBeNull("it was told; this is another call, with another yes");
        World.UpstreamCalls.ShouldBe(2);
    }

    [Fact]
    public async Task a_request_that_its_upstream_goes_on_with_needs_no_second_yes()
    {
        World.Talk = (client, _, _) => Task.FromResult<ToolOutcome>(client.InputResponses.IsEmpty
            ? new ToolOutcome.InputRequired("""{"k":{"method":"elicitation/create","params":{"message":"And?"}}}"""u8.ToArray(), "\"up\""u8.ToArray())
            : new ToolOutcome.Relayed("""{"said":true}"""u8.ToArray(), false));
        var form = await Call(capabilities: Form);
        var question = await Again(form, """{"action":"accept","content":{"approve":true}}""", "{}", Form);
        question.Result.GetProperty("inputRequests").GetRawText().ShouldContain("And?");
        (await Again(question, """{"action":"accept"}""", "{}", Form)).Result.GetProperty("said").GetBoolean().ShouldBeTrue();
        World.UpstreamCalls.ShouldBe(2);
        Gateway.Services.GetRequiredService<ApprovalPulse>().Now.All.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task remembering_takes_somebody_who_may_write_the_policy()
    {
        var call = Call(path: "/mcp/toolkits/a");
        var id = await Pending();
        var refused = await Remember(id, "alice-other-key");
        (refused.Status, refused.Json.GetProperty("type").GetString()).ShouldBe((403, "urn:toolgate:problem:admin-required"));
        World.Written.ShouldBeEmpty();
        (await StatusOf(id)).ShouldBe("pending", "what is refused decides nothing");
        (await Remember(id, "admin-key")).Json.GetProperty("policyId").GetString().ShouldBe("tkpol_1");
        World.Written.ShouldHaveSingleItem().ShouldBe(("tk_a", Address, "usr_admin"));
        Code(await call).ShouldBeNull();

        call = Call();
        (await Remember(await Pending(), "alice-other-key")).Status.ShouldBe(200);
        World.Written.Last().ShouldBe(("user-usr_alice", Address, "usr_alice"));
        Code(await call).ShouldBeNull();

        call = Call("""{"z":1}""");
        (await Remember(await Pending(), "admin-key")).Status.ShouldBe(200);
        World.Written.Last().ShouldBe(("org", Address, "usr_admin"));
        Code(await call).ShouldBeNull();
    }

    private Task<Answer> Remember(string id, string token)
        => Gateway.Ask(Mcp.Post("""{"decision":"approve","remember":true}""", $"/api/approvals/{id}/decision", token));

    private Task<Answer> Again(Answer first, string response, string arguments, string capabilities)
    {
        var state = first.Result.GetProperty("requestState").GetString();
        var key = first.Result.GetProperty("inputRequests").EnumerateObject().Single().Name;
        return Gateway.Ask(Mcp.ModernPost(Mcp.ModernCallAs(
            Asked, capabilities, arguments, "8", $"\"requestState\":\"{state}\",\"inputResponses\":{{\"{key}\":{response}}},")));
    }

    /// <summary>The one that waits now, once it does.</summary>
    private async Task<string> Pending()
    {
        var pulse = Gateway.Services.GetRequiredService<ApprovalPulse>();
        while (true)
        {
            var next = pulse.Next;
            if (pulse.Now.Open.Values.FirstOrDefault(approval => approval.At(Clock.GetUtcNow()) == ApprovalStatus.Pending) is { } pending)
            {
                return pending.Id;
            }

            await next.WaitAsync(TimeSpan.FromSeconds(20));
        }
    }

    private string Last() => Gateway.Services.GetRequiredService<ApprovalPulse>().Now.All.Last().Id;
}
