using System.Text.Json;
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

/// <summary>Makes an integration of a GraphQL endpoint.</summary>
/// <param name="Slug">Its slug.</param>
/// <param name="Endpoint">Where operations are posted.</param>
/// <param name="Introspection">The result of an introspection query, the JSON object or its text; without it and without <paramref name="Sdl"/> the endpoint is asked.</param>
/// <param name="Sdl">The schema in the schema language.</param>
/// <param name="Name">Name to show; the endpoint's host when it is not given.</param>
/// <param name="Description">What it is; the schema's description when it is not given.</param>
/// <param name="AuthTemplates">Ways to authenticate: a schema declares none.</param>
internal sealed record ImportGraphQl(
    string? Slug, string? Endpoint, JsonElement? Introspection = null, string? Sdl = null, string? Name = null, string? Description = null,
    IReadOnlyList<TemplateBody>? AuthTemplates = null)
{
    /// <summary>Where the API is, and its schema.</summary>
    public GraphQlSpec Spec() => new(Endpoint, Introspection, Sdl);
}

/// <summary>Rules of <see cref="ImportGraphQl"/>.</summary>
internal sealed class ImportGraphQlValidator : AbstractValidator<ImportGraphQl>
{
    public ImportGraphQlValidator()
    {
        RuleFor(command => command.Slug).IsIntegrationSlug();
        RuleFor(command => command.Spec()).SetValidator(new GraphQlSpecValidator()).OverridePropertyName("");
        RuleFor(command => command.Name).Must(DescribingRules.IsName).WithErrorCode("invalid_name").WithMessage(DescribingRules.NameMessage);
        RuleFor(command => command.Description).MaximumLength(DescribingRules.MaxDescription)
            .Must(DescribingRules.IsDescription).WithErrorCode("invalid_description").WithMessage(DescribingRules.DescriptionMessage);
        RuleFor(command => command.AuthTemplates).Must(DescribingRules.AreTemplates).WithErrorCode("invalid_templates").WithMessage(DescribingRules.TemplatesMessage);
        RuleForEach(command => command.AuthTemplates).SetValidator(new TemplateBodyValidator());
    }
}

/// <summary><c>POST /integrations/graphql</c>.</summary>
internal static class ImportingGraphQl
{
    public static void Map(IEndpointRouteBuilder group) => group.MapPost("/graphql", Handle)
        .WithName("importGraphQl").WithSummary("Makes an integration of a GraphQL endpoint.").WithMetadata(new RequestSizeLimitAttribute(SourceReader.MaxRequestBytes));

    /// <summary>The decision.</summary>
    public static Decision Decide(ImportGraphQl command, CompiledSource source, Integration? state) => state is not null
        ? Rejection.Conflict("integration_exists", $"There is an integration '{command.Slug}' already.", "/slug")
        : Decision.Accept(new GraphQlIntegrationImported(
            command.Slug!, DescribingRules.Cut(command.Name ?? source.Catalog.Title, command.Slug!), command.Description ?? DescribingRules.Cut(source.Catalog.Description),
            command.Endpoint!, command.Spec().IsInline, source.DocumentDigest, source.CatalogDigest,
            [.. (command.AuthTemplates ?? []).Select(template => template.ToTemplate())], source.Catalog.Tools.Length)) with { Alongside = source.Contents };

    private static async Task<Results<Created<IntegrationBody>, ProblemResult>> Handle(
        ImportGraphQl command, Commands commands, GraphQlSourceReader sources, CatalogStore catalogs, HttpContext context, CancellationToken cancellationToken)
    {
        if (!context.Principal().MayWriteOrg)
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        if (commands.State.Integration(command.Slug!) is not null)
        {
            // Answered before anything is asked; the decision below settles races.
            return Problem.Of(Rejection.Conflict("integration_exists", $"There is an integration '{command.Slug}' already.", "/slug"));
        }

        var reading = await sources.Read(command.Spec(), cancellationToken);
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
