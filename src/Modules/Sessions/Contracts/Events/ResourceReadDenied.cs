namespace Toolgate.Sessions;

/// <summary>A resource was asked for that there is not for this caller. Version 1 of stream <c>read-{readId}</c>, alone.</summary>
/// <param name="ReadId">Identity of the request, <c>read_…</c>.</param>
/// <param name="PrincipalId">Who asked.</param>
/// <param name="CredentialId">With which credential.</param>
/// <param name="SessionId">In which session, <c>ses_…</c>; null in the stateless era.</param>
/// <param name="Toolkit">Slug of the toolkit; null at the default resource.</param>
/// <param name="ToolkitId">Its identity.</param>
/// <param name="ResourceUri">The URI that the caller used, bounded; a longer one as its digest.</param>
/// <param name="ViewPosition">Log position of the rules, grants and catalogs that it was decided on.</param>
/// <param name="Era">Protocol revision of the caller.</param>
/// <param name="NodeId">The node that refused it.</param>
/// <param name="Outcome">Why: <c>unknown_resource</c>, <c>rate_limited</c>, or the code of a missing scope or role.</param>
public sealed record ResourceReadDenied(
    string ReadId, string PrincipalId, string CredentialId, string? SessionId, string? Toolkit, string? ToolkitId, string ResourceUri, long ViewPosition,
    string Era, string NodeId, string Outcome);
