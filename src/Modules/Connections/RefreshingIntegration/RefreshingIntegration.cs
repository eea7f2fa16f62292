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
        string slug, IfMatch ifMatch, Commands commands, SourceReader sources, GraphQlSourceReader schemas, CatalogStore catalogs, RefreshRounds rounds,
        HttpContext context, CancellationToken cancellationToken)
    {
        if (!ReplacingSource.MayReplace(slug, context.Principal(), commands, out var integration, out var refusal))
        {
            return Problem.Of(refusal);
        }

        if (integration.SourceUrl is not { } url)
        {
            return Problem.Of(Rejection.Conflict("source_inline", "The source of this integration was sent inline; replace it instead."));
        }

        // A GraphQL endpoint is asked as a stranger here; what it shows to its connections is read by refreshing those.
        var reading = integration.Kind == "graphql"
            ? await schemas.Introspect(url, PreparedAuth.None, pointer: null, cancellationToken)
            : await sources.Fetch(url, integration.BaseUrl, pointer: null, cancellationToken);
        if (reading.Source is not { } source)
        {
            await rounds.Note(Integration.StreamOf(slug), changes: null, reading.Rejection, cancellationToken);
            return Problem.Of(reading.Rejection!);
        }

        var replaced = await ReplacingSource.Replace(slug, url, integration.BaseUrl, source, ifMatch, commands, catalogs, context, cancellationToken);
        if (replaced.Result is Ok<CatalogChangesBody> { Value: var changes })
        {
            await rounds.Note(Integration.StreamOf(slug), changes, rejection: null, cancellationToken);
        }

        return replaced;
    }
}
