using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>A version on the wire.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Digest">SHA-256 of its manifest in canonical form.</param>
/// <param name="InForce">Whether it is the one in force.</param>
internal sealed record PluginVersionBody(string Version, string Digest, bool InForce);

/// <summary>A version with its manifest.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Digest">SHA-256 of its manifest in canonical form.</param>
/// <param name="InForce">Whether it is the one in force.</param>
/// <param name="Manifest">The manifest in canonical form.</param>
internal sealed record PluginVersionManifest(string Version, string Digest, bool InForce, JsonElement Manifest);

/// <summary><c>GET /integrations/plugins/{id}/versions</c> and <c>…/versions/{version}</c>.</summary>
internal static class ListingPluginVersions
{
    public static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/plugins/{id}/versions", List).WithName("listPluginVersions").WithSummary("Lists the versions of a plugin.");
        group.MapGet("/plugins/{id}/versions/{version}", Get).WithName("getPluginVersion").WithSummary("Reads the manifest of a version.");
    }

    private static Results<Ok<ListOf<PluginVersionBody>>, ProblemResult> List(string id, PageRequest page, Commands commands, HttpContext context)
    {
        if (!context.Principal().MayWriteOrg)
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        return commands.State.Integration(id)?.Integration.Plugin is { } plugin
            ? TypedResults.Ok(page.Cut(
                plugin.Versions.OrderBy(version => version.Version, StringComparer.Ordinal), version => version.Version,
                version => new PluginVersionBody(version.Version, version.Digest, version.Version == plugin.Version)))
            : Problem.Of(PluginRefusals.NoPlugin(id));
    }

    private static async Task<Results<Ok<PluginVersionManifest>, ProblemResult>> Get(
        string id, string version, Commands commands, BlobStore blobs, HttpContext context, CancellationToken cancellationToken)
    {
        if (!context.Principal().MayWriteOrg)
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        if (commands.State.Integration(id)?.Integration.Plugin is not { } plugin)
        {
            return Problem.Of(PluginRefusals.NoPlugin(id));
        }

        if (plugin.Find(version) is not { } found)
        {
            return Problem.Of(PluginRefusals.NoVersion);
        }

        try
        {
            using var manifest = JsonDocument.Parse(await blobs.Read(found.Digest, cancellationToken));
            return TypedResults.Ok(new PluginVersionManifest(found.Version, found.Digest, found.Version == plugin.Version, manifest.RootElement.Clone()));
        }
        catch (InvalidDataException)
        {
            return Problem.Of(PluginRefusals.Unreadable(version));
        }
    }
}
