namespace Toolgate.Sessions;

/// <summary>A resource of an MCP server was asked for, and this is how it ended. Version 1 of stream <c>read-{readId}</c>, alone: reading changes nothing.</summary>
/// <param name="ReadId">Identity of the request, <c>read_…</c>.</param>
/// <param name="PrincipalId">Who asked.</param>
/// <param name="CredentialId">With which credential.</param>
/// <param name="SessionId">In which session, <c>ses_…</c>; null in the stateless era.</param>
/// <param name="Toolkit">Slug of the toolkit; null at the default resource.</param>
/// <param name="ToolkitId">Its identity.</param>
/// <param name="Address">The server's resources, <c>integration.owner.connection.resources</c>.</param>
/// <param name="ResourceUri">The URI as the server knows it, bounded; a longer one as its digest.</param>
/// <param name="Action">The decision: always <c>approve</c>.</param>
/// <param name="Source">Where it came from, in the words of the decision's explanation.</param>
/// <param name="RuleId">The rule that decided, where one did.</param>
/// <param name="ViewPosition">Log position of the rules, grants and catalogs that it was decided on.</param>
/// <param name="Era">Protocol revision of the caller.</param>
/// <param name="NodeId">The node that carried it out.</param>
/// <param name="Outcome"><c>ok</c>, <c>input_required</c>, <c>upstream_rejected</c>, a stable error code, or <c>cancelled</c>.</param>
/// <param name="UpstreamStatus">HTTP status of the upstream, where it has one.</param>
/// <param name="DurationMs">Time from the decision to the outcome, in milliseconds.</param>
/// <param name="BytesOut">Size of what came back.</param>
public sealed record ResourceRead(
    string ReadId, string PrincipalId, string CredentialId, string? SessionId, string? Toolkit, string? ToolkitId, string Address, string ResourceUri,
    string Action, string Source, string? RuleId, long ViewPosition, string Era, string NodeId, string Outcome, int? UpstreamStatus, double DurationMs,
    long BytesOut);
