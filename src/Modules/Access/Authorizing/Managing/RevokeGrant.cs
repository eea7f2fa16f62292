using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>Takes back what a client was allowed: its tokens and sessions end at once.</summary>
internal static class RevokingGrant
{
    public static Rejection NotFound { get; } = Rejection.NotFound("grant_not_found", "There is no such grant.");

    public static void Map(IEndpointRouteBuilder group)
        => group.MapDelete("/grants/{id}", Handle).WithName("revokeClientGrant").WithSummary("Take back what an MCP client was allowed; it is out at once");

    public static Decision Decide(string memberId, GrantDecisionState state)
        => state.Given is not { } given || given.MemberId != memberId || state.HasEnded ? NotFound : Decision.Accept(new GrantEnded(given.GrantId, GrantEnding.Revoked));

    private static async Task<Results<NoContent, ProblemResult>> Handle(string id, HttpContext context, IEventStore store, CancellationToken cancellationToken)
    {
        if (!id.StartsWith("grt_", StringComparison.Ordinal))
        {
            return Problem.Of(NotFound);
        }

        var caller = context.Principal().Id;
        var decided = await store.Decide(
            GrantDecisionState.StreamOf(id), GrantDecisionState.StreamType, GrantDecisionState.Fold, folded => Decide(caller, folded.State), context.Metadata(),
            cancellationToken: cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return Problem.Of(rejection);
        }

        context.Wrote(done.Position);
        return TypedResults.NoContent();
    }
}
