using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary><c>POST /integrations/{slug}/refresh</c>: fetches the source again. One that cannot be read leaves everything as it is.</summary>
internal static class RefreshingIntegration
{
    public static void Map(IEndpointRouteBuilder group) => group.MapPost("/{slug}/refresh", Handle)
        .WithName("refreshIntegration").WithSummary("Fetches the source of an integration again.");

    private static async Task<Results<Ok<CatalogChangesBody>, ProblemResult>> Handle(
        string slug, IfMatch ifMatch, Commands commands, SourceReader sources, CatalogStore catalogs, HttpContext context, CancellationToken cancellationToken)
    {
        if (!context.Principal().MayWriteOrg)
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        if (commands.State.Integration(slug)?.Integration is not { } integration)
        {
            return Problem.Of(Refusals.NoIntegration(slug));
        }

        if (integration.Server is not null)
        {
            return Problem.Of(Refusals.SourceIsServer);
        }

        if (integration.SourceUrl is not { } url)
        {
            return Problem.Of(Rejection.Conflict("source_inline", "The source of this integration was sent inline; replace it instead."));
        }

        var reading = await sources.Fetch(url, integration.BaseUrl, pointer: null, cancellationToken);
        return reading.Source is { } source
            ? await ReplacingSource.Replace(slug, url, integration.BaseUrl, source, ifMatch, commands, catalogs, context, cancellationToken)
            : Problem.Of(reading.Rejection!);
    }
}
