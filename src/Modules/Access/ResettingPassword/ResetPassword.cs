using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>A link with which a member sets its password anew: the only answer that ever holds it.</summary>
internal sealed record IssuedReset(string MemberId, DateTimeOffset ExpiresAt, string Url);

/// <summary>
/// Gives out a single-use link with which a member sets a password anew, or, where it has no address yet, its first one. For members below one's own role, and for
/// everybody by an owner, themselves included.
/// </summary>
internal static class ResettingPassword
{
    private static readonly TimeSpan Life = TimeSpan.FromHours(24);

    public static void Map(IEndpointRouteBuilder group)
        => group.MapPost("/{id}/password-reset", Handle).WithName("resetPassword").WithSummary("Make a link that sets a member's password; it is shown once").NotATool().ShowsSecretOnce();

    public static Decision Decide(string memberId, string linkId, string digest, DateTimeOffset now, Principal principal, AccessDecisionState state)
        => state.Today(principal) is not { } caller ? MemberRules.CredentialEnded
            : !state.Members.TryGetValue(memberId, out var member) ? Rejection.NotFound("member_not_found", "There is no such member.")
            : member.Kind != MemberKind.Person ? Rejection.Conflict("not_a_person", "Service accounts have no password.")
            : !MemberRules.MayManage(caller, member.Role) ? Rejection.Forbidden("role_too_small", "Resetting this member's password takes a higher role.")
            : !MemberRules.MayLetIn(caller, state) ? MemberRules.KeyTooSmall
            : Decision.Accept([
                .. LinkRules.OthersOf(memberId, null, state),
                new AccessLinkIssued(linkId, member.Email is null ? LinkPurpose.Setup : LinkPurpose.Reset, memberId, member.Role, null, digest, now + Life, caller.Id)]);

    private static async Task<Results<Ok<IssuedReset>, ProblemResult>> Handle(
        string id, HttpContext context, IEventStore store, IReadModels models, TimeProvider time, PublicAddress address, IOptions<AccessOptions> options,
        CancellationToken cancellationToken)
    {
        if (!options.Value.SignIn.Passwords)
        {
            return Problem.Of(Passwords.AreOff);
        }

        var (linkId, value, caller, now) = (Ids.New("lnk"), AccessLinkToken.New(), context.Principal(), time.GetUtcNow());
        var digest = AccessLinkToken.Digest(models.Current.Get<AccessState>(), value);
        var decided = await store.Decide(
            AccessFold.StreamId, AccessFold.StreamType, AccessFold.Fold, folded => Decide(id, linkId, digest, now, caller, folded.State), context.Metadata(),
            cancellationToken: cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return MemberRules.Answer(context, rejection);
        }

        context.Wrote(done.Position);
        var page = done.State.Links[linkId].Purpose == LinkPurpose.Setup ? "setup" : "reset-password";
        return TypedResults.Ok(new IssuedReset(id, now + Life, $"{address.Of(context.Request)}/{page}?token={value}"));
    }
}
