using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>A registered MCP client, without its secret.</summary>
/// <param name="Id"><c>cli_…</c>: its <c>client_id</c>.</param>
/// <param name="Origin">How it became known.</param>
/// <param name="Name">What it calls itself.</param>
/// <param name="RedirectUris">Where people may be sent back to.</param>
/// <param name="Confidential">Whether it has a secret.</param>
/// <param name="Grants">How many people let it in at how many resources; only live ones count.</param>
/// <param name="CreatedAt">When it became known, UTC.</param>
internal sealed record ShownClient(string Id, ClientOrigin? Origin, string Name, ImmutableArray<string> RedirectUris, bool Confidential, int Grants, DateTimeOffset CreatedAt)
{
    public static ShownClient Of(Client client, ReadSnapshot snapshot, DateTimeOffset now) => new(
        client.Id, client.Origin, client.Name, client.RedirectUris, client.IsConfidential,
        snapshot.Get<GrantsState>().Grants.Values.Count(grant => grant.ClientId == client.Id && grant.RenewedAt is not null && grant.EndsAt > now), client.CreatedAt);
}

/// <summary>Shows the registered MCP clients, to admins.</summary>
internal static class ListingClients
{
    public static Rejection AdminRequired { get; } = Rejection.Forbidden("admin_required", "Managing MCP clients takes the role admin or owner.");

    public static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/", List).WithName("listClients").WithSummary("List the registered MCP clients");
        group.MapGet("/{id}", Show).WithName("getClient").WithSummary("Show a registered MCP client");
    }

    private static Results<Ok<ListOf<ShownClient>>, ProblemResult> List(PageRequest page, HttpContext context, IReadModels models, TimeProvider time)
    {
        var (snapshot, now) = (models.Current, time.GetUtcNow());
        return context.Principal().MayWriteOrg
            ? TypedResults.Ok(page.Cut(snapshot.Get<ClientsState>().Clients.Values, client => client.Id, client => ShownClient.Of(client, snapshot, now)))
            : Problem.Of(AdminRequired);
    }

    private static Results<Ok<ShownClient>, ProblemResult> Show(string id, HttpContext context, IReadModels models, TimeProvider time)
        => !context.Principal().MayWriteOrg ? Problem.Of(AdminRequired)
            : models.Current.Get<ClientsState>().Clients.TryGetValue(id, out var client) ? TypedResults.Ok(ShownClient.Of(client, models.Current, time.GetUtcNow()))
            : Problem.Of(ClientFold.NotFound);
}
