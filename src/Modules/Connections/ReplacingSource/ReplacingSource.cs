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

/// <summary>Gives an integration another source document.</summary>
/// <param name="Spec">Where the document is.</param>
/// <param name="BaseUrl">Replaces the servers of the document; the one in force stays when it is not given.</param>
internal sealed record ReplaceSource(SpecSource? Spec, string? BaseUrl = null);

/// <summary>Rules of <see cref="ReplaceSource"/>.</summary>
internal sealed class ReplaceSourceValidator : AbstractValidator<ReplaceSource>
{
    public ReplaceSourceValidator()
    {
        RuleFor(command => command.Spec).NotNull().WithErrorCode("required").WithMessage("Say where the document is.");
        RuleFor(command => command.Spec!).SetValidator(new SpecSourceValidator()).When(command => command.Spec is not null);
        RuleFor(command => command.BaseUrl).Must(BaseUrls.IsBase).When(command => command.BaseUrl is not null)
            .WithErrorCode("invalid_url").WithMessage(DescribingRules.BaseUrlMessage);
    }
}

/// <summary><c>PUT /integrations/{slug}/source</c>: the catalog in force stays when the new document cannot be read.</summary>
internal static class ReplacingSource
{
    public static void Map(IEndpointRouteBuilder group) => group.MapPut("/{slug}/source", Handle)
        .WithName("replaceSource").WithSummary("Gives an integration another source document.").WithMetadata(new RequestSizeLimitAttribute(SourceReader.MaxRequestBytes));

    /// <summary>The decision: the same document under the same base URL changes nothing.</summary>
    public static Decision Decide(string slug, string? sourceUrl, string? baseUrl, CompiledSource source, CatalogChanges changes, Integration? state) => state switch
    {
        null => Refusals.NoIntegration(slug),
        _ when state.SourceDigest == source.DocumentDigest && state.CatalogDigest == source.CatalogDigest && state.SourceUrl == sourceUrl && state.BaseUrl == baseUrl
            => Decision.Nothing,
        _ => Decision.Accept(new IntegrationSourceReplaced(
            slug, sourceUrl, source.DocumentDigest, source.CatalogDigest, baseUrl, source.Catalog.AuthTemplates,
            source.Catalog.Tools.Length, changes)) with { Alongside = source.Contents },
    };

    /// <summary>Replaces and answers with the difference; shared with the refresh.</summary>
    public static async Task<Results<Ok<CatalogChangesBody>, ProblemResult>> Replace(
        string slug, string? sourceUrl, string? baseUrl, CompiledSource source, IfMatch ifMatch, Commands commands, CatalogStore catalogs, HttpContext context,
        CancellationToken cancellationToken)
    {
        catalogs.Put(source.CatalogDigest, source.Catalog, source.Encoded.Length);
        CatalogChanges? changes = null;
        var decided = await commands.OnIntegration(
            slug,
            state =>
            {
                // Against the catalog of the very state that is decided on: a lost race compares again.
                changes = state is null ? null : CatalogChanges.Between(catalogs.Get(state.CatalogDigest).Tools, source.Catalog.Tools);
                return Decide(slug, sourceUrl, baseUrl, source, changes!, state);
            },
            context.Metadata(), ifMatch.Version, cancellationToken);
        if (decided is not Decided<Integration?>.Done done)
        {
            return Problem.Of(((Decided<Integration?>.Refused)decided).Rejection);
        }

        context.Wrote(done);
        return TypedResults.Ok(CatalogChangesBody.Of(done.Changed ? changes : null, source.Catalog.Tools.Length));
    }

    private static async Task<Results<Ok<CatalogChangesBody>, ProblemResult>> Handle(
        string slug, ReplaceSource command, IfMatch ifMatch, Commands commands, SourceReader sources, CatalogStore catalogs, HttpContext context,
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

        if (integration.Server is not null)
        {
            return Problem.Of(Refusals.SourceIsServer);
        }

        var baseUrl = command.BaseUrl ?? integration.BaseUrl;
        var reading = await sources.Read(command.Spec!, baseUrl, cancellationToken);
        return reading.Source is { } source
            ? await Replace(slug, command.Spec!.Url, baseUrl, source, ifMatch, commands, catalogs, context, cancellationToken)
            : Problem.Of(reading.Rejection!);
    }
}
