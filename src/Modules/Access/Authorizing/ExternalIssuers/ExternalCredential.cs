namespace Toolgate.Access;

/// <summary>What the tokens of an external issuer have in common that one client presents for one person at one endpoint with one scope.</summary>
/// <param name="Id"><c>ext_…</c>, the same for each of them.</param>
/// <param name="Identity">Who it is at the issuer.</param>
/// <param name="Member">The member's id or address, as the operator mapped the subject; null for nobody in particular.</param>
/// <param name="Email">Verified address; null for none that counts.</param>
/// <param name="Audience">Path of the only resource that it opens; null for every MCP endpoint.</param>
/// <param name="Scopes">What for.</param>
/// <param name="ExpiresAt">When the last of its tokens ends, as far as they were seen.</param>
internal sealed record ExternalCredential(
    string Id, MemberIdentity Identity, string? Member, string? Email, string? Audience, Scopes Scopes, DateTimeOffset ExpiresAt)
{
    private volatile Made? made;

    /// <summary>The principal, with the member's role of today; null when it is no member. Made once for each state.</summary>
    public Principal? PrincipalAt(AccessState state)
    {
        if (made is { } last && ReferenceEquals(last.State, state))
        {
            return last.Principal;
        }

        var principal = MemberIn(state) is { } member
            ? new Principal(member.Id, member.Name, member.Role, Scopes, Id) { Kind = CredentialKind.Grant, Audience = Audience }
            : null;
        made = new Made(state, principal);
        return principal;
    }

    private Member? MemberIn(AccessState state) => Member is { } named
        ? state.Members.GetValueOrDefault(named) ?? ByEmail(state, EmailAddress.Normalise(named))
        : state.Members.Values.FirstOrDefault(member => member.Identity == Identity) ?? ByEmail(state, Email) switch
        {
            // Addresses change hands, subjects do not: whoever signs in there as somebody else is somebody else.
            { Identity: { } other } when other.Issuer == Identity.Issuer => null,
            var found => found,
        };

    private static Member? ByEmail(AccessState state, string? address)
        => address is null ? null : state.Members.Values.FirstOrDefault(member => member.Email == address);

    private sealed record Made(AccessState State, Principal? Principal);
}
