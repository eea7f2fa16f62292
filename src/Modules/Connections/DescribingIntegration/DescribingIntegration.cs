using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>Describes or configures an integration otherwise; what is null stays.</summary>
/// <param name="Name">Name to show.</param>
/// <param name="Description">What it is.</param>
/// <param name="BaseUrl">Replaces the servers of the document; the empty string lets them hold again.</param>
/// <param name="AuthTemplates">All templates written by hand, in place of the earlier ones.</param>
/// <param name="BlockOnChange">Whether tools whose definition changed are kept from everyone until the change is accepted.</param>
internal sealed record DescribeIntegration(
    string? Name = null, string? Description = null, string? BaseUrl = null, IReadOnlyList<TemplateBody>? AuthTemplates = null, bool? BlockOnChange = null);

/// <summary>Rules of <see cref="DescribeIntegration"/>.</summary>
internal sealed class DescribeIntegrationValidator : AbstractValidator<DescribeIntegration>
{
    public DescribeIntegrationValidator()
    {
        RuleFor(command => command.Name).Must(DescribingRules.IsName).WithErrorCode("invalid_name").WithMessage(DescribingRules.NameMessage);
        RuleFor(command => command.Description).MaximumLength(DescribingRules.MaxDescription)
            .Must(DescribingRules.IsDescription).WithErrorCode("invalid_description").WithMessage(DescribingRules.DescriptionMessage);
        RuleFor(command => command.BaseUrl).Must(BaseUrls.IsBase).When(command => command.BaseUrl is { Length: > 0 })
            .WithErrorCode("invalid_url").WithMessage(DescribingRules.BaseUrlMessage);
        RuleFor(command => command.AuthTemplates).Must(DescribingRules.AreTemplates).WithErrorCode("invalid_templates").WithMessage(DescribingRules.TemplatesMessage);
        RuleForEach(command => command.AuthTemplates).SetValidator(new TemplateBodyValidator());
    }
}

/// <summary><c>PATCH /integrations/{slug}</c>.</summary>
internal static class DescribingIntegration
{
    public static void Map(IEndpointRouteBuilder group) => group.MapPatch("/{slug}", Handle)
        .WithName("describeIntegration").WithSummary("Changes name, description, base URL or templates written by hand.");

    /// <summary>The decision.</summary>
    /// <param name="command">What is wanted.</param>
    /// <param name="slug">The integration.</param>
    /// <param name="rebased">The source under the new base URL, and what that does; null when the base URL stays.</param>
    /// <param name="inUse">Slugs of templates that connections use.</param>
    /// <param name="state">The integration.</param>
    public static Decision Decide(
        DescribeIntegration command, string slug, (CompiledSource Source, CatalogChanges Changes, string? BaseUrl)? rebased, IReadOnlySet<string> inUse, Integration? state)
    {
        if (state is null)
        {
            return Refusals.NoIntegration(slug);
        }

        var described = new IntegrationDescribed(
            slug, command.Name ?? state.Name, command.Description ?? state.Description,
            command.AuthTemplates is { } templates ? [.. templates.Select(template => template.ToTemplate())] : state.AddedTemplates,
            command.BlockOnChange ?? state.BlockOnChange);
        var after = Integration.Evolve(state, described)!;
        if (inUse.FirstOrDefault(template => state.Template(template) is not null && after.Template(template) is null) is { } lost)
        {
            return Rejection.Conflict("template_in_use", $"Connections use the template '{lost}'; it cannot go.", "/authTemplates");
        }

        if (rebased is { } stale && stale.Source.DocumentDigest != state.SourceDigest)
        {
            return Rejection.Conflict("source_changed", "The source was replaced in the meantime; try again.", "/baseUrl");
        }

        var events = new List<object>();
        if (command.AuthTemplates is not null || described.Name != state.Name || described.Description != state.Description || described.BlockOnChange != state.BlockOnChange)
        {
            events.Add(described);
        }

        if (rebased is var (source, changes, baseUrl) && baseUrl != state.BaseUrl)
        {
            events.Add(new IntegrationSourceReplaced(
                slug, state.SourceUrl, source.DocumentDigest, source.CatalogDigest, baseUrl, source.Catalog.AuthTemplates,
                source.Catalog.Tools.Length, changes));
        }

        return events.Count == 0 ? Decision.Nothing : new Decision.Accepted(events) { Alongside = rebased?.Source.Contents ?? [] };
    }

    private static async Task<Results<Ok<IntegrationBody>, ProblemResult>> Handle(
        string slug, DescribeIntegration command, IfMatch ifMatch, Commands commands, SourceReader sources, CatalogStore catalogs, RefreshLedger ledger, HttpContext context,
        CancellationToken cancellationToken)
    {
        if (!context.Principal().MayWriteOrg)
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        if (commands.State.Integration(slug)?.Integration is not { } integration)
        {
            return Problem.Of(Refusals.NoIntegration(slug));
        }

        if (integration.Plugin is not null && command.BaseUrl is not null)
        {
            return Problem.Of(PluginRefusals.ManifestRules(slug));
        }

        if (integration.Server is not null && command.BaseUrl is not null)
        {
            return Problem.Of(Refusals.SourceIsServer);
        }

        if (command.BaseUrl is not null && integration.Kind == "graphql")
        {
            return Problem.Of(Rejection.Invalid("not_supported", "The endpoint of a GraphQL integration is part of its source: PUT /source changes it.", "/baseUrl"));
        }

        (CompiledSource, CatalogChanges, string?)? rebased = null;
        if (command.BaseUrl is { } wanted)
        {
            var baseUrl = wanted.Length == 0 ? null : wanted;
            var reading = await sources.Again(integration, baseUrl, cancellationToken);
            if (reading.Source is not { } source)
            {
                return Problem.Of(reading.Rejection!);
            }

            var before = catalogs.Get(integration.CatalogDigest);
            source = source.InPlaceOf(before);
            catalogs.Put(source.CatalogDigest, source.Catalog, source.Encoded.Length);
            rebased = (source, CatalogChanges.Between(before.Tools, source.Catalog.Tools), baseUrl);
        }

        var inUse = commands.State.Connections.Values.Where(row => row.Connection.Key.Integration == slug).Select(row => row.Connection.Template).ToHashSet(StringComparer.Ordinal);
        var decided = await commands.OnIntegration(slug, state => Decide(command, slug, rebased, inUse, state), context.Metadata(), ifMatch.Version, cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return Problem.Of(rejection);
        }

        context.Wrote(done);
        return await ListingIntegrations.Show(commands, catalogs, ledger, slug, cancellationToken) is { } shown
            ? TypedResults.Ok(shown)
            : Problem.Of(Refusals.NoIntegration(slug));
    }
}
