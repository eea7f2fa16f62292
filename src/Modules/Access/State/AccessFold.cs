using System.Collections.Immutable;
using Toolgate.Access.Events;
using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>What decisions about access need to know.</summary>
/// <param name="Members">Members by id.</param>
/// <param name="KeyOwners">Live keys by id, with the member that each belongs to.</param>
/// <param name="Version">Version of the stream.</param>
internal sealed record AccessDecisionState(
    ImmutableDictionary<string, MemberFacts> Members, ImmutableDictionary<string, string> KeyOwners, long Version = 0)
{
    /// <summary>Whether taking the owner role from <paramref name="memberId"/> would leave the workspace without an owner.</summary>
    public bool IsLastOwner(string memberId)
        => Members.TryGetValue(memberId, out var member) && member.Role == Role.Owner && Members.Count(pair => pair.Value.Role == Role.Owner) == 1;

    /// <summary>Whether no owner would be left with a key: nobody could then let anybody in again.</summary>
    public bool IsLastOwnerKey(string keyId) => IsOwnerKey(keyId) && KeyOwners.Keys.Count(IsOwnerKey) == 1;

    private bool IsOwnerKey(string keyId)
        => KeyOwners.TryGetValue(keyId, out var memberId) && Members.TryGetValue(memberId, out var member) && member.Role == Role.Owner;
}

/// <summary>A member, at the version of the stream at which it last changed.</summary>
internal readonly record struct MemberFacts(MemberKind Kind, string Name, Role Role, long Version = 0);

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
            ImmutableDictionary.Create<string, MemberFacts>(StringComparer.Ordinal), ImmutableDictionary.Create<string, string>(StringComparer.Ordinal)),
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
                KeyOwners = state.KeyOwners.RemoveRange(state.KeyOwners.Where(pair => pair.Value == removed.MemberId).Select(pair => pair.Key)),
            },
            ApiKeyIssued issued => state with { KeyOwners = state.KeyOwners.SetItem(issued.KeyId, issued.MemberId) },
            ApiKeyRevoked revoked => state with { KeyOwners = state.KeyOwners.Remove(revoked.KeyId) },
            _ => state,
        };
    }

    private static AccessDecisionState With(AccessDecisionState state, string id, MemberFacts member)
        => state with { Members = state.Members.SetItem(id, member with { Version = state.Version }) };
}
