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

    /// <summary>The same with how its last refresh went.</summary>
    public static async Task<IntegrationBody?> Show(Commands commands, CatalogStore catalogs, RefreshLedger ledger, string slug, CancellationToken cancellationToken)
        => Show(commands, catalogs, slug) is { } body ? (await Refreshed([body], ledger, cancellationToken))[0] : null;

    private static async Task<ListOf<IntegrationBody>> List(
        Commands commands, CatalogStore catalogs, RefreshLedger ledger, ICatalog tools, PageRequest page, CancellationToken cancellationToken)
    {
        var list = page.Cut(
            commands.State.Integrations.Select(pair => (pair.Key, Row: (IntegrationRow?)pair.Value)).Append((Key: IManagementApi.Slug, Row: null))
                .OrderBy(pair => pair.Key, StringComparer.Ordinal),
            pair => pair.Key,
            pair => pair.Row is { } row ? Body(row, catalogs) : BuiltinIntegration.Body(tools.Builtin.Length));
        return list with { Items = await Refreshed(list.Items, ledger, cancellationToken) };
    }

    private static async Task<IReadOnlyList<IntegrationBody>> Refreshed(
        IReadOnlyList<IntegrationBody> bodies, RefreshLedger ledger, CancellationToken cancellationToken)
    {
        var statuses = await ledger.Read(bodies.Select(body => Integration.StreamOf(body.Slug)), cancellationToken);
        return [.. bodies.Select(body => body with { Refresh = statuses.GetValueOrDefault(Integration.StreamOf(body.Slug)) })];
    }

    private static async Task<Results<Ok<IntegrationBody>, ProblemResult>> Get(
        string slug, Commands commands, CatalogStore catalogs, RefreshLedger ledger, ICatalog tools, HttpContext context, CancellationToken cancellationToken)
    {
        if (slug == IManagementApi.Slug)
        {
            return TypedResults.Ok(BuiltinIntegration.Body(tools.Builtin.Length));
        }

        if (await Show(commands, catalogs, ledger, slug, cancellationToken) is not { } integration)
        {
            return Problem.Of(Refusals.NoIntegration(slug));
        }

        context.Read(integration.Version);
        return TypedResults.Ok(integration);
    }

    private static IntegrationBody Body(IntegrationRow row, CatalogStore catalogs)
    {
        var catalog = catalogs.Get(row.Integration.CatalogDigest);
        return IntegrationBody.Of(row, [.. catalog.Diagnostics.Take(MaxDiagnostics)], ToolChange.In(catalog).Count(change => change.Current is not null));
    }
}
