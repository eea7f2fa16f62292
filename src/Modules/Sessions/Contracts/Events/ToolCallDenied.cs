namespace Toolgate.Sessions;

/// <summary>A call was refused before any effect. Version 1, alone.</summary>
/// <param name="CallId">Identity of the call, <c>call_…</c>.</param>
/// <param name="PrincipalId">Who called.</param>
/// <param name="CredentialId">With which credential.</param>
/// <param name="SessionId">In which session, <c>ses_…</c>; null in the stateless era and over REST.</param>
/// <param name="Toolkit">Slug of the toolkit; null at the default resource.</param>
/// <param name="ToolkitId">Its identity.</param>
/// <param name="Address">The tool's address; null where there is none for this caller.</param>
/// <param name="ToolName">The name that the caller used, bounded; a longer one as its digest.</param>
/// <param name="Action">The decision: <c>approve</c>, <c>require_approval</c> or <c>block</c>.</param>
/// <param name="Source">Where it came from, in the words of the decision's explanation.</param>
/// <param name="RuleId">The rule that decided, where one did.</param>
/// <param name="ViewPosition">Log position of the rules, grants and catalogs that it was decided on.</param>
/// <param name="ArgumentsDigest">Keyed digest of the arguments as sent; equal arguments give equal digests while the salt lives.</param>
/// <param name="Era">Protocol revision of the caller, or <c>rest</c>.</param>
/// <param name="NodeId">The node that carried it out.</param>
/// <param name="BytesIn">Size of the arguments.</param>
/// <param name="Outcome">Why: <c>unknown_tool</c>, <c>invalid_arguments</c>, <c>approval_required</c> and the other codes of approvals, <c>already_answered</c> by the call that used the approval, <c>insufficient_scope</c>, <c>insufficient_permissions</c> or <c>rate_limited</c>.</param>
public sealed record ToolCallDenied(
    string CallId, string PrincipalId, string CredentialId, string? SessionId, string? Toolkit, string? ToolkitId, string? Address, string? ToolName,
    string Action, string Source, string? RuleId, long ViewPosition, string? ArgumentsDigest, string Era, string NodeId, long BytesIn,
    string Outcome);
