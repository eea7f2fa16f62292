using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>
/// <c>POST /connections/{owner}/{integration}/{name}/refresh</c>: reads the catalog of a connection again, where the source shows each connection its
/// own. Other catalogs belong to the integration and are refreshed there; for them the answer is what the connection offers now.
/// </summary>
internal static class RefreshingConnection
{
    public static void Map(IEndpointRouteBuilder group) => group.MapPost(ListingConnections.One + "/refresh", Handle)
        .WithName("refreshConnection").WithSummary("Reads the catalog of a connection again, where it has one of its own.");

    private static async Task<Results<Ok<CatalogChangesBody>, ProblemResult>> Handle(
        string owner, string integration, string name, Commands commands, ConnectionCatalogs catalogs, RefreshRounds rounds, IReadModels models, HttpContext context,
        CancellationToken cancellationToken)
    {
        var principal = context.Principal();
        if (commands.Visible(owner, integration, name, principal) is not { Connection.Key: var key })
        {
            return Problem.Of(Refusals.NoConnection);
        }

        if (!key.Owner.IsWritableBy(principal))
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        var refreshed = await catalogs.Refresh(key, context.Metadata(), cancellationToken);
        if (commands.State.Integration(integration) is { } source && catalogs.Has(source.Integration))
        {
            await rounds.Note(key.Stream, refreshed.Changes, refreshed.Rejection, cancellationToken);
        }

        if (refreshed.Rejection is { } rejection)
        {
            return Problem.Of(rejection);
        }

        if (refreshed.Written is { } written)
        {
            context.Wrote(written);
        }
        else
        {
            // Nothing of its own to read: what is answered is what this node knows at its position.
            context.Wrote(models.Current.Position);
        }

        return TypedResults.Ok(refreshed.Changes!);
    }
}
