using System.Security.Cryptography;
using System.Text;
using Toolgate.Connections;
using Toolgate.Policies;

namespace Toolgate.Sessions;

/// <summary>What every event of a call says of it.</summary>
internal sealed record CallFacts(
    string CallId, string PrincipalId, string CredentialId, string? SessionId, string? Toolkit, string? ToolkitId, string? Address, string? ToolName,
    string Action, string Source, string? RuleId, long ViewPosition, string? ArgumentsDigest, string Era, string NodeId, long BytesIn)
{
    private const int LongestName = 128;

    /// <summary>The approval that it uses up; null for a call that needed none. Its attempt and its outcome then stand in the approval's stream.</summary>
    public ApprovalUse? Use { get; init; }

    /// <summary>Stream of the call's events.</summary>
    public string StreamId => "call-" + CallId;

    /// <summary>The facts of a call; the name that was sent is bounded, for it is the caller's text.</summary>
    public static CallFacts Of(CallRequest call, string callId, string nodeId, string digest)
    {
        var decision = call.Tool?.Decision ?? new AccessDecision(PolicyAction.Block, DecisionSource.Unknown);
        return new CallFacts(
            callId, call.Caller.Id, call.Caller.CredentialId, call.SessionId, call.View.Resource.Slug, call.View.ToolkitId, call.Tool?.Tool.Address,
            Bounded(call.Tool?.Name ?? call.Name), Word(decision.Action), Word(decision.Source), decision.RuleId, call.View.Position, digest, call.Era,
            nodeId, call.Arguments.Length);
    }

    public ToolCallAttempted Attempted() => new(
        CallId, PrincipalId, CredentialId, SessionId, Toolkit, ToolkitId, Address!, ToolName!, Action, Source, RuleId, ViewPosition, ArgumentsDigest!, Era,
        NodeId, BytesIn);

    public ToolCallDenied Denied(string reason) => new(
        CallId, PrincipalId, CredentialId, SessionId, Toolkit, ToolkitId, Address, ToolName, Action, Source, RuleId, ViewPosition, ArgumentsDigest, Era,
        NodeId, BytesIn, reason);

    /// <summary>The outcome's event; null stands for a call that its caller gave up.</summary>
    public object Ended(ToolOutcome? outcome, double durationMs) => outcome switch
    {
        ToolOutcome.Answered answered => new ToolCallCompleted(
            CallId, PrincipalId, CredentialId, SessionId, Toolkit, ToolkitId, Address!, ToolName!, Action, Source, RuleId, ViewPosition, ArgumentsDigest!,
            Era, NodeId, BytesIn, answered.IsError ? "tool_error" : "ok", answered.UpstreamStatus, durationMs,
            answered.Content.Length + answered.StructuredContent.Length),
        ToolOutcome.Relayed relayed => new ToolCallCompleted(
            CallId, PrincipalId, CredentialId, SessionId, Toolkit, ToolkitId, Address!, ToolName!, Action, Source, RuleId, ViewPosition, ArgumentsDigest!,
            Era, NodeId, BytesIn, relayed.IsError ? "tool_error" : "ok", null, durationMs, relayed.Result.Length),
        ToolOutcome.InputRequired asked => new ToolCallCompleted(
            CallId, PrincipalId, CredentialId, SessionId, Toolkit, ToolkitId, Address!, ToolName!, Action, Source, RuleId, ViewPosition, ArgumentsDigest!,
            Era, NodeId, BytesIn, "input_required", null, durationMs, asked.Requests.Length + asked.State.Length),
        ToolOutcome.Rejected => Failed("upstream_rejected", null, durationMs),
        ToolOutcome.Failed failed => Failed(failed.Error.Code, failed.Error.UpstreamStatus, durationMs),
        _ => Failed("cancelled", null, durationMs),
    };

    /// <summary>The event for a call whose node died.</summary>
    public static ToolCallInterrupted Interrupted(ToolCallAttempted a) => new(
        a.CallId, a.PrincipalId, a.CredentialId, a.SessionId, a.Toolkit, a.ToolkitId, a.Address, a.ToolName, a.Action, a.Source, a.RuleId, a.ViewPosition,
        a.ArgumentsDigest, a.Era, a.NodeId, a.BytesIn, "interrupted");

    private ToolCallFailed Failed(string code, int? status, double durationMs) => new(
        CallId, PrincipalId, CredentialId, SessionId, Toolkit, ToolkitId, Address!, ToolName!, Action, Source, RuleId, ViewPosition, ArgumentsDigest!, Era,
        NodeId, BytesIn, code, status, durationMs, 0);

    /// <summary>
    /// A caller's text as a record may hold it: itself, or its digest when it is long or holds control characters (of which the log's JSON
    /// refuses NUL, and no reader of the log wants the rest).
    /// </summary>
    public static string Bounded(string name, int longest = LongestName) => name.Length <= longest && !name.Any(char.IsControl)
        ? name
        : "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));

    /// <summary>An action as events write it.</summary>
    public static string Word(PolicyAction action) => action switch
    {
        PolicyAction.Approve => "approve",
        PolicyAction.RequireApproval => "require_approval",
        _ => "block",
    };

    /// <summary>A source of decisions as events write it.</summary>
    public static string Word(DecisionSource source) => source switch
    {
        DecisionSource.Enforced => "enforced",
        DecisionSource.Toolkit => "toolkit",
        DecisionSource.User => "user",
        DecisionSource.Org => "org",
        DecisionSource.Default => "default",
        DecisionSource.NotGranted => "not_granted",
        DecisionSource.PersonalInShared => "personal_in_shared",
        DecisionSource.HeldBack => "held_back",
        _ => "unknown",
    };
}
