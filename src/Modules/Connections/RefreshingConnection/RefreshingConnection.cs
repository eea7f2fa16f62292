using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>
/// <c>POST /connections/{owner}/{integration}/{name}/refresh</c>. An OpenAPI catalog belongs to the integration and is refreshed there; here
/// the answer is what the connection offers now.
/// </summary>
internal static class RefreshingConnection
{
    public static void Map(IEndpointRouteBuilder group) => group.MapPost(ListingConnections.One + "/refresh", Handle)
        .WithName("refreshConnection").WithSummary("Reads the catalog of a connection again, where it has one of its own.");

    private static Results<Ok<CatalogChangesBody>, ProblemResult> Handle(string owner, string integration, string name, Commands commands, HttpContext context)
        => commands.Visible(owner, integration, name, context.Principal()) is null
            ? Problem.Of(Refusals.NoConnection)
            : TypedResults.Ok(CatalogChangesBody.Of(changes: null, commands.State.Integration(integration)?.Integration.ToolCount ?? 0));
}
