using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>Removes a member; its keys, everything opened with them and the links that it gave out end with it.</summary>
internal static class RemovingMember
{
    public static void Map(IEndpointRouteBuilder group) => group.MapDelete("/{id}", Handle).WithName("removeMember").WithSummary("Remove a member");

    public static Decision Decide(string id, IfMatch ifMatch, Principal principal, AccessDecisionState state)
        => state.Today(principal) is not { } caller ? MemberRules.CredentialEnded
            : !state.Members.TryGetValue(id, out var member) ? Rejection.NotFound("member_not_found", "There is no such member.")
            : !MemberRules.MayManage(caller, member.Role) ? Rejection.Forbidden("role_too_small", "Removing this member takes a higher role.")
            : MemberRules.Precondition(member, ifMatch) is { } stale ? stale
            : state.IsLastOwner(id) ? Rejection.Conflict("last_owner", "The last owner cannot be removed. Make another member owner first.")
            : Decision.Accept([.. LinkRules.EndedByRemoval(id, state), new MemberRemoved(id)]) with
            {
                Releases = member.Email is { } email ? [new NameClaim(EmailAddress.Claim, email)] : [],
                Alongside = [Passwords.Destroy(id)],
            };

    private static async Task<Results<NoContent, ProblemResult>> Handle(
        string id, IfMatch ifMatch, HttpContext context, IEventStore store, CancellationToken cancellationToken)
    {
        var caller = context.Principal();
        var decided = await store.Decide(
            AccessFold.StreamId, AccessFold.StreamType, AccessFold.Fold, folded => Decide(id, ifMatch, caller, folded.State), context.Metadata(),
            cancellationToken: cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return MemberRules.Answer(context, rejection);
        }

        context.Wrote(done.Position);
        return TypedResults.NoContent();
    }
}
