using System.Collections.Immutable;
using System.Text.Json;
using Toolgate.Access.Events;
using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>Folds who may come in.</summary>
internal sealed class AccessReadModel : ReadModel<AccessState>
{
    public override string Name => "access";

    public override int SchemaVersion => 3;

    public override IReadOnlyCollection<Type> Handles { get; } =
        [typeof(WorkspaceCreated), typeof(MemberJoined), typeof(MemberRenamed), typeof(MemberRoleChanged), typeof(MemberRemoved), typeof(ApiKeyIssued), typeof(ApiKeyRevoked),
            typeof(MemberEmailChanged), typeof(MemberIdentityLinked), typeof(AccessLinkIssued), typeof(AccessLinkRevoked), typeof(AccessLinkUsed)];

    public override AccessState Empty => AccessState.Empty;

    public override AccessState Evolve(AccessState state, StoredEvent e) => e.Data switch
    {
        WorkspaceCreated created => state with { WorkspaceId = created.WorkspaceId, CredentialSalt = created.CredentialSalt },
        MemberJoined joined => WithMember(state, new Member(joined.MemberId, joined.Kind, joined.Name, joined.Role, e.Timestamp, e.Timestamp, e.Version)),
        MemberRenamed renamed when state.Members.TryGetValue(renamed.MemberId, out var member)
            => WithMember(state, member with { Name = renamed.Name, UpdatedAt = e.Timestamp, Version = e.Version }),
        MemberRoleChanged changed when state.Members.TryGetValue(changed.MemberId, out var member)
            => WithMember(state, member with { Role = changed.Role, UpdatedAt = e.Timestamp, Version = e.Version }),
        MemberRemoved removed => state with
        {
            Members = state.Members.Remove(removed.MemberId),
            Keys = state.Keys.RemoveRange(state.Keys.Where(pair => pair.Value.MemberId == removed.MemberId).Select(pair => pair.Key)),
            Links = state.Links.RemoveRange(state.Links.Where(pair => pair.Value.MemberId == removed.MemberId).Select(pair => pair.Key)),
        },
        MemberEmailChanged changed when state.Members.TryGetValue(changed.MemberId, out var member)
            => WithMember(state, member with { Email = changed.Email, UpdatedAt = e.Timestamp, Version = e.Version }),
        MemberIdentityLinked linked when state.Members.TryGetValue(linked.MemberId, out var member)
            => WithMember(state, member with { Identity = new MemberIdentity(linked.Issuer, linked.Subject), UpdatedAt = e.Timestamp, Version = e.Version }),
        AccessLinkIssued issued => state with
        {
            Links = state.Links.SetItem(
                issued.LinkId, new AccessLink(issued.LinkId, issued.Purpose, issued.MemberId, issued.Role, issued.Email, issued.Digest, issued.ExpiresAt, e.Timestamp)),
        },
        AccessLinkRevoked revoked => state with { Links = state.Links.Remove(revoked.LinkId) },
        AccessLinkUsed used => state with { Links = state.Links.Remove(used.LinkId) },
        ApiKeyIssued issued when state.Members.ContainsKey(issued.MemberId) => state with
        {
            Keys = state.Keys.SetItem(
                issued.KeyId,
                new ApiKey(issued.KeyId, issued.MemberId, issued.Name, issued.Prefix, issued.Digest, issued.Scopes, issued.ExpiresAt, e.Timestamp)),
        },
        ApiKeyRevoked revoked => state with { Keys = state.Keys.Remove(revoked.KeyId) },
        _ => state,
    };

    public override byte[] Serialize(AccessState state) => JsonSerializer.SerializeToUtf8Bytes(state, EventTypes.Json);

    public override AccessState Deserialize(ReadOnlySpan<byte> bytes)
    {
        var state = JsonSerializer.Deserialize<AccessState>(bytes, EventTypes.Json)!;
        return state with
        {
            Members = state.Members.ToImmutableSortedDictionary(StringComparer.Ordinal),
            Keys = state.Keys.ToImmutableSortedDictionary(StringComparer.Ordinal),
            Links = state.Links.ToImmutableSortedDictionary(StringComparer.Ordinal),
        };
    }

    private static AccessState WithMember(AccessState state, Member member) => state with { Members = state.Members.SetItem(member.Id, member) };
}
