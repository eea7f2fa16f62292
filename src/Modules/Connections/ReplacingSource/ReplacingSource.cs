using System.Diagnostics.CodeAnalysis;
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

/// <summary>Gives an integration another source document.</summary>
/// <param name="Spec">Where the document is.</param>
/// <param name="BaseUrl">Replaces the servers of the document; the one in force stays when it is not given.</param>
/// <param name="Endpoint">Of a GraphQL integration: where operations are posted; the one in force stays when it is not given.</param>
/// <param name="Introspection">Of a GraphQL integration: the result of an introspection query, the JSON object or its text.</param>
/// <param name="Sdl">Of a GraphQL integration: the schema in the schema language.</param>
internal sealed record ReplaceSource(
    SpecSource? Spec = null, string? BaseUrl = null, string? Endpoint = null, JsonElement? Introspection = null, string? Sdl = null)
{
    /// <summary>Whether it is the source of a GraphQL integration.</summary>
    public bool IsGraphQl => Endpoint is not null || Introspection is not null || Sdl is not null;

    /// <summary>The source of a GraphQL integration.</summary>
    public GraphQlSpec GraphQl(string? endpoint) => new(Endpoint ?? endpoint, Introspection, Sdl);
}

/// <summary>Rules of <see cref="ReplaceSource"/>.</summary>
internal sealed class ReplaceSourceValidator : AbstractValidator<ReplaceSource>
{
    public ReplaceSourceValidator()
    {
        RuleFor(command => command.Spec).NotNull().When(command => !command.IsGraphQl).WithErrorCode("required").WithMessage("Say where the document is.");
        RuleFor(command => command.Spec).Null().When(command => command.IsGraphQl)
            .WithErrorCode("one_of").WithMessage("Give a document, or an endpoint and its schema, not both.");
        RuleFor(command => command.GraphQl("https://endpoint.invalid")).SetValidator(new GraphQlSpecValidator()).When(command => command.IsGraphQl).OverridePropertyName("");
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

    /// <summary>The decision: a document that means the same under the same base URL changes nothing.</summary>
    public static Decision Decide(string slug, string? sourceUrl, string? baseUrl, CompiledSource source, CatalogChanges changes, Integration? state) => state switch
    {
        null => Refusals.NoIntegration(slug),
        _ when state.CatalogDigest == source.CatalogDigest && state.SourceUrl == sourceUrl && state.BaseUrl == baseUrl
            => Decision.Nothing,
        _ => Decision.Accept(new IntegrationSourceReplaced(
            slug, sourceUrl, source.DocumentDigest, source.CatalogDigest, baseUrl, source.Catalog.AuthTemplates,
            source.Catalog.Tools.Length, changes)) with { Alongside = source.Contents },
    };

    /// <summary>Whether the principal may give an integration another document, and it is of a kind that has one.</summary>
    public static bool MayReplace(
        string slug, Principal principal, Commands commands, [NotNullWhen(true)] out Integration? integration, [NotNullWhen(false)] out Rejection? refusal)
    {
        integration = commands.State.Integration(slug)?.Integration;
        refusal = !principal.MayWriteOrg ? Refusals.AdminsOnly : integration switch
        {
            null => Refusals.NoIntegration(slug),
            { Plugin: not null } => PluginRefusals.ManifestRules(slug),
            { Server: not null } => Refusals.SourceIsServer,
            _ => null,
        };
        return refusal is null;
    }

    /// <summary>Replaces and answers with the difference; shared with the refresh.</summary>
    public static async Task<Results<Ok<CatalogChangesBody>, ProblemResult>> Replace(
        string slug, string? sourceUrl, string? baseUrl, CompiledSource source, IfMatch ifMatch, Commands commands, CatalogStore catalogs, HttpContext context,
        CancellationToken cancellationToken)
    {
        var (decided, changes) = await Apply(
            slug, sourceUrl, baseUrl, source, isCurrent: _ => true, commands, catalogs, context.Metadata(), ifMatch.Version, cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return Problem.Of(rejection);
        }

        context.Wrote(done);
        return TypedResults.Ok(changes!);
    }

    /// <summary>Replaces the source of an integration, whoever asks for it.</summary>
    /// <param name="slug">The integration.</param>
    /// <param name="sourceUrl">Where the document was fetched.</param>
    /// <param name="baseUrl">The base URL that is to hold.</param>
    /// <param name="source">What was compiled.</param>
    /// <param name="isCurrent">Whether the integration is still what the source was read for; if not, nothing happens.</param>
    /// <param name="commands">The use cases' common ground.</param>
    /// <param name="catalogs">The catalogs.</param>
    /// <param name="metadata">Who does it.</param>
    /// <param name="ifMatch">The version that must hold; null for any.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The decision, and what it did to the tools.</returns>
    public static async Task<(Decided<Integration?> Decided, CatalogChangesBody? Changes)> Apply(
        string slug, string? sourceUrl, string? baseUrl, CompiledSource source, Func<Integration, bool> isCurrent, Commands commands, CatalogStore catalogs,
        EventMetadata metadata, long? ifMatch, CancellationToken cancellationToken)
    {
        CatalogChanges? changes = null;
        var decided = await commands.OnIntegration(
            slug,
            state =>
            {
                changes = null;
                if (state is null)
                {
                    return Refusals.NoIntegration(slug);
                }

                if (!isCurrent(state))
                {
                    return Decision.Nothing;
                }

                // Against the catalog of the very state that is decided on: a lost race compares again.
                var before = catalogs.Get(state.CatalogDigest);
                var next = Succeed(source, before, state, baseUrl);
                catalogs.Put(next.CatalogDigest, next.Catalog, next.Encoded.Length);
                changes = CatalogChanges.Between(before.Tools, next.Catalog.Tools);
                return Decide(slug, sourceUrl, baseUrl, next, changes, state);
            },
            metadata, ifMatch, cancellationToken);
        return (decided, decided is Decided<Integration?>.Done { Changed: var changed } ? CatalogChangesBody.Of(changed ? changes : null, source.Catalog.Tools.Length) : null);
    }

    /// <summary>
    /// What changed in a document is for people to accept. The same document, or another base URL, is not: what differs then is how Toolgate reads it, or
    /// what an administrator just decided.
    /// </summary>
    private static CompiledSource Succeed(CompiledSource source, SourceCatalog before, Integration state, string? baseUrl)
        => source.DocumentDigest == state.SourceDigest || baseUrl != state.BaseUrl ? source.InPlaceOf(before) : source.After(before);

    private static async Task<Results<Ok<CatalogChangesBody>, ProblemResult>> Handle(
        string slug, ReplaceSource command, IfMatch ifMatch, Commands commands, SourceReader sources, GraphQlSourceReader schemas, CatalogStore catalogs,
        HttpContext context, CancellationToken cancellationToken)
    {
        if (!MayReplace(slug, context.Principal(), commands, out var integration, out var refusal))
        {
            return Problem.Of(refusal);
        }

        if (command.IsGraphQl != (integration.Kind == "graphql"))
        {
            return Problem.Of(Rejection.Invalid("wrong_kind", $"This is no source of an integration of kind {integration.Kind}."));
        }

        if (command.IsGraphQl)
        {
            var spec = command.GraphQl(integration.BaseUrl);
            var schema = await schemas.Read(spec, cancellationToken);
            return schema.Source is { } compiled
                ? await Replace(slug, spec.IsInline ? null : spec.Endpoint, spec.Endpoint, compiled, ifMatch, commands, catalogs, context, cancellationToken)
                : Problem.Of(schema.Rejection!);
        }

        var baseUrl = command.BaseUrl ?? integration.BaseUrl;
        var reading = await sources.Read(command.Spec!, baseUrl, cancellationToken);
        return reading.Source is { } source
            ? await Replace(slug, command.Spec!.Url, baseUrl, source, ifMatch, commands, catalogs, context, cancellationToken)
            : Problem.Of(reading.Rejection!);
    }
}
