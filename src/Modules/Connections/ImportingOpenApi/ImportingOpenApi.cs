using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>Makes an integration of an OpenAPI document.</summary>
/// <param name="Slug">Its slug.</param>
/// <param name="Spec">Where the document is.</param>
/// <param name="Name">Name to show; the document's title when it is not given.</param>
/// <param name="Description">What it is; the document's description when it is not given.</param>
/// <param name="BaseUrl">Replaces the servers of the document.</param>
/// <param name="AuthTemplates">Ways to authenticate besides the document's own.</param>
internal sealed record ImportOpenApi(
    string? Slug, SpecSource? Spec, string? Name = null, string? Description = null, string? BaseUrl = null, IReadOnlyList<TemplateBody>? AuthTemplates = null);

/// <summary>Rules of <see cref="ImportOpenApi"/>.</summary>
internal sealed class ImportOpenApiValidator : AbstractValidator<ImportOpenApi>
{
    public ImportOpenApiValidator()
    {
        RuleFor(command => command.Slug).IsIntegrationSlug();
        RuleFor(command => command.Spec).NotNull().WithErrorCode("required").WithMessage("Say where the document is.");
        RuleFor(command => command.Spec!).SetValidator(new SpecSourceValidator()).When(command => command.Spec is not null);
        RuleFor(command => command.Name).Must(DescribingRules.IsName).WithErrorCode("invalid_name").WithMessage(DescribingRules.NameMessage);
        RuleFor(command => command.Description).MaximumLength(DescribingRules.MaxDescription)
            .Must(DescribingRules.IsDescription).WithErrorCode("invalid_description").WithMessage(DescribingRules.DescriptionMessage);
        RuleFor(command => command.BaseUrl).Must(BaseUrls.IsBase).When(command => command.BaseUrl is not null)
            .WithErrorCode("invalid_url").WithMessage(DescribingRules.BaseUrlMessage);
        RuleFor(command => command.AuthTemplates).Must(DescribingRules.AreTemplates).WithErrorCode("invalid_templates").WithMessage(DescribingRules.TemplatesMessage);
        RuleForEach(command => command.AuthTemplates).SetValidator(new TemplateBodyValidator());
    }
}

/// <summary><c>POST /integrations/openapi</c>.</summary>
internal static class ImportingOpenApi
{
    public static void Map(IEndpointRouteBuilder group) => group.MapPost("/openapi", Handle)
        .WithName("importOpenApi").WithSummary("Makes an integration of an OpenAPI document.").WithMetadata(new RequestSizeLimitAttribute(SourceReader.MaxRequestBytes));

    /// <summary>The decision.</summary>
    public static Decision Decide(ImportOpenApi command, CompiledSource source, Integration? state) => state is not null
        ? Rejection.Conflict("integration_exists", $"There is an integration '{command.Slug}' already.", "/slug")
        : Decision.Accept(new OpenApiIntegrationImported(
            command.Slug!, DescribingRules.Cut(command.Name ?? source.Catalog.Title, command.Slug!), command.Description ?? DescribingRules.Cut(source.Catalog.Description),
            command.Spec!.Url, source.DocumentDigest, source.CatalogDigest, command.BaseUrl, source.Catalog.AuthTemplates,
            [.. (command.AuthTemplates ?? []).Select(template => template.ToTemplate())], source.Catalog.Tools.Length)) with { Alongside = source.Contents };

    private static async Task<Results<Created<IntegrationBody>, ProblemResult>> Handle(
        ImportOpenApi command, Commands commands, SourceReader sources, CatalogStore catalogs, HttpContext context, CancellationToken cancellationToken)
    {
        if (!context.Principal().MayWriteOrg)
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        if (commands.State.Integration(command.Slug!) is not null)
        {
            // Answered before anything is fetched; the decision below settles races.
            return Problem.Of(Rejection.Conflict("integration_exists", $"There is an integration '{command.Slug}' already.", "/slug"));
        }

        var reading = await sources.Read(command.Spec!, command.BaseUrl, cancellationToken);
        if (reading.Source is not { } source)
        {
            return Problem.Of(reading.Rejection!);
        }

        catalogs.Put(source.CatalogDigest, source.Catalog, source.Encoded.Length);
        var decided = await commands.OnIntegration(command.Slug!, state => Decide(command, source, state), context.Metadata(), ifMatch: null, cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return Problem.Of(rejection);
        }

        context.Wrote(done);
        return ListingIntegrations.Show(commands, catalogs, command.Slug!) is { } shown
            ? TypedResults.Created($"/api/integrations/{command.Slug}", shown)
            : Problem.Of(Refusals.NoIntegration(command.Slug!));
    }
}
