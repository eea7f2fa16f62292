using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>The grants of a toolkit.</summary>
internal static class ListGrants
{
    public static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/{id}/connections", List).WithName("listGrants").WithSummary("The grants of a toolkit, oldest first.");
        group.MapGet("/{id}/connections/{grantId}", Get).WithName("getGrant").WithSummary("One grant.");
    }

    private static Results<Ok<ListOf<GrantDto>>, ProblemResult> List(string id, HttpContext context, PageRequest page, IReadModels models)
    {
        if (models.Current.Get<ToolkitBook>().Find(id, context.Principal()) is not { } row)
        {
            return Problem.Of(ToolkitWrites.NotFound);
        }

        context.Read(row.Version);
        return TypedResults.Ok(page.Cut(row.Grants, grant => grant.Grant.Position, grant => GrantDto.Of(row, grant)));
    }

    private static Results<Ok<GrantDto>, ProblemResult> Get(string id, string grantId, HttpContext context, IReadModels models)
    {
        if (models.Current.Get<ToolkitBook>().Find(id, context.Principal()) is not { } row)
        {
            return Problem.Of(ToolkitWrites.NotFound);
        }

        context.Read(row.Version);
        return row.Grants.FirstOrDefault(grant => grant.Grant.Id == grantId) is { } found
            ? TypedResults.Ok(GrantDto.Of(row, found))
            : Problem.Of(RevokeConnection.NotFound);
    }
}
