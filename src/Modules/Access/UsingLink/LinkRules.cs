using Toolgate.Access.Events;

namespace Toolgate.Access;

/// <summary>
/// What a link stands on. It lets somebody in with a role, so that it is worth no more than what its issuer may give today and what its member is today: a link
/// that outlived either would hand out a role that nobody may give any more.
/// </summary>
internal static class LinkRules
{
    /// <summary>Whether a link may still be used.</summary>
    public static bool Stands(LinkFacts link, AccessDecisionState state)
        => (link.MemberId is not { } memberId || (state.Members.TryGetValue(memberId, out var member) && member.Role == link.Role))
            && (link.IssuedBy is not { } issuerId || (state.Members.TryGetValue(issuerId, out var issuer) && MemberRules.MayManage(issuer.Role, link.Role)));

    /// <summary>The ends of the links that do not stand once a member has another role.</summary>
    public static IEnumerable<AccessLinkRevoked> EndedByRole(string memberId, Role role, AccessDecisionState state)
        => Ended(state, state with { Members = state.Members.SetItem(memberId, state.Members[memberId] with { Role = role }) });

    /// <summary>The ends of the links that do not stand once a member is gone.</summary>
    public static IEnumerable<AccessLinkRevoked> EndedByRemoval(string memberId, AccessDecisionState state)
        => Ended(state, state with { Members = state.Members.Remove(memberId) });

    /// <summary>The ends of a member's own links but one, which is being used.</summary>
    public static IEnumerable<AccessLinkRevoked> OthersOf(string memberId, string? used, AccessDecisionState state)
        => state.Links.Where(pair => pair.Value.MemberId == memberId && pair.Key != used).Select(pair => pair.Key).Order(StringComparer.Ordinal)
            .Select(id => new AccessLinkRevoked(id));

    private static IEnumerable<AccessLinkRevoked> Ended(AccessDecisionState before, AccessDecisionState after)
        => before.Links.Where(pair => !Stands(pair.Value, after)).Select(pair => pair.Key).Order(StringComparer.Ordinal).Select(id => new AccessLinkRevoked(id));
}
