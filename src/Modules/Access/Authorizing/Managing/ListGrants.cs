using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>A client that was let in.</summary>
/// <param name="Id"><c>grt_…</c>.</param>
/// <param name="MemberId">Who let it in.</param>
/// <param name="ClientId">The client.</param>
/// <param name="ClientName">What it called itself.</param>
/// <param name="Resource">Path of the resource that it may use.</param>
/// <param name="ToolkitId">The toolkit that it sees there; null for everything that the person may call.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="CreatedAt">When it was let in, UTC.</param>
/// <param name="RenewedAt">When it last got tokens, UTC.</param>
/// <param name="EndsAt">When it is out unless it renews, UTC.</param>
internal sealed record ShownGrant(
    string Id, string MemberId, string ClientId, string ClientName, string Resource, string? ToolkitId, ImmutableArray<string> Scopes, DateTimeOffset CreatedAt,
    DateTimeOffset? RenewedAt, DateTimeOffset EndsAt)
{
    public static ShownGrant Of(Grant grant) => new(
        grant.Id, grant.MemberId, grant.ClientId, grant.ClientName, grant.Audience, grant.ToolkitId, grant.Scopes, grant.CreatedAt, grant.RenewedAt, grant.EndsAt);
}

/// <summary>Shows the clients that the caller let in.</summary>
internal static class ListingGrants
{
    public static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/grants", List).WithName("listClientGrants").WithSummary("List the MCP clients that the caller let in");
        group.MapGet("/grants/{id}", Show).WithName("getClientGrant").WithSummary("Show an MCP client that the caller let in");
    }

    private static ListOf<ShownGrant> List(PageRequest page, HttpContext context, IReadModels models, TimeProvider time)
    {
        var (caller, now) = (context.Principal(), time.GetUtcNow());
        return page.Cut(
            models.Current.Get<GrantsState>().Grants.Values.Where(grant => grant.MemberId == caller.Id && grant.RenewedAt is not null && grant.EndsAt > now), grant => grant.Id,
            ShownGrant.Of);
    }

    private static Results<Ok<ShownGrant>, ProblemResult> Show(string id, HttpContext context, IReadModels models, TimeProvider time)
        => models.Current.Get<GrantsState>().Grants.TryGetValue(id, out var grant) && grant.MemberId == context.Principal().Id && grant.EndsAt > time.GetUtcNow()
            ? TypedResults.Ok(ShownGrant.Of(grant))
            : Problem.Of(RevokingGrant.NotFound);
}
