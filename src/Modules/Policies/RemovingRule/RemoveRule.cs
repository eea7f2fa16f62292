using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Policies;

/// <summary>Removes a rule; the rules behind it move up.</summary>
internal static class RemoveRule
{
    public static void Map(IEndpointRouteBuilder group) => group.MapDelete("/{id}", Handle).WithName("deletePolicy").WithSummary("Removes a policy.");

    private static async Task<Results<NoContent, ProblemResult>> Handle(
        string id, HttpContext context, IfMatch ifMatch, IEventStore store, IReadModels models, CancellationToken cancellationToken)
    {
        if (RuleTarget.Find(context, models.Current, id, out var rejection) is not { } owner)
        {
            return Problem.Of(rejection);
        }

        var decided = await store.Decide(
            OwnerRules.StreamOf(owner), OwnerRules.StreamType, OwnerRules.Fold, state => Decide(state.State, owner, id), context.Metadata(),
            ifMatch.Version, cancellationToken: cancellationToken);
        if (!decided.IsDone(out var done, out var refusal))
        {
            return Problem.Of(refusal);
        }

        // The rule has no version any more: only the position is told.
        context.Wrote(done.Position);
        return TypedResults.NoContent();
    }

    public static Decision Decide(OwnerRules state, Owner owner, string id)
        => state.Rules.Find(id) is null ? PolicyDto.NotFound : Decision.Accept(new PolicyRuleRemoved(id, owner.Subject));
}
