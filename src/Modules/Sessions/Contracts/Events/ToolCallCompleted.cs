namespace Toolgate.Sessions;

/// <summary>A call was answered. Follows an attempt; version 1, alone, for a tool that changes nothing.</summary>
/// <param name="CallId">Identity of the call, <c>call_…</c>.</param>
/// <param name="PrincipalId">Who called.</param>
/// <param name="CredentialId">With which credential.</param>
/// <param name="SessionId">In which session, <c>ses_…</c>; null in the stateless era and over REST.</param>
/// <param name="Toolkit">Slug of the toolkit; null at the default resource.</param>
/// <param name="ToolkitId">Its identity.</param>
/// <param name="Address">The tool's address.</param>
/// <param name="ToolName">The name that the caller used.</param>
/// <param name="Action">The decision: <c>approve</c>, <c>require_approval</c> or <c>block</c>.</param>
/// <param name="Source">Where it came from, in the words of the decision's explanation.</param>
/// <param name="RuleId">The rule that decided, where one did.</param>
/// <param name="ViewPosition">Log position of the rules, grants and catalogs that it was decided on.</param>
/// <param name="ArgumentsDigest">Keyed digest of the arguments as sent; equal arguments give equal digests while the salt lives.</param>
/// <param name="Era">Protocol revision of the caller, or <c>rest</c>.</param>
/// <param name="NodeId">The node that carried it out.</param>
/// <param name="BytesIn">Size of the arguments.</param>
/// <param name="Outcome"><c>ok</c>, or <c>tool_error</c> where the upstream itself reported one.</param>
/// <param name="UpstreamStatus">HTTP status of the upstream, where it has one.</param>
/// <param name="DurationMs">Time from the decision to the outcome, in milliseconds.</param>
/// <param name="BytesOut">Size of what came back.</param>
public sealed record ToolCallCompleted(
    string CallId, string PrincipalId, string CredentialId, string? SessionId, string? Toolkit, string? ToolkitId, string Address, string ToolName,
    string Action, string Source, string? RuleId, long ViewPosition, string ArgumentsDigest, string Era, string NodeId, long BytesIn,
    string Outcome, int? UpstreamStatus, double DurationMs, long BytesOut);
