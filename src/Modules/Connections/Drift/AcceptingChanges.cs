using System.Collections.Immutable;
using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>Accepts the current definitions of tools that changed.</summary>
/// <param name="Tools">Which tools, at which definition.</param>
internal sealed record AcceptChanges(IReadOnlyList<AcceptedTool?>? Tools);

/// <summary>A tool at the definition that a person saw.</summary>
/// <param name="Name">Its name within the integration.</param>
/// <param name="Digest">Digest of its current definition; of the accepted one when the tool is gone.</param>
internal sealed record AcceptedTool(string? Name, string? Digest);

/// <summary>Rules of <see cref="AcceptChanges"/>.</summary>
internal sealed class AcceptChangesValidator : AbstractValidator<AcceptChanges>
{
    private const int MaxTools = 5_000;

    public AcceptChangesValidator()
    {
        RuleFor(command => command.Tools).Must(tools => tools is { Count: > 0 and <= MaxTools }).WithErrorCode("required")
            .WithMessage($"Name 1 to {MaxTools} tools.");
        RuleForEach(command => command.Tools).Must(tool => tool is { Name.Length: > 0, Digest.Length: > 0 }).WithErrorCode("required")
            .WithMessage("Each tool has a name and the digest of the definition that was seen.");
    }
}

/// <summary>What was accepted.</summary>
/// <param name="Accepted">Names of the tools whose current definition was accepted now.</param>
/// <param name="Remaining">How many changes are left.</param>
internal sealed record AcceptedChangesBody(IReadOnlyList<string> Accepted, int Remaining);

/// <summary>
/// <c>POST /integrations/{slug}/changes/accept</c> and <c>POST /connections/{owner}/{integration}/{name}/changes/accept</c>: all or nothing, and only
/// what was seen: another definition in the meantime is 409. No builtin tools: what a source made of its tools is accepted by a person, never by an agent.
/// </summary>
internal static class AcceptingChanges
{
    public static void MapIntegrations(IEndpointRouteBuilder group) => group.MapPost("/{slug}/changes/accept", OnIntegration)
        .WithName("acceptIntegrationChanges").WithSummary("Accepts changed definitions of tools of an integration.").NotATool();

    public static void MapConnections(IEndpointRouteBuilder group) => group.MapPost(ListingConnections.One + "/changes/accept", OnConnection)
        .WithName("acceptConnectionChanges").WithSummary("Accepts changed definitions of tools of a connection.").NotATool();

    /// <summary>What accepting these tools means for a catalog: its successor and what is accepted by it, or why not.</summary>
    public static (SourceCatalog? Next, ImmutableArray<ToolVersion> Accepted, Rejection? Rejection) Decide(SourceCatalog catalog, IReadOnlyList<AcceptedTool?> tools)
    {
        var accepted = new SortedDictionary<string, ToolVersion>(StringComparer.Ordinal);
        for (var i = 0; i < tools.Count; i++)
        {
            var (name, digest) = (tools[i]!.Name!, tools[i]!.Digest!);
            var (before, current) = (CatalogDrift.Find(catalog.Accepted, name), CatalogDrift.Find(catalog.Tools, name));
            if ((current ?? before) is not { } seen)
            {
                return (null, [], Rejection.Invalid("tool_not_found", $"There is no tool '{name}'.", $"/tools/{i}/name"));
            }

            if (seen.Digest != digest)
            {
                return (null, [], Rejection.Conflict("digest_mismatch", $"The definition of '{name}' is another one now; look at it again.", $"/tools/{i}/digest"));
            }

            if (before is not null)
            {
                accepted[name] = new ToolVersion(name, digest);
            }
        }

        return (catalog.Accepting(accepted.Keys.ToHashSet(StringComparer.Ordinal)), [.. accepted.Values], null);
    }

    private static async Task<Results<Ok<AcceptedChangesBody>, ProblemResult>> OnIntegration(
        string slug, AcceptChanges command, IfMatch ifMatch, Commands commands, CatalogStore catalogs, HttpContext context, CancellationToken cancellationToken)
    {
        if (!context.Principal().MayWriteOrg)
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        AcceptedChangesBody? body = null;
        var decided = await commands.OnIntegration(
            slug,
            state => state is null ? Refusals.NoIntegration(slug) : Decide(
                command, catalogs, state.CatalogDigest, out body, (digest, accepted) => new ToolChangesAccepted(slug, digest, accepted)),
            context.Metadata(), ifMatch.Version, cancellationToken);
        return Show(decided, body, context);
    }

    private static async Task<Results<Ok<AcceptedChangesBody>, ProblemResult>> OnConnection(
        string owner, string integration, string name, AcceptChanges command, IfMatch ifMatch, Commands commands, CatalogStore catalogs, HttpContext context,
        CancellationToken cancellationToken)
    {
        var principal = context.Principal();
        if (commands.Visible(owner, integration, name, principal) is not { Connection.Key: var key })
        {
            return Problem.Of(Refusals.NoConnection);
        }

        if (!key.Owner.IsWritableBy(principal))
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        AcceptedChangesBody? body = null;
        var decided = await commands.OnConnection(
            key,
            state => state switch
            {
                null => Refusals.NoConnection,
                { CatalogDigest: null } => Rejection.Conflict("catalog_of_integration", "This catalog belongs to the integration; accept its changes there."),
                { CatalogDigest: var now } => Decide(
                    command, catalogs, now, out body,
                    (digest, accepted) => new ConnectionToolChangesAccepted(key.Owner.Word, key.Owner.Subject, key.Integration, key.Name, digest, accepted)),
            },
            context.Metadata(), ifMatch.Version, cancellationToken);
        return Show(decided, body, context);
    }

    private static Decision Decide(
        AcceptChanges command, CatalogStore catalogs, string catalogDigest, out AcceptedChangesBody? body, Func<string, ImmutableArray<ToolVersion>, object> accept)
    {
        var (next, accepted, rejection) = Decide(catalogs.Get(catalogDigest), command.Tools!);
        body = rejection is null ? new AcceptedChangesBody([.. accepted.Select(tool => tool.Name)], next!.Accepted.Length) : null;
        if (rejection is not null || accepted.IsEmpty)
        {
            return rejection is null ? Decision.Nothing : rejection;
        }

        var encoded = CatalogCodec.Encode(next!);
        var digest = BlobStore.DigestOf(encoded);
        catalogs.Put(digest, next!, encoded.Length);
        return Decision.Accept(accept(digest, accepted)) with { Alongside = [BlobStore.Store(digest, encoded)] };
    }

    private static Results<Ok<AcceptedChangesBody>, ProblemResult> Show<TState>(Decided<TState> decided, AcceptedChangesBody? body, HttpContext context)
    {
        if (!decided.IsDone(out var done, out var rejection))
        {
            return Problem.Of(rejection);
        }

        context.Wrote(done);
        return TypedResults.Ok(body!);
    }
}
