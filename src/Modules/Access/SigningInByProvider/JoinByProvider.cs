using Toolgate.Access.Events;
using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>
/// What a sign-in by the provider changes: the first one makes the member, or links an existing one where the operator allows that; each one gives the role that the
/// groups give, where groups give roles. The last owner stays one.
/// </summary>
internal static class JoiningByProvider
{
    /// <summary>The decision.</summary>
    /// <param name="person">Who came.</param>
    /// <param name="newMember">Id of the member, should it be made.</param>
    /// <param name="linkByEmail">Whether an address makes somebody a member that exists.</param>
    /// <param name="state">The stream.</param>
    public static Decision Decide(ProvidedPerson person, string newMember, bool linkByEmail, AccessDecisionState state)
    {
        if (MemberOf(person.Identity, state) is { } known)
        {
            return WithRole(known, person.Role, state) is { Count: > 0 } changes ? Decision.Accept(changes) : Decision.Nothing;
        }

        if (state.Members.FirstOrDefault(pair => pair.Value.Email == person.Email) is { Key: { } sameAddress, Value: var member })
        {
            return !linkByEmail || member.Kind != MemberKind.Person || member.Identity is not null
                ? EmailTaken
                : Decision.Accept([Linked(sameAddress, person), .. WithRole(sameAddress, person.Role, state)]);
        }

        return Decision.Accept(
            new MemberJoined(newMember, MemberKind.Person, person.Name, person.Role ?? Role.Member),
            new MemberEmailChanged(newMember, person.Email),
            Linked(newMember, person)) with
        {
            Claims = [new NameClaim(EmailAddress.Claim, person.Email)],
        };
    }

    /// <summary>The refusal of somebody whose address belongs to another member.</summary>
    public static Rejection EmailTaken { get; } = Rejection.Conflict("email_taken", "Another member signs in with this address already. Ask an administrator.");

    /// <summary>The member with this identity; null for none.</summary>
    public static string? MemberOf(MemberIdentity identity, AccessDecisionState state) => state.Members.FirstOrDefault(pair => pair.Value.Identity == identity).Key;

    private static MemberIdentityLinked Linked(string memberId, ProvidedPerson person) => new(memberId, person.Identity.Issuer, person.Identity.Subject);

    private static List<object> WithRole(string memberId, Role? role, AccessDecisionState state)
        => role is { } wanted && wanted != state.Members[memberId].Role && !state.IsLastOwner(memberId)
            ? [.. LinkRules.EndedByRole(memberId, wanted, state), new MemberRoleChanged(memberId, wanted)]
            : [];
}
