using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>Rules that every change of a member shares.</summary>
internal static class MemberRules
{
    /// <summary>Admins manage members; owners manage everybody.</summary>
    public static bool MayManage(Principal caller, Role role) => caller.Role == Role.Owner || (caller.Role == Role.Admin && role == Role.Member);

    /// <summary>A member's tag is the version at its own last change, not that of the stream that all members share.</summary>
    public static Rejection? Precondition(MemberFacts member, IfMatch ifMatch)
        => ifMatch.Version is { } version && member.Version != version
            ? new Rejection(RejectionKind.PreconditionFailed, "member_changed", $"The member is at version {member.Version}.")
            : null;
}
