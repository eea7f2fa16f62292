using System.Security.Cryptography;
using System.Text;
using Toolgate.Connections;
using Toolgate.Policies;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>How a call that needs a yes goes on. One of the three is set.</summary>
/// <param name="Approved">A yes that no call has used.</param>
/// <param name="Refusal">Why it is not carried out.</param>
/// <param name="Ended">What the call that used the yes answered.</param>
internal readonly record struct ApprovalAnswer(Approval? Approved, ToolError? Refusal = null, ApprovedOutcome? Ended = null);

/// <summary>
/// Where a call waits for a person's yes. Channels come in this order, and each is left for the next when it does not lead to an answer:
/// <code>
/// form in front of the client ─► page that the client opens ─► hold the call for a while ─► answer how to go on
///   (rule says client; declared)   (declared; at most N rounds)    (not over REST)
/// </code>
/// Whatever the channel, anybody who may decide can do so elsewhere meanwhile, and the call goes on at once.
/// </summary>
internal sealed class ApprovalGate(
    ApprovalDesk desk, ApprovalVault vault, ClientQuestions questions, ArgumentsSalt salt, ApprovalsOptions options, Node node, TimeProvider time)
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    /// <summary>Gets a yes for a call, or why there is none.</summary>
    /// <param name="call">The call.</param>
    /// <param name="tool">The tool, as it is in the caller's view now.</param>
    /// <param name="arguments">What would be sent.</param>
    /// <param name="cancellationToken">The caller gave up.</param>
    public async Task<ApprovalAnswer> Obtain(CallRequest call, ViewTool tool, ReadOnlyMemory<byte> arguments, CancellationToken cancellationToken)
    {
        if (call.Resumed is { } resumed)
        {
            return await Settle(call, tool, resumed, cancellationToken);
        }

        var asked = Request(call, tool, arguments);
        if (await vault.Untold(asked.RequestKey, cancellationToken) is { } untold)
        {
            // An equal call was carried out, and whoever made it went away before they were told. That is the answer, and not another call.
            return await Outcome(untold.ApprovalId, cancellationToken);
        }

        return await desk.Open(asked, call.Arguments, () => Shown(tool, arguments), cancellationToken) is { } approval
            ? await Settle(call, tool, approval, cancellationToken)
            : new(null, ApprovalRefusals.TooMany);
    }

    /// <summary>Whether a yes is for what the call would do now, by somebody whose yes counts now.</summary>
    public bool IsFor(Approval approval, CallRequest call, ViewTool tool, ReadOnlyMemory<byte> arguments)
        => approval.Asked.RequestKey == Request(call, tool, arguments).RequestKey
            && (tool.Decision.Action == PolicyAction.Approve || ApproverRule.Accepts(tool.Decision.Approver, approval.Asked, approval.Decision!));

    /// <summary>Whether a request that used this yes goes on as the same request.</summary>
    public async Task<bool> Continues(string id, CallRequest call, ViewTool tool, ReadOnlyMemory<byte> arguments, CancellationToken cancellationToken)
        => await desk.Newest(id, cancellationToken) is { CallId: not null } used && IsFor(used, call, tool, arguments);

    /// <summary>Whether it is too late for a call to use it.</summary>
    public bool IsLate(Approval approval) => approval.At(time.GetUtcNow()) != ApprovalStatus.Approved;

    /// <summary>Why an approval that a call wanted to use was never used; null when another call used it.</summary>
    public async Task<ToolError?> Unused(string id, CancellationToken cancellationToken)
        => await desk.Newest(id, cancellationToken) is { CallId: null } approval ? ApprovalRefusals.Of(approval.At(time.GetUtcNow())) ?? ApprovalRefusals.Void : null;

    /// <summary>Closes a yes that is worth nothing any more.</summary>
    public async Task Void(Approval approval, CancellationToken cancellationToken) => await desk.Lapse(approval, "void", cancellationToken);

    /// <summary>The outcome of the call that used an approval, waiting for it as long as a call is held.</summary>
    public async Task<ApprovalAnswer> Outcome(string id, CancellationToken cancellationToken)
    {
        var until = time.GetUtcNow() + options.Hold;
        while (true)
        {
            var found = await vault.Of(id, cancellationToken);
            if (found is not { Outcome: null, Runs: true })
            {
                // It had no outcome and did not run any more when it was looked at. Between those two an outcome may have come: look once more.
                found = found is { Outcome: null } ? await vault.Of(id, cancellationToken) : found;
                return new(null, null, found is null ? new ApprovedOutcome(id, KeptOutcome.Gone, false) : found with { Outcome = found.Outcome ?? KeptOutcome.Interrupted });
            }

            if (time.GetUtcNow() >= until)
            {
                return new(null, ApprovalRefusals.Running);
            }

            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    private async Task<ApprovalAnswer> Settle(CallRequest call, ViewTool tool, Approval approval, CancellationToken cancellationToken)
    {
        var declared = call.Client.CanAsk ? DeclaredCapabilities.Of(call.Client.Capabilities.Span) : default;
        var form = declared.Form && approval.Asked.Approver == ApproverRule.Client && tool.Decision.Approver == Approver.Client;
        var rounds = declared.Url ? options.Rounds : 0;
        var held = call.Era == CallingTool.Era;
        var page = ApprovalRefusals.UrlOf(call.Origin, approval.Id);
        ShownRequest? shown = null;
        while (true)
        {
            var now = time.GetUtcNow();
            var status = (await desk.Find(approval.Id, cancellationToken) is { } current ? approval = current : approval).At(now);
            switch (status)
            {
                case ApprovalStatus.Approved:
                    return new(approval);
                case ApprovalStatus.Consumed:
                    return await Outcome(approval.Id, cancellationToken);
                case not ApprovalStatus.Pending:
                    return new(null, ApprovalRefusals.Of(status));
            }

            if ((form || rounds > 0) && (shown ??= await vault.Shown(approval.Id, cancellationToken)) is null)
            {
                // It ended between two looks.
                (form, rounds) = (false, 0);
                continue;
            }

            if (form)
            {
                form = false;
                await questions.Form(call, tool, approval, shown!, cancellationToken);
            }
            else if (rounds > 0)
            {
                rounds = await questions.Page(call, tool, approval, shown!, page, rounds, cancellationToken);
            }
            else if (!held)
            {
                held = true;
                await Hold(call, approval, cancellationToken);
            }
            else
            {
                return new(null, ApprovalRefusals.Required(approval, ShownText.Line(tool.Tool.Definition.ApprovalText, 200), call.Origin));
            }
        }
    }

    /// <summary>Holds the call, telling its client now and then that it waits.</summary>
    private async Task Hold(CallRequest call, Approval approval, CancellationToken cancellationToken)
    {
        var until = time.GetUtcNow() + options.Hold;
        for (var step = 1; time.GetUtcNow() < until; step++)
        {
            call.Client.Wait();
            await ClientQuestions.Progress(call.Client, step, cancellationToken);
            var next = time.GetUtcNow() + Tick;
            if ((await desk.Settled(approval.Id, next < until ? next : until, cancellationToken))?.At(time.GetUtcNow()) != ApprovalStatus.Pending)
            {
                return;
            }
        }
    }

    private ApprovalRequested Request(CallRequest call, ViewTool tool, ReadOnlyMemory<byte> arguments)
    {
        var digest = salt.Digest(CanonicalJson.Of(arguments));
        var (caller, view) = (call.Caller, call.View);
        var key = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(
            '\n', caller.Id, caller.CredentialId, view.Resource.Path, view.ToolkitId ?? "", tool.Tool.Address, tool.Tool.Definition.Digest, digest)));
        return new ApprovalRequested(
            "", view.IsPersonal || !tool.Tool.Owner.IsOrg ? caller.Id : null, caller.Id, caller.CredentialId, call.SessionId, view.Resource.Slug, view.ToolkitId, tool.Tool.Address,
            CallFacts.Bounded(tool.Name), CallFacts.Word(tool.Decision.Source), tool.Decision.RuleId, ApproverRule.Word(tool.Decision.Approver), view.Position,
            tool.Tool.Definition.Digest, digest, Convert.ToHexStringLower(key), call.Era, node.Id, default);
    }

    private static ShownRequest Shown(ViewTool tool, ReadOnlyMemory<byte> arguments)
        => new(ShownText.Line(tool.Tool.Definition.ApprovalText, 500), ShownArguments.Of(tool.Tool.Definition.InputSchema, arguments));
}
