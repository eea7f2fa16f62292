using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>Asks what is at a URL.</summary>
/// <param name="Url">A document, or a site that may serve one under a usual path.</param>
internal sealed record DetectSource(string? Url);

/// <summary>Rules of <see cref="DetectSource"/>.</summary>
internal sealed class DetectSourceValidator : AbstractValidator<DetectSource>
{
    public DetectSourceValidator()
    {
        RuleFor(command => command.Url).Must(BaseUrls.IsFetchable).WithErrorCode("invalid_url")
            .WithMessage("The URL must be absolute, http or https, and hold no user name or password.");
    }
}

/// <summary>What was found.</summary>
/// <param name="Kind"><c>openapi</c>, <c>graphql</c> or <c>mcp</c>; null when nothing was.</param>
/// <param name="Url">Where the source is.</param>
/// <param name="Name">What it calls itself.</param>
/// <param name="ToolCount">Tools that an import would give.</param>
/// <param name="Detail">Why nothing was found.</param>
/// <param name="Transport">Of an MCP server: <c>http</c> or <c>sse</c>; null for everything else.</param>
internal sealed record DetectedSource(string? Kind, string Url, string? Name, int ToolCount, string? Detail, string? Transport = null)
{
    /// <summary>What was found at a URL.</summary>
    public static DetectedSource Of(string kind, string url, SourceCatalog catalog, string? transport = null)
        => new(kind, url, DescribingRules.Cut(catalog.Title, url), catalog.Tools.Length, Detail: null, transport);
}

/// <summary>
/// <c>POST /integrations/detect</c>: the URL itself in every kind first, since who pastes the address of a server does not mean the document that happens to
/// lie beside it, then the usual places below its origin. Saves nothing.
/// </summary>
internal static class DetectingSource
{
    private static readonly string[] UsualPlaces = ["/openapi.json", "/swagger.json", "/openapi.yaml", "/v3/api-docs", "/swagger/v1/swagger.json"];

    public static void Map(IEndpointRouteBuilder group) => group.MapPost("/detect", Handle)
        .WithName("detectSource").WithSummary("Says what is at a URL, saving nothing.").ChangesNothing();

    private static async Task<Results<Ok<DetectedSource>, ProblemResult>> Handle(
        DetectSource command, SourceReader sources, GraphQlSourceReader schemas, ServerProbe servers, HttpContext context, CancellationToken cancellationToken)
    {
        if (!context.Principal().MayWriteOrg)
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        var url = command.Url!;
        var document = await sources.Fetch(url, baseUrl: null, "/url", cancellationToken);
        if (document.Source is { Catalog: var described })
        {
            return TypedResults.Ok(DetectedSource.Of("openapi", url, described));
        }

        // What may not be reached or does not answer at all is not asked again in other words.
        if (document.Rejection!.Code is not ("egress_refused" or "source_timeout")
            && (await Endpoint(url, schemas, servers, cancellationToken) ?? await Beside(url, sources, cancellationToken)) is { } found)
        {
            return TypedResults.Ok(found);
        }

        return TypedResults.Ok(new DetectedSource(null, url, null, 0, document.Rejection.Detail));
    }

    /// <summary>Something at the very URL that is posted to.</summary>
    private static async Task<DetectedSource?> Endpoint(string url, GraphQlSourceReader schemas, ServerProbe servers, CancellationToken cancellationToken)
    {
        if ((await schemas.Introspect(url, PreparedAuth.None, "/url", cancellationToken)).Source is { Catalog: var schema })
        {
            return DetectedSource.Of("graphql", url, schema);
        }

        foreach (var transport in new[] { McpServer.Http, McpServer.Sse })
        {
            if ((await servers.Read(transport, url, "/url", cancellationToken)).Source is { Catalog: var offered })
            {
                return DetectedSource.Of(McpKind.Word, url, offered, transport);
            }
        }

        return null;
    }

    /// <summary>A document at a usual place of the same origin.</summary>
    private static async Task<DetectedSource?> Beside(string url, SourceReader sources, CancellationToken cancellationToken)
    {
        foreach (var place in UsualPlaces.Select(place => new Uri(new Uri(url), place).ToString()))
        {
            if ((await sources.Fetch(place, baseUrl: null, "/url", cancellationToken)).Source is { Catalog: var catalog })
            {
                return DetectedSource.Of("openapi", place, catalog);
            }
        }

        return null;
    }
}
