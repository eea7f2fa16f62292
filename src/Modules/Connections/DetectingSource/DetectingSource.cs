using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
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
/// <param name="Kind"><c>openapi</c> or <c>graphql</c>; null when nothing was.</param>
/// <param name="Url">Where the source is.</param>
/// <param name="Name">What it calls itself.</param>
/// <param name="ToolCount">Tools that an import would give.</param>
/// <param name="Detail">Why nothing was found.</param>
internal sealed record DetectedSource(string? Kind, string Url, string? Name, int ToolCount, string? Detail);

/// <summary><c>POST /integrations/detect</c>: the URL itself first, then the usual places below its origin. Saves nothing.</summary>
internal static class DetectingSource
{
    private static readonly string[] UsualPlaces = ["/openapi.json", "/swagger.json", "/openapi.yaml", "/v3/api-docs", "/swagger/v1/swagger.json"];

    public static void Map(IEndpointRouteBuilder group) => group.MapPost("/detect", Handle)
        .WithName("detectSource").WithSummary("Says what is at a URL, saving nothing.").ChangesNothing();

    private static async Task<Results<Ok<DetectedSource>, ProblemResult>> Handle(
        DetectSource command, SourceReader sources, GraphQlSourceReader schemas, HttpContext context, CancellationToken cancellationToken)
    {
        if (!context.Principal().MayWriteOrg)
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        Rejection? first = null;
        foreach (var url in UsualPlaces.Select(place => new Uri(new Uri(command.Url!), place).ToString()).Prepend(command.Url!))
        {
            var reading = await sources.Fetch(url, baseUrl: null, "/url", cancellationToken);
            if (reading.Source is { Catalog: var catalog })
            {
                return TypedResults.Ok(new DetectedSource("openapi", url, DescribingRules.Cut(catalog.Title, url), catalog.Tools.Length, Detail: null));
            }

            first ??= reading.Rejection;
            if (reading.Rejection!.Code is "egress_refused" or "source_timeout")
            {
                break;
            }
        }

        if (first!.Code is not ("egress_refused" or "source_timeout")
            && (await schemas.Introspect(command.Url!, PreparedAuth.None, "/url", cancellationToken)).Source is { Catalog: var schema })
        {
            return TypedResults.Ok(new DetectedSource("graphql", command.Url!, DescribingRules.Cut(schema.Title, command.Url!), schema.Tools.Length, Detail: null));
        }

        return TypedResults.Ok(new DetectedSource(null, command.Url!, null, 0, first.Detail));
    }
}
