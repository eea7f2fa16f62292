using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Sessions;

/// <summary>Takes the limits of its own from a subject.</summary>
internal static class LiftingLimit
{
    public static void Map(IEndpointRouteBuilder group) => group.MapDelete("/{kind}/{id}", Handle).WithName("liftLimit")
        .WithSummary("Lets the limits of the configuration hold again.");

    public static Decision Decide(LimitFold state, LimitKind kind, string id)
        => state.Values is null ? LimitTarget.NotSet : Decision.Accept(new LimitLifted(kind.Word(), id));

    private static async Task<Results<NoContent, ProblemResult>> Handle(
        string kind, string id, IfMatch ifMatch, HttpContext context, IEventStore store, CancellationToken cancellationToken)
    {
        if (LimitTarget.Find(context, kind, id, out var refusal) is not { } target)
        {
            return Problem.Of(refusal);
        }

        var decided = await store.Decide(
            target.StreamId, LimitFold.StreamType, LimitFold.Fold, folded => Decide(folded.State, target.Kind, id), context.Metadata(), ifMatch.Version,
            cancellationToken: cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return Problem.Of(rejection);
        }

        context.Wrote(done.Position);
        return TypedResults.NoContent();
    }
}
