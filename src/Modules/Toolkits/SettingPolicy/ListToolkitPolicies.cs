using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>The policies of a toolkit.</summary>
internal static class ListToolkitPolicies
{
    public static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/{id}/policies", List).WithName("listToolkitPolicies").WithSummary("The policies of a toolkit in the order in which they are tried.");
        group.MapGet("/{id}/policies/{policyId}", Get).WithName("getToolkitPolicy").WithSummary("One policy of a toolkit.");
    }

    private static Results<Ok<ListOf<ToolkitPolicyDto>>, ProblemResult> List(string id, HttpContext context, PageRequest page, IReadModels models)
    {
        if (models.Current.Get<ToolkitBook>().Find(id, context.Principal()) is not { } row)
        {
            return Problem.Of(ToolkitWrites.NotFound);
        }

        context.Read(row.Version);
        return TypedResults.Ok(page.Cut(row.Policies, policy => policy.Rule.Position + " " + policy.Rule.Id, policy => ToolkitPolicyDto.Of(row, policy)));
    }

    private static Results<Ok<ToolkitPolicyDto>, ProblemResult> Get(string id, string policyId, HttpContext context, IReadModels models)
    {
        if (models.Current.Get<ToolkitBook>().Find(id, context.Principal()) is not { } row)
        {
            return Problem.Of(ToolkitWrites.NotFound);
        }

        context.Read(row.Version);
        return row.Policies.FirstOrDefault(policy => policy.Rule.Id == policyId) is { } found
            ? TypedResults.Ok(ToolkitPolicyDto.Of(row, found))
            : Problem.Of(ToolkitPolicyDto.NotFound);
    }
}
