using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Toolgate.Access.Events;

namespace Toolgate.Access;

/// <summary>A member of the workspace.</summary>
internal sealed record Member(string Id, MemberKind Kind, string Name, Role Role, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, long Version)
{
    /// <summary>Address with which it signs in; null for none.</summary>
    public string? Email { get; init; }

    /// <summary>Who it is at the provider; null for nobody.</summary>
    public MemberIdentity? Identity { get; init; }
}

/// <summary>A link that was neither used nor withdrawn.</summary>
internal sealed record AccessLink(
    string Id, LinkPurpose Purpose, string? MemberId, Role Role, string? Email, string Digest, DateTimeOffset? ExpiresAt, DateTimeOffset CreatedAt);

/// <summary>A live API key.</summary>
internal sealed record ApiKey(
    string Id, string MemberId, string Name, string Prefix, string Digest, Scopes Scopes, DateTimeOffset? ExpiresAt, DateTimeOffset CreatedAt);

/// <summary>Who may come in: the workspace, its members and their live keys.</summary>
internal sealed record AccessState(
    string? WorkspaceId, string? CredentialSalt, ImmutableSortedDictionary<string, Member> Members, ImmutableSortedDictionary<string, ApiKey> Keys)
{
    private AuthenticationIndex? index;

    /// <summary>Live links by id.</summary>
    public ImmutableSortedDictionary<string, AccessLink> Links { get; init; } = ImmutableSortedDictionary.Create<string, AccessLink>(StringComparer.Ordinal);

    public static AccessState Empty { get; } = new(
        null, null, ImmutableSortedDictionary.Create<string, Member>(StringComparer.Ordinal), ImmutableSortedDictionary.Create<string, ApiKey>(StringComparer.Ordinal));

    /// <summary>Lookup by credential digest, made once for each state on first use.</summary>
    [JsonIgnore]
    public AuthenticationIndex Index => index ??= new AuthenticationIndex(this);

    /// <summary>What a role may ask of a key.</summary>
    public static Scopes Allowed(Role role) => role >= Role.Admin ? Scopes.All : Scopes.Manage | Scopes.ToolsInvoke;

    /// <summary>The principal behind a key, with today's role; null when the member is gone.</summary>
    public Principal? PrincipalOf(ApiKey key) => Members.TryGetValue(key.MemberId, out var member)
        ? new Principal(member.Id, member.Name, member.Role, key.Scopes & Allowed(member.Role), key.Id)
        : null;

    // A copy made by `with` must not inherit the index of another state.
    private AccessState(AccessState original)
        => (WorkspaceId, CredentialSalt, Members, Keys, Links) =
            (original.WorkspaceId, original.CredentialSalt, original.Members, original.Keys, original.Links);
}
