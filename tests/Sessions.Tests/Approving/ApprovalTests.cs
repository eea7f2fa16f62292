using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.Policies;

namespace Toolgate.Sessions.Tests;

/// <summary>A call that needs a person's yes: who may say it, what it is for, and that it is used once.</summary>
public sealed class ApprovalTests : ApprovalCase
{
    private protected override (string Key, string Value)[] Settings => [("Approvals:MaxPendingEach", "5"), ("PublicUrl", "https://gate.example")];

    [Fact]
    public async Task a_call_waits_until_somebody_approves_it_and_then_runs_exactly_once()
    {
        var first = await Call("""{"b": 1, "a": "x"}""");
        Code(first).ShouldBe("approval_required");
        var id = IdOf(first);
        var details = Structured(first).GetProperty("error").GetProperty("details");
        details.GetProperty("url").GetString().ShouldBe($"https://gate.example/approvals/{id}");
        details.GetProperty("resumeWith").GetString().ShouldBe("resume_approval");
        first.Result.GetProperty("content")[0].GetProperty("text").GetString()!.ShouldContain(id);
        Code(await Resume(id)).ShouldBe("approval_required");
        World.UpstreamCalls.ShouldBe(0);

        await Approve(id);
        World.UpstreamCalls.ShouldBe(0, "a yes alone runs nothing");
        var done = await Resume(id);
        done.Result.GetProperty("isError").GetBoolean().ShouldBeFalse(done.Body);
        Structured(done).GetRawText().ShouldBe("""{"b": 1, "a": "x"}""", "what was shown is what is sent, byte for byte");
        World.UpstreamCalls.ShouldBe(1);

        World.Upstream = (_, _, _) => Done("""{"other":true}""");
        (await Resume(id)).Body.ShouldBe(done.Body);
        (await Resume(id)).Body.ShouldBe(done.Body);
        World.UpstreamCalls.ShouldBe(1);
        await Gateway.Services.GetRequiredService<CallRecorder>().StopAsync(CancellationToken.None);
        var story = await Story(id);
        story.Select(e => e.GetType()).ShouldBe(
            [typeof(ApprovalRequested), typeof(ApprovalDecided), typeof(ApprovalConsumed), typeof(ToolCallAttempted), typeof(ToolCallCompleted)]);
        ((ApprovalDecided)story[1]).DecidedBy.ShouldBe("usr_admin");
        ((ApprovalConsumed)story[2]).CallId.ShouldBe(((ToolCallAttempted)story[3]).CallId);
        (await StatusOf(id)).ShouldBe("consumed");
    }

    [Fact]
    public async Task an_equal_call_finds_the_same_request_and_a_changed_one_does_not()
    {
        var id = await Ask("""{"a":1,"b":[1,2]}""");
        (await Ask("""{ "b": [1, 2], "a": 1 }""")).ShouldBe(id);
        (await Ask("""{"a":1,"b":[2,1]}""")).ShouldNotBe(id);
        (await Ask("""{"a":1,"b":[1,2]}""", "alice-other-key")).ShouldNotBe(id);
        (await Ask("""{"a":1,"b":[1,2]}""", path: "/mcp/toolkits/a")).ShouldNotBe(id);

        await Approve(id);
        Code(await Call("""{"a":2,"b":[1,2]}""")).ShouldBe("approval_required");
        World.UpstreamCalls.ShouldBe(0);
        Structured(await Call("""{"a":1,"b":[1,2]}""")).GetProperty("a").GetInt32().ShouldBe(1);
        World.UpstreamCalls.ShouldBe(1);
        Code(await Call("""{"a":1,"b":[1,2]}""")).ShouldBe("approval_required", "one yes, one call");
        World.UpstreamCalls.ShouldBe(1);
    }

    [Fact]
    public async Task a_no_is_a_result_and_the_next_call_asks_anew()
    {
        var id = await Ask();
        (await Decide(id, "decline")).Status.ShouldBe(200);
        Code(await Resume(id)).ShouldBe("approval_declined");
        (await Ask()).ShouldNotBe(id);
        (await Decide(id)).Status.ShouldBe(409);
        Code(await Resume(id)).ShouldBe("approval_declined");
        World.UpstreamCalls.ShouldBe(0);
        (await Database.Scalar<long>($"select count(*) from toolgate.approval_arguments where approval_id = '{id}'")).ShouldBe(0);
    }

    [Fact]
    public async Task what_is_too_old_can_be_neither_decided_nor_used()
    {
        var (undecided, unused) = (await Ask("""{"n":1}"""), await Ask("""{"n":2}"""));
        Clock.Move(TimeSpan.FromMinutes(9));
        await Approve(unused);
        Clock.Move(TimeSpan.FromMinutes(2));
        (await Decide(undecided)).Status.ShouldBe(409);
        Code(await Resume(undecided)).ShouldBe("approval_expired");
        (await Ask("""{"n":1}""")).ShouldNotBe(undecided);
        Clock.Move(TimeSpan.FromMinutes(12));
        Code(await Resume(unused)).ShouldBe("approval_expired");
        World.UpstreamCalls.ShouldBe(0);

        await Gateway.Services.GetRequiredService<ApprovalKeeper>().Round(CancellationToken.None);
        (await Story(unused)).Last().ShouldBeOfType<ApprovalLapsed>().Outcome.ShouldBe("expired");
        (await Database.Scalar<long>("select count(*) from toolgate.approval_arguments")).ShouldBe(0);
    }

    [Fact]
    public async Task of_ten_who_decide_at_once_one_does()
    {
        var id = await Ask();
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Decide(id, i % 2 == 0 ? "approve" : "decline")));
        answers.Count(answer => answer.Status == 200).ShouldBe(1);
        answers.Count(answer => answer.Status == 409).ShouldBe(9);
        (await Story(id)).OfType<ApprovalDecided>().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task of_ten_who_use_a_yes_at_once_on_two_nodes_one_calls_and_all_get_its_answer()
    {
        await using var other = await Another();
        World.Upstream = (_, arguments, _) => Done($$"""{"call":{{World.UpstreamCalls}}}""");
        var id = await Ask("""{"x":1}""");
        await Approve(id);
        await other.Models.WaitFor(await other.EventLog.Head());
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => i % 2 == 0 ? Resume(id) : Resume(id, at: other)));
        World.UpstreamCalls.ShouldBe(1);
        answers.ShouldAllBe(answer => answer.Body.Contains("\"result\""), string.Join('\n', answers.Select(answer => answer.Body)));
        answers.Where(answer => Code(answer) != "approval_running").ShouldAllBe(answer => Structured(answer).GetRawText() == """{"call":1}""");
        (await Story(id)).OfType<ToolCallAttempted>().ShouldHaveSingleItem();
        await Gateway.Services.GetRequiredService<CallRecorder>().StopAsync(CancellationToken.None);
        await other.Services.GetRequiredService<CallRecorder>().StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task equal_calls_on_two_nodes_at_once_ask_once()
    {
        await using var other = await Another();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Call("""{"y":1}""", at: i % 2 == 0 ? Gateway : other)));
        answers.Select(IdOf).Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task who_asks_does_not_decide_and_who_does_not_see_it_does_not_either()
    {
        var id = await Ask();
        var refused = await Decide(id, token: "alice-key");
        (refused.Status, refused.Json.GetProperty("type").GetString()).ShouldBe((403, "urn:toolgate:problem:self-approval"));
        (await Decide(id, "decline", "alice-key")).Status.ShouldBe(403);
        (await Decide(id, token: "bob-key")).Status.ShouldBe(404);
        (await Show(id, "bob-key")).Status.ShouldBe(404);
        (await Show(id, "alice-key")).Json.GetProperty("canDecide").GetBoolean().ShouldBeFalse();
        (await Decide("apr_nothing")).Status.ShouldBe(404);
        (await Decide(id, "maybe")).Status.ShouldBe(422);
        (await Show(id)).Json.GetProperty("status").GetString().ShouldBe("pending");

        (await Decide(id, token: "alice-other-key")).Status.ShouldBe(200, "another credential of the same person");
        Code(await Resume(id, "alice-other-key")).ShouldBe("approval_not_found");
        Code(await Resume(id, "bob-key")).ShouldBe("approval_not_found");
        Code(await Resume(id, path: "/mcp/toolkits/a")).ShouldBe("approval_not_found");
        World.UpstreamCalls.ShouldBe(0);
    }

    [Fact]
    public async Task four_eyes_are_two_people()
    {
        Rule(Approver.Other);
        var id = await Ask();
        (await Decide(id, token: "alice-other-key")).Status.ShouldBe(403);
        await Approve(id);
        Code(await Resume(id)).ShouldBeNull();
        World.UpstreamCalls.ShouldBe(1);
    }

    [Fact]
    public async Task a_yes_that_the_rule_no_longer_takes_is_worth_nothing()
    {
        var id = await Ask();
        (await Decide(id, token: "alice-other-key")).Status.ShouldBe(200);
        Rule(Approver.Other);
        Code(await Resume(id)).ShouldBe("approval_void");
        World.UpstreamCalls.ShouldBe(0);
        (await Story(id)).Last().ShouldBeOfType<ApprovalLapsed>().Outcome.ShouldBe("void");
    }

    [Fact]
    public async Task a_tool_that_was_blocked_meanwhile_is_as_unknown_as_any_other()
    {
        var id = await Ask();
        await Approve(id);
        World.Show("", "usr_alice", Tools.Read, Tools.Make("things.other", changes: true, PolicyAction.RequireApproval));
        (await Resume(id)).ShouldBeError(200, -32602, "Unknown tool: " + Asked);
        (await Call()).ShouldBeError(200, -32602, "Unknown tool: " + Asked);
        World.UpstreamCalls.ShouldBe(0);
    }

    [Fact]
    public async Task a_tool_that_is_defined_otherwise_now_was_not_approved()
    {
        var id = await Ask();
        await Approve(id);
        var changed = Tools.Make("things.delete", changes: true, PolicyAction.RequireApproval, digest: "another");
        World.Show("", "usr_alice", changed);
        Code(await Resume(id)).ShouldBe("approval_void");
        (await Ask()).ShouldNotBe(id);
        World.UpstreamCalls.ShouldBe(0);
    }

    [Fact]
    public async Task a_request_and_a_yes_survive_the_node_they_were_given_on()
    {
        var id = await Ask("""{"q":1}""");
        await Gateway.Stop();
        await using var second = await Another();
        (await Decide(id, at: second)).Status.ShouldBe(200);
        await second.Stop();
        await using var third = await Another();
        Structured(await Resume(id, at: third)).GetRawText().ShouldBe("""{"q":1}""");
        World.UpstreamCalls.ShouldBe(1);
    }

    [Fact]
    public async Task a_principal_has_only_so_many_requests_open()
    {
        for (var i = 0; i < 5; i++)
        {
            await Ask($$"""{"i":{{i}}}""");
        }

        Code(await Call("""{"i":5}""")).ShouldBe("too_many_approvals");
        Code(await Call("""{"i":1}""")).ShouldBe("approval_required", "one that is open already is no new one");
        Code(await Call("""{"i":5}""", "bob-key")).ShouldBe("approval_required");
    }

    [Fact]
    public async Task an_unknown_id_is_an_error_of_the_tool_and_where_nothing_asks_the_tool_is_unknown()
    {
        Code(await Resume("apr_00000000000000000000000000")).ShouldBe("approval_not_found");
        Code(await Resume("x")).ShouldBe("approval_not_found");
        World.Show("b", "usr_alice", Tools.Read);
        (await Resume("apr_00000000000000000000000000", path: "/mcp/toolkits/b")).ShouldBeError(200, -32602, "Unknown tool: resume_approval");
    }

    [Fact]
    public async Task over_rest_a_call_answers_at_once_and_goes_on_when_it_is_made_again()
    {
        Task<Answer> Over() => Gateway.Ask(Mcp.Post("""{"arguments":{"r":1}}""", $"/api/tools/{Address}/call"));
        var asked = (await Over()).Json.GetProperty("structuredContent").GetProperty("error");
        asked.GetProperty("code").GetString().ShouldBe("approval_required");
        await Approve(asked.GetProperty("details").GetProperty("approvalId").GetString()!);
        (await Over()).Json.GetProperty("structuredContent").GetRawText().ShouldBe("""{"r":1}""");
        World.UpstreamCalls.ShouldBe(1);
    }

    [Fact]
    public async Task a_list_shows_everybody_their_own_and_admins_all()
    {
        var (mine, bobs) = (await Ask(), await Ask(token: "bob-key"));
        (await List("alice-key")).ShouldBe([mine]);
        (await List("admin-key")).ShouldBe([mine, bobs], ignoreOrder: true);
        await Approve(bobs);
        (await List("admin-key", "?status=approved")).ShouldBe([bobs]);
        (await List("admin-key", "?status=pending")).ShouldBe([mine]);
        (await Gateway.Ask(Mcp.Request(HttpMethod.Get, "/api/approvals?status=odd", "admin-key"))).Status.ShouldBe(422);
    }

    [Fact]
    public async Task secrets_are_in_no_event_and_shown_to_nobody_and_what_ran_is_erased()
    {
        const string canary = "canary-0d9f71c2";
        World.Show("", "usr_alice", Tools.Make("things.delete", changes: true, PolicyAction.RequireApproval, """
            {"type":"object","properties":{"plain":{"type":"string"},"hush":{"type":"string","writeOnly":true},"word":{"type":"string","format":"password"},
            "deep":{"$ref":"#/$defs/deep"}},"$defs":{"deep":{"anyOf":[{"type":"object","properties":{"x":{"writeOnly":true}}}]}}}
            """));
        var id = await Ask($$$"""{"plain":"seen","hush":"{{{canary}}}","word":"{{{canary}}}","deep":{"x":"{{{canary}}}","y":1},"list":[{"apiKey":"{{{canary}}}"}],"Authorization":"{{{canary}}}"}""");
        var shown = await Show(id);
        shown.Body.ShouldNotContain(canary);
        shown.Json.GetProperty("arguments").GetRawText().ShouldBe(
            """{"plain":"seen","hush":"(hidden)","word":"(hidden)","deep":{"x":"(hidden)","y":1},"list":[{"apiKey":"(hidden)"}],"Authorization":"(hidden)"}""");
        (await Database.Scalar<long>($"select count(*) from events.mt_events where data::text like '%{canary}%'")).ShouldBe(0);
        (await Database.Scalar<long>($"select count(*) from toolgate.approval_arguments where shown like '%{canary}%' or sealed::text like '%{canary}%'")).ShouldBe(0);

        await Approve(id);
        Structured(await Resume(id)).GetProperty("hush").GetString().ShouldBe(canary);
        (await Database.Scalar<long>("select count(*) from toolgate.approval_arguments")).ShouldBe(0);
        (await Database.Scalar<long>($"select count(*) from toolgate.approval_calls where sealed::text like '%{canary}%'")).ShouldBe(0);
        (await Show(id)).Json.GetProperty("arguments").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    private void Rule(Approver approver) => World.Show(
        "", "usr_alice", Tools.Asked with { Decision = new AccessDecision(PolicyAction.RequireApproval, DecisionSource.Toolkit, "tkpol_1", "demo.*", approver) });

    private async Task<string[]> List(string token, string query = "")
        => [.. (await Gateway.Ask(Mcp.Request(HttpMethod.Get, "/api/approvals" + query, token))).Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()!)];
}
