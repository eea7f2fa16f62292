using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>Shows and withdraws open invites; for admins.</summary>
internal static class ListingInvites
{
    public static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/", List).WithName("listInvites").WithSummary("List open invites");
        group.MapGet("/{id}", Show).WithName("getInvite").WithSummary("Show an open invite, without its link");
        group.MapDelete("/{id}", Revoke).WithName("revokeInvite").WithSummary("Withdraw an invite");
    }

    public static Decision Decide(string id, Principal principal, AccessDecisionState state)
        => state.Today(principal) is not { } caller ? MemberRules.CredentialEnded
            : !state.Links.TryGetValue(id, out var link) || link.Purpose != LinkPurpose.Invite || !caller.MayWriteOrg ? NotFound
            : !MemberRules.MayManage(caller, link.Role) ? Rejection.Forbidden("role_too_small", "Withdrawing this invite takes a higher role.")
            : Decision.Accept(new AccessLinkRevoked(id));

    private static Rejection NotFound { get; } = Rejection.NotFound("invite_not_found", "There is no such invite.");

    private static Results<Ok<ListOf<ShownInvite>>, ProblemResult> List(PageRequest page, HttpContext context, IReadModels models, TimeProvider time)
        => context.Principal().MayWriteOrg
            ? TypedResults.Ok(page.Cut(Open(models, time), link => link.Id, ShownInvite.Of))
            : Problem.Of(Rejection.Forbidden("admin_required", "Invites are for admins."));

    private static Results<Ok<ShownInvite>, ProblemResult> Show(string id, HttpContext context, IReadModels models, TimeProvider time)
        => context.Principal().MayWriteOrg && Open(models, time).FirstOrDefault(link => link.Id == id) is { } found ? TypedResults.Ok(ShownInvite.Of(found)) : Problem.Of(NotFound);

    private static IEnumerable<AccessLink> Open(IReadModels models, TimeProvider time)
        => models.Current.Get<AccessState>().Links.Values.Where(link => link.Purpose == LinkPurpose.Invite && (link.ExpiresAt is not { } end || end > time.GetUtcNow()));

    private static async Task<Results<NoContent, ProblemResult>> Revoke(string id, HttpContext context, IEventStore store, CancellationToken cancellationToken)
    {
        var caller = context.Principal();
        var decided = await store.Decide(
            AccessFold.StreamId, AccessFold.StreamType, AccessFold.Fold, folded => Decide(id, caller, folded.State), context.Metadata(), cancellationToken: cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return MemberRules.Answer(context, rejection);
        }

        context.Wrote(done.Position);
        return TypedResults.NoContent();
    }
}
