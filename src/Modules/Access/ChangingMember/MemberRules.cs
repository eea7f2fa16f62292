using Microsoft.AspNetCore.Http;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>Rules that every change of a member shares.</summary>
internal static class MemberRules
{
    /// <summary>Admins manage members; owners manage everybody.</summary>
    public static bool MayManage(Principal caller, Role role) => MayManage(caller.Role, role);

    /// <summary>The same for a role alone.</summary>
    public static bool MayManage(Role caller, Role role) => caller == Role.Owner || (caller == Role.Admin && role == Role.Member);

    /// <summary>
    /// Whether a credential may let somebody in: a sign-in, or a key without an end and with every scope of its role. A person who comes in has all of these: a smaller
    /// key must not make a larger credential out of itself.
    /// </summary>
    public static bool MayLetIn(Principal caller, AccessDecisionState state)
        => caller.Kind == CredentialKind.SignIn
            || (caller.Scopes == AccessState.Allowed(caller.Role) && state.Keys.TryGetValue(caller.CredentialId, out var key) && key.ExpiresAt is null);

    /// <summary>The refusal of a credential that may not.</summary>
    public static Rejection KeyTooSmall { get; } = Rejection.Forbidden(
        "key_too_small", "Letting a person in takes a sign-in, or an API key without an end and with every scope of its role.");

    /// <summary>The decision of a caller whose credential has ended since the request was authenticated.</summary>
    public static Rejection CredentialEnded { get; } = Rejection.Forbidden("unauthenticated", "The credential has ended.");

    /// <summary>The problem of a refusal: 401 where the credential itself is what ended, 503 where too much is under way.</summary>
    public static ProblemResult Answer(HttpContext context, Rejection rejection)
        => rejection == CredentialEnded ? StillAllowed.Unauthenticated(context, presented: true)
            : rejection == Passwords.Busy ? Passwords.IsBusy(context)
            : Problem.Of(rejection);

    /// <summary>A member's tag is the version at its own last change, not that of the stream that all members share.</summary>
    public static Rejection? Precondition(MemberFacts member, IfMatch ifMatch)
        => ifMatch.Version is { } version && member.Version != version
            ? new Rejection(RejectionKind.PreconditionFailed, "member_changed", $"The member is at version {member.Version}.")
            : null;
}
