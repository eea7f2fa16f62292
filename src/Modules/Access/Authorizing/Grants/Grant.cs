using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Toolgate.Access;

/// <summary>What a person allowed a client, as requests are judged by it.</summary>
/// <param name="Id"><c>grt_…</c>.</param>
/// <param name="MemberId">Who allowed it.</param>
/// <param name="ClientId">Whom.</param>
/// <param name="ClientName">What the client called itself.</param>
/// <param name="Audience">Path of the only resource that it opens.</param>
/// <param name="ToolkitId">The toolkit that it sees there; null for everything that the person may call.</param>
/// <param name="Scopes">As OAuth names them.</param>
/// <param name="CreatedAt">When it was allowed.</param>
/// <param name="RenewedAt">When tokens were last issued; null before the code was redeemed.</param>
/// <param name="EndsAt">When it ends unless it is renewed.</param>
/// <param name="Tokens">Access tokens that may still live, newest last.</param>
internal sealed record Grant(
    string Id, string MemberId, string ClientId, string ClientName, string Audience, string? ToolkitId, ImmutableArray<string> Scopes, DateTimeOffset CreatedAt,
    DateTimeOffset? RenewedAt, DateTimeOffset EndsAt, ImmutableArray<AccessToken> Tokens)
{
    /// <summary>Most access tokens of one grant that live at a time; older ones end.</summary>
    public const int MaxTokens = 16;

    private volatile Made? made;

    // A copy made by `with` must not inherit what was made for another.
    private Grant(Grant original)
        => (Id, MemberId, ClientId, ClientName, Audience, ToolkitId, Scopes, CreatedAt, RenewedAt, EndsAt, Tokens) = (original.Id, original.MemberId, original.ClientId,
            original.ClientName, original.Audience, original.ToolkitId, original.Scopes, original.CreatedAt, original.RenewedAt, original.EndsAt, original.Tokens);

    /// <summary>Whoever presents its tokens, with the person's role of today; null when the person is no member any more. Made once for each state.</summary>
    public Principal? PrincipalAt(AccessState state)
    {
        if (made is { } last && ReferenceEquals(last.State, state))
        {
            return last.Principal;
        }

        var principal = state.Members.TryGetValue(MemberId, out var member)
            ? new Principal(member.Id, member.Name, member.Role, GrantScopes.Of(Scopes), Id) { Kind = CredentialKind.Grant, Audience = Audience, ToolkitId = ToolkitId }
            : null;
        made = new Made(state, principal);
        return principal;
    }

    /// <summary>Both at once: requests that run side by side must not see the one of this state and the other of another.</summary>
    private sealed record Made(AccessState State, Principal? Principal);
}

/// <summary>A live access token.</summary>
/// <param name="Digest">SHA-256 of it, lower-case hex.</param>
/// <param name="ExpiresAt">When it ends.</param>
internal sealed record AccessToken(string Digest, DateTimeOffset ExpiresAt)
{
    /// <summary>The digest as bytes, for comparing.</summary>
    [JsonIgnore]
    public byte[] Bytes { get; } = Convert.FromHexString(Digest);
}
