namespace Toolgate.Sessions;

/// <summary>A prompt was asked for that there is not for this caller. Version 1 of stream <c>fetch-{fetchId}</c>, alone.</summary>
/// <param name="FetchId">Identity of the request, <c>fetch_…</c>.</param>
/// <param name="PrincipalId">Who asked.</param>
/// <param name="CredentialId">With which credential.</param>
/// <param name="SessionId">In which session, <c>ses_…</c>; null in the stateless era.</param>
/// <param name="Toolkit">Slug of the toolkit; null at the default resource.</param>
/// <param name="ToolkitId">Its identity.</param>
/// <param name="PromptName">The name that the caller used, bounded; a longer one as its digest.</param>
/// <param name="ViewPosition">Log position of the rules, grants and catalogs that it was decided on.</param>
/// <param name="Era">Protocol revision of the caller.</param>
/// <param name="NodeId">The node that refused it.</param>
/// <param name="Outcome">Why: <c>unknown_prompt</c>, <c>rate_limited</c>, or the code of a missing scope or role.</param>
public sealed record PromptFetchDenied(
    string FetchId, string PrincipalId, string CredentialId, string? SessionId, string? Toolkit, string? ToolkitId, string PromptName, long ViewPosition,
    string Era, string NodeId, string Outcome);
