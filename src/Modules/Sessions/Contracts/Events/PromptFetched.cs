namespace Toolgate.Sessions;

/// <summary>A prompt of an MCP server was asked for, and this is how it ended. Version 1 of stream <c>fetch-{fetchId}</c>, alone.</summary>
/// <param name="FetchId">Identity of the request, <c>fetch_…</c>.</param>
/// <param name="PrincipalId">Who asked.</param>
/// <param name="CredentialId">With which credential.</param>
/// <param name="SessionId">In which session, <c>ses_…</c>; null in the stateless era.</param>
/// <param name="Toolkit">Slug of the toolkit; null at the default resource.</param>
/// <param name="ToolkitId">Its identity.</param>
/// <param name="Address">The server's prompts, <c>integration.owner.connection.prompts</c>.</param>
/// <param name="PromptName">The name as the server knows it, bounded; a longer one as its digest.</param>
/// <param name="Action">The decision: always <c>approve</c>.</param>
/// <param name="Source">Where it came from, in the words of the decision's explanation.</param>
/// <param name="RuleId">The rule that decided, where one did.</param>
/// <param name="ViewPosition">Log position of the rules, grants and catalogs that it was decided on.</param>
/// <param name="ArgumentsDigest">Keyed digest of the arguments as sent; equal arguments give equal digests while the salt lives.</param>
/// <param name="Era">Protocol revision of the caller.</param>
/// <param name="NodeId">The node that carried it out.</param>
/// <param name="BytesIn">Size of the arguments.</param>
/// <param name="Outcome"><c>ok</c>, <c>input_required</c>, <c>upstream_rejected</c>, a stable error code, or <c>cancelled</c>.</param>
/// <param name="UpstreamStatus">HTTP status of the upstream, where it has one.</param>
/// <param name="DurationMs">Time from the decision to the outcome, in milliseconds.</param>
/// <param name="BytesOut">Size of what came back.</param>
public sealed record PromptFetched(
    string FetchId, string PrincipalId, string CredentialId, string? SessionId, string? Toolkit, string? ToolkitId, string Address, string PromptName,
    string Action, string Source, string? RuleId, long ViewPosition, string ArgumentsDigest, string Era, string NodeId, long BytesIn, string Outcome,
    int? UpstreamStatus, double DurationMs, long BytesOut);
