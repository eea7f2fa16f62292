using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.EventStore;
using Toolgate.Policies;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>Removes a policy of a toolkit.</summary>
internal static class RemoveToolkitPolicy
{
    public static void Map(IEndpointRouteBuilder group)
        => group.MapDelete("/{id}/policies/{policyId}", Handle).WithName("deleteToolkitPolicy").WithSummary("Removes a policy of a toolkit.");

    private static async Task<Results<NoContent, ProblemResult>> Handle(
        string id, string policyId, HttpContext context, IfMatch ifMatch, ToolkitWrites writes, CancellationToken cancellationToken)
    {
        var written = await writes.Run(context, id, ifMatch, state => Decide(state, id, policyId), cancellationToken);
        return written.Refusal is { } refusal ? refusal : TypedResults.NoContent();
    }

    public static Decision Decide(ToolkitState state, string id, string policyId)
        => state.Rules.Find(policyId) is null ? ToolkitPolicyDto.NotFound : Decision.Accept(new ToolkitPolicyRemoved(id, policyId));
}
