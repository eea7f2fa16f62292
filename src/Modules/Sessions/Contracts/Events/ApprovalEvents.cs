namespace Toolgate.Sessions;

/// <summary>
/// A call waits for a person's yes. Version 1 of stream <c>approval-{approvalId}</c>, which tells the whole story of the call: asked, decided, used, attempted, ended.
/// Equal requests of one credential share one open approval: their key is claimed in the same transaction.
/// </summary>
/// <param name="ApprovalId">Identity of the approval, <c>apr_…</c>.</param>
/// <param name="Subject">Account whose alone it is, because its connection or toolkit is personal; else null.</param>
/// <param name="PrincipalId">Who called.</param>
/// <param name="CredentialId">With which credential; it can never decide what it asked for.</param>
/// <param name="SessionId">In which session, <c>ses_…</c>; null in the stateless era and over REST.</param>
/// <param name="Toolkit">Slug of the toolkit; null at the default resource.</param>
/// <param name="ToolkitId">Its identity.</param>
/// <param name="Address">The tool's address.</param>
/// <param name="ToolName">The name that the caller used.</param>
/// <param name="Source">Why a yes is needed, in the words of the decision's explanation.</param>
/// <param name="RuleId">The rule that asks, where one does.</param>
/// <param name="Approver">Whose yes it takes: <c>client</c>, <c>console</c> or <c>other</c>.</param>
/// <param name="ViewPosition">Log position of the rules, grants and catalogs that it was decided on.</param>
/// <param name="ToolDigest">Digest of the tool's definition: another definition is another act.</param>
/// <param name="ArgumentsDigest">Keyed digest of the canonical form of the arguments that would be sent; never the arguments.</param>
/// <param name="RequestKey">Digest of everything that makes a request the same request.</param>
/// <param name="Era">Protocol revision of the caller, or <c>rest</c>.</param>
/// <param name="NodeId">The node that was asked.</param>
/// <param name="ExpiresAt">When it can no longer be decided.</param>
public sealed record ApprovalRequested(
    string ApprovalId, string? Subject, string PrincipalId, string CredentialId, string? SessionId, string? Toolkit, string? ToolkitId, string Address, string ToolName,
    string Source, string? RuleId, string Approver, long ViewPosition, string ToolDigest, string ArgumentsDigest, string RequestKey, string Era, string NodeId,
    DateTimeOffset ExpiresAt);

/// <summary>Somebody decided, once. Version 2 of the approval's stream.</summary>
/// <param name="ApprovalId">Identity of the approval.</param>
/// <param name="Address">The tool's address.</param>
/// <param name="Outcome"><c>approved</c>, <c>declined</c>, or <c>cancelled</c> when the question was dismissed without an answer.</param>
/// <param name="Channel">Where: <c>form</c> in front of the client, <c>url</c> when the client refused to open the page, <c>console</c> for the page, <c>rest</c>.</param>
/// <param name="DecidedBy">Who.</param>
/// <param name="DeciderCredentialId">With which credential.</param>
/// <param name="Remember">Whether a policy that always allows this tool was asked for with it.</param>
/// <param name="UsableUntil">When an approved call must have begun; null unless approved.</param>
public sealed record ApprovalDecided(
    string ApprovalId, string Address, string Outcome, string Channel, string DecidedBy, string DeciderCredentialId, bool Remember, DateTimeOffset? UsableUntil);

/// <summary>The approval was used up, in the same transaction as the attempt of its call, which follows it in the stream.</summary>
/// <param name="ApprovalId">Identity of the approval.</param>
/// <param name="Address">The tool's address.</param>
/// <param name="CallId">The call that it was used for.</param>
/// <param name="NodeId">The node that carries it out.</param>
public sealed record ApprovalConsumed(string ApprovalId, string Address, string CallId, string NodeId);

/// <summary>The approval is worth nothing any more, and was used by no call.</summary>
/// <param name="ApprovalId">Identity of the approval.</param>
/// <param name="Address">The tool's address.</param>
/// <param name="Outcome"><c>expired</c>, or <c>void</c> when the call would no longer be the one that was approved.</param>
public sealed record ApprovalLapsed(string ApprovalId, string Address, string Outcome);
