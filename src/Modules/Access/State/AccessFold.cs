using System.Collections.Immutable;
using Toolgate.Access.Events;
using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>What decisions about access need to know.</summary>
/// <param name="Members">Members by id.</param>
/// <param name="Keys">Live keys by id.</param>
/// <param name="Version">Version of the stream.</param>
internal sealed record AccessDecisionState(
    ImmutableDictionary<string, MemberFacts> Members, ImmutableDictionary<string, KeyFacts> Keys, long Version = 0)
{
    /// <summary>Links that were neither used nor withdrawn, by id.</summary>
    public ImmutableDictionary<string, LinkFacts> Links { get; init; } = ImmutableDictionary.Create<string, LinkFacts>(StringComparer.Ordinal);

    /// <summary>Whether taking the owner role from <paramref name="memberId"/> would leave the workspace without an owner.</summary>
    public bool IsLastOwner(string memberId)
        => Members.TryGetValue(memberId, out var member) && member.Role == Role.Owner && Members.Count(pair => pair.Value.Role == Role.Owner) == 1;

    /// <summary>Whether no owner would be left with a key: nobody could then let anybody in again.</summary>
    public bool IsLastOwnerKey(string keyId) => IsOwnerKey(keyId) && Keys.Keys.Count(IsOwnerKey) == 1;

    /// <summary>
    /// The caller as the stream itself knows it, with today's role; null when its key or its membership has ended. What the request was
    /// authenticated with may be older, above all where another node wrote the change.
    /// </summary>
    /// <remarks>A sign-in is a stream of its own: whether it lives was judged with the request.</remarks>
    public Principal? Today(Principal caller)
        => (caller.Kind == CredentialKind.SignIn || (Keys.TryGetValue(caller.CredentialId, out var key) && key.MemberId == caller.Id))
            && Members.TryGetValue(caller.Id, out var member)
            ? caller with { Role = member.Role, Scopes = caller.Scopes & AccessState.Allowed(member.Role) }
            : null;

    private bool IsOwnerKey(string keyId)
        => Keys.TryGetValue(keyId, out var key) && Members.TryGetValue(key.MemberId, out var member) && member.Role == Role.Owner;
}

/// <summary>A member, at the version of the stream at which it last changed.</summary>
internal readonly record struct MemberFacts(MemberKind Kind, string Name, Role Role, long Version = 0)
{
    /// <summary>Address with which it signs in; null for none.</summary>
    public string? Email { get; init; }

    /// <summary>Who it is at the provider; null for nobody.</summary>
    public MemberIdentity? Identity { get; init; }
}

/// <summary>A live link.</summary>
internal sealed record LinkFacts(LinkPurpose Purpose, string? MemberId, Role Role, string? Email, string Digest, DateTimeOffset? ExpiresAt, string? IssuedBy = null);

/// <summary>A live key: whose it is, and when it ends by itself.</summary>
internal readonly record struct KeyFacts(string MemberId, DateTimeOffset? ExpiresAt);

/// <summary>
/// Everything about access is one stream: members and keys change rarely, and serial decisions make rules that span them hold without
/// exception (the last owner stays, a key never outlives its member).
/// </summary>
internal static class AccessFold
{
    public const string StreamId = "access";

    public const string StreamType = "access";

    public static Fold<AccessDecisionState> Fold { get; } = new(
        new AccessDecisionState(
            ImmutableDictionary.Create<string, MemberFacts>(StringComparer.Ordinal), ImmutableDictionary.Create<string, KeyFacts>(StringComparer.Ordinal)),
        Evolve);

    private static AccessDecisionState Evolve(AccessDecisionState before, object e)
    {
        var state = before with { Version = before.Version + 1 };
        return e switch
        {
            MemberJoined joined => With(state, joined.MemberId, new MemberFacts(joined.Kind, joined.Name, joined.Role)),
            MemberRenamed renamed => With(state, renamed.MemberId, state.Members[renamed.MemberId] with { Name = renamed.Name }),
            MemberRoleChanged changed => With(state, changed.MemberId, state.Members[changed.MemberId] with { Role = changed.Role }),
            MemberRemoved removed => state with
            {
                Members = state.Members.Remove(removed.MemberId),
                Keys = state.Keys.RemoveRange(state.Keys.Where(pair => pair.Value.MemberId == removed.MemberId).Select(pair => pair.Key)),
                Links = state.Links.RemoveRange(state.Links.Where(pair => pair.Value.MemberId == removed.MemberId).Select(pair => pair.Key)),
            },
            MemberEmailChanged changed => With(state, changed.MemberId, state.Members[changed.MemberId] with { Email = changed.Email }),
            MemberIdentityLinked linked => With(
                state, linked.MemberId, state.Members[linked.MemberId] with { Identity = new MemberIdentity(linked.Issuer, linked.Subject) }),
            AccessLinkIssued issued => state with
            {
                Links = state.Links.SetItem(issued.LinkId, new LinkFacts(
                    issued.Purpose, issued.MemberId, issued.Role, issued.Email, issued.Digest, issued.ExpiresAt, issued.IssuedBy)),
            },
            AccessLinkRevoked revoked => state with { Links = state.Links.Remove(revoked.LinkId) },
            AccessLinkUsed used => state with { Links = state.Links.Remove(used.LinkId) },
            ApiKeyIssued issued => state with { Keys = state.Keys.SetItem(issued.KeyId, new KeyFacts(issued.MemberId, issued.ExpiresAt)) },
            ApiKeyRevoked revoked => state with { Keys = state.Keys.Remove(revoked.KeyId) },
            _ => state,
        };
    }

    private static AccessDecisionState With(AccessDecisionState state, string id, MemberFacts member)
        => state with { Members = state.Members.SetItem(id, member with { Version = state.Version }) };
}
