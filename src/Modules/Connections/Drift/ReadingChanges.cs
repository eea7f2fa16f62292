using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>
/// <c>GET /integrations/{slug}/changes</c> and <c>GET /connections/{owner}/{integration}/{name}/changes</c>: tools whose definition is not the accepted
/// one, before and after, for those who may accept it.
/// </summary>
internal static class ReadingChanges
{
    public static void MapIntegrations(IEndpointRouteBuilder group) => group.MapGet("/{slug}/changes", OfIntegration)
        .WithName("listIntegrationChanges").WithSummary("Tools of an integration whose definition changed since it was accepted.");

    public static void MapConnections(IEndpointRouteBuilder group) => group.MapGet(ListingConnections.One + "/changes", OfConnection)
        .WithName("listConnectionChanges").WithSummary("Tools of a connection whose definition changed since it was accepted.");

    private static Results<Ok<ListOf<ToolChange>>, ProblemResult> OfIntegration(
        string slug, Commands commands, CatalogStore catalogs, PageRequest page, HttpContext context)
    {
        if (!context.Principal().MayWriteOrg)
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        return commands.State.Integration(slug)?.Integration is { } integration
            ? TypedResults.Ok(List(catalogs.Get(integration.CatalogDigest), integration, page))
            : Problem.Of(Refusals.NoIntegration(slug));
    }

    private static Results<Ok<ListOf<ToolChange>>, ProblemResult> OfConnection(
        string owner, string integration, string name, Commands commands, CatalogStore catalogs, PageRequest page, HttpContext context)
    {
        var principal = context.Principal();
        var state = commands.State;
        if (commands.Visible(owner, integration, name, principal)?.Connection is not { } connection || state.Integration(integration)?.Integration is not { } source)
        {
            return Problem.Of(Refusals.NoConnection);
        }

        return connection.Key.Owner.IsWritableBy(principal)
            ? TypedResults.Ok(List(catalogs.Get(connection.CatalogDigest ?? source.CatalogDigest), source, page))
            : Problem.Of(Refusals.AdminsOnly);
    }

    private static ListOf<ToolChange> List(SourceCatalog catalog, Integration integration, PageRequest page)
        => page.Cut(ToolChange.In(catalog), change => change.Accepted.Name, change => ToolChange.Of(change, integration.BlockOnChange));
}
