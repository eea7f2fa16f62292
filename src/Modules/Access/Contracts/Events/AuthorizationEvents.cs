using System.Collections.Immutable;

namespace Toolgate.Access.Events;

/// <summary>An MCP client became known. Stream <c>client-{id}</c>.</summary>
/// <param name="ClientId"><c>cli_…</c>.</param>
/// <param name="Origin">How it became known.</param>
/// <param name="Name">What it calls itself; nobody vouches for it.</param>
/// <param name="RedirectUris">Where people may be sent back to, exactly as given.</param>
/// <param name="SecretDigest">SHA-256 of its secret's 256 random bits, lower-case hex; null for a public client.</param>
/// <param name="Refreshes">Whether it asked for refresh tokens.</param>
public sealed record ClientRegistered(
    string ClientId, ClientOrigin Origin, string Name, ImmutableArray<string> RedirectUris, string? SecretDigest, bool Refreshes);

/// <summary>An MCP client was removed; everything that it was granted ended with it.</summary>
/// <param name="ClientId">The client.</param>
public sealed record ClientRemoved(string ClientId);

/// <summary>
/// A person let an MCP client act for them at one resource, and a code was made that the client can redeem for tokens once. Stream <c>grant-{id}</c>.
/// </summary>
/// <param name="GrantId"><c>grt_…</c>.</param>
/// <param name="MemberId">Who.</param>
/// <param name="ClientId">The client: <c>cli_…</c>, or the address of its metadata document.</param>
/// <param name="ClientName">What it called itself on the consent page.</param>
/// <param name="Audience">Path of the only resource that its tokens open, <c>/mcp</c> or <c>/mcp/toolkits/{slug}</c>.</param>
/// <param name="ToolkitId">The toolkit that it sees there, <c>tk_…</c>; null for everything that the person may call.</param>
/// <param name="Scopes">What it may do, as OAuth names it.</param>
/// <param name="Refreshes">Whether it gets refresh tokens.</param>
/// <param name="RedirectUri">Where the code was sent.</param>
/// <param name="Challenge">The PKCE challenge (S256).</param>
/// <param name="CodeDigest">SHA-256 of the code's 256 random bits, lower-case hex.</param>
/// <param name="CodeExpiresAt">When the code ends, UTC.</param>
public sealed record GrantGiven(
    string GrantId, string MemberId, string ClientId, string ClientName, string Audience, string? ToolkitId, ImmutableArray<string> Scopes, bool Refreshes,
    string RedirectUri, string Challenge, string CodeDigest, DateTimeOffset CodeExpiresAt);

/// <summary>Tokens were issued: for the code, or for a refresh token, which they replace.</summary>
/// <param name="GrantId">The grant.</param>
/// <param name="Generation">1 for the tokens of the code; one more with each refresh. Repeats of one refresh share a generation.</param>
/// <param name="IssuedAt">When, UTC.</param>
/// <param name="AccessDigest">SHA-256 of the access token, lower-case hex.</param>
/// <param name="AccessExpiresAt">When it ends, UTC.</param>
/// <param name="FamilyDigest">SHA-256 of what all refresh tokens of this grant have in common; null when there are none.</param>
/// <param name="RefreshDigest">SHA-256 of the refresh token; null when there is none.</param>
/// <param name="RefreshExpiresAt">When it ends, UTC.</param>
public sealed record GrantTokensIssued(
    string GrantId, int Generation, DateTimeOffset IssuedAt, string AccessDigest, DateTimeOffset AccessExpiresAt, string? FamilyDigest, string? RefreshDigest,
    DateTimeOffset? RefreshExpiresAt);

/// <summary>A grant ended, and its tokens and sessions with it.</summary>
/// <param name="GrantId">The grant.</param>
/// <param name="Reason">Why.</param>
public sealed record GrantEnded(string GrantId, GrantEnding Reason);

/// <summary>How an MCP client became known.</summary>
public enum ClientOrigin
{
    /// <summary>It registered itself (RFC 7591).</summary>
    Dynamic,

    /// <summary>An admin registered it.</summary>
    Managed,
}

/// <summary>Why a grant ended.</summary>
public enum GrantEnding
{
    /// <summary>Its person, or an admin, revoked it.</summary>
    Revoked,

    /// <summary>The client gave it back (RFC 7009).</summary>
    ReturnedByClient,

    /// <summary>Its code was presented again: somebody else may have it.</summary>
    CodeReplayed,

    /// <summary>A refresh token that had been replaced was presented again: somebody else may have it.</summary>
    RefreshReplayed,
}
