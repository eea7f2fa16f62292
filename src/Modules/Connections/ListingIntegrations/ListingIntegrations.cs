using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary><c>GET /integrations</c> and <c>GET /integrations/{slug}</c>: everyone sees every integration.</summary>
internal static class ListingIntegrations
{
    /// <summary>Most diagnostics in an answer.</summary>
    public const int MaxDiagnostics = 500;

    public static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("", List).WithName("listIntegrations").WithSummary("Lists the integrations, ordered by slug.");
        group.MapGet("/{slug}", Get).WithName("getIntegration").WithSummary("Reads one integration.");
    }

    /// <summary>What a write answers with: the integration as this node shows it now.</summary>
    public static IntegrationBody? Show(Commands commands, CatalogStore catalogs, string slug)
        => commands.State.Integration(slug) is { } row ? Body(row, catalogs) : null;

    private static ListOf<IntegrationBody> List(Commands commands, CatalogStore catalogs, ICatalog tools, PageRequest page)
        => page.Cut(
            commands.State.Integrations.Select(pair => (pair.Key, Row: (IntegrationRow?)pair.Value)).Append((Key: IManagementApi.Slug, Row: null))
                .OrderBy(pair => pair.Key, StringComparer.Ordinal),
            pair => pair.Key,
            pair => pair.Row is { } row ? Body(row, catalogs) : BuiltinIntegration.Body(tools.Builtin.Length));

    private static Results<Ok<IntegrationBody>, ProblemResult> Get(string slug, Commands commands, CatalogStore catalogs, ICatalog tools, HttpContext context)
    {
        if (slug == IManagementApi.Slug)
        {
            return TypedResults.Ok(BuiltinIntegration.Body(tools.Builtin.Length));
        }

        if (Show(commands, catalogs, slug) is not { } integration)
        {
            return Problem.Of(Refusals.NoIntegration(slug));
        }

        context.Read(integration.Version);
        return TypedResults.Ok(integration);
    }

    private static IntegrationBody Body(IntegrationRow row, CatalogStore catalogs)
        => IntegrationBody.Of(row, [.. catalogs.Get(row.Integration.CatalogDigest).Diagnostics.Take(MaxDiagnostics)]);
}
