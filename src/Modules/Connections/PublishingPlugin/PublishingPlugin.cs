using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>
/// <c>POST /integrations/plugins</c> registers a plugin, which is not enabled; <c>POST /integrations/plugins/{id}/versions</c> gives it a further version,
/// which is in force at once. Publishing what was published before changes nothing.
/// </summary>
internal static class PublishingPlugin
{
    public static void Map(IEndpointRouteBuilder group)
    {
        group.MapPost("/plugins", Register).WithName("publishPlugin").WithSummary("Registers a plugin by its manifest; it is not enabled.");
        group.MapPost("/plugins/{id}/versions", AddVersion).WithName("publishPluginVersion").WithSummary("Publishes a further version of a plugin.");
    }

    /// <summary>The decision.</summary>
    /// <param name="manifest">A manifest that passed the validator.</param>
    /// <param name="isVersion">Whether it is a further version of a plugin that is there.</param>
    /// <param name="state">The integration that holds the id.</param>
    public static Decision Decide(PluginManifest manifest, bool isVersion, Integration? state)
    {
        if (state is null)
        {
            return isVersion ? PluginRefusals.NoPlugin(manifest.Id) : Decision.Accept(new PluginPublished(
                manifest.Id, manifest.Version, manifest.Digest, manifest.DisplayName, manifest.Description, manifest.Capabilities,
                PluginCompiler.Templates(manifest.Service.Auth), Tools(manifest))) with { Alongside = Contents(manifest) };
        }

        if (state.Plugin is not { } plugin)
        {
            return Rejection.Conflict("integration_exists", $"The id '{manifest.Id}' is the slug of an integration of kind {state.Kind}.", "/id");
        }

        if (plugin.Find(manifest.Version) is { } known)
        {
            return known.Digest == manifest.Digest
                ? Decision.Nothing
                : Rejection.Conflict("version_exists", $"Version {manifest.Version} of '{manifest.Id}' was published with other content; a version never changes.", "/version");
        }

        if (!isVersion)
        {
            return Rejection.Conflict("plugin_exists", $"There is a plugin '{manifest.Id}' already; publish further versions at /api/integrations/plugins/{manifest.Id}/versions.", "/id");
        }

        var tools = Tools(manifest);
        return Decision.Accept(new PluginVersionPublished(
            manifest.Id, manifest.Version, manifest.Digest, manifest.DisplayName, manifest.Description, manifest.Capabilities,
            PluginCompiler.Templates(manifest.Service.Auth), tools, Changes(plugin.Tools, tools))) with { Alongside = Contents(manifest) };
    }

    /// <summary>What a version does to the tools of the one before.</summary>
    public static CatalogChanges Changes(ImmutableArray<PluginTool> before, ImmutableArray<PublishedTool> after)
    {
        var old = before.ToDictionary(tool => tool.Name, tool => tool.Digest, StringComparer.Ordinal);
        ImmutableArray<ToolVersion> added = [.. after.Where(tool => !old.ContainsKey(tool.Name)).Select(tool => new ToolVersion(tool.Name, tool.Digest))];
        ImmutableArray<ToolVersion> changed = [.. after.Where(tool => old.TryGetValue(tool.Name, out var digest) && digest != tool.Digest).Select(tool => new ToolVersion(tool.Name, tool.Digest))];
        ImmutableArray<ToolVersion> removed = [.. before.Where(tool => after.All(now => now.Name != tool.Name)).Select(tool => new ToolVersion(tool.Name, tool.Digest))];
        return new CatalogChanges(added, removed, changed, added.Length, removed.Length, changed.Length);
    }

    private static ImmutableArray<PublishedTool> Tools(PluginManifest manifest)
        => [.. manifest.Tools.Select(tool => new PublishedTool(tool.Name, PluginCompiler.DigestOf(manifest, tool), BlobStore.DigestOf(tool.Content.Span)))];

    private static IReadOnlyList<SideWrite> Contents(PluginManifest manifest)
        => [BlobStore.Store(manifest.Digest, manifest.Document), .. manifest.Tools.Select(tool => BlobStore.Store(BlobStore.DigestOf(tool.Content.Span), tool.Content))];

    private static Task<Results<Created<PluginBody>, Ok<PluginBody>, ProblemResult>> Register(
        ManifestDocument manifest, ManifestValidator validator, Commands commands, PluginCatalogs plugins, HttpContext context, CancellationToken cancellationToken)
        => Publish(null, manifest, ifMatch: null, validator, commands, plugins, context, cancellationToken);

    private static Task<Results<Created<PluginBody>, Ok<PluginBody>, ProblemResult>> AddVersion(
        string id, ManifestDocument manifest, IfMatch ifMatch, ManifestValidator validator, Commands commands, PluginCatalogs plugins, HttpContext context,
        CancellationToken cancellationToken)
        => Publish(id, manifest, ifMatch.Version, validator, commands, plugins, context, cancellationToken);

    private static async Task<Results<Created<PluginBody>, Ok<PluginBody>, ProblemResult>> Publish(
        string? id, ManifestDocument document, long? ifMatch, ManifestValidator validator, Commands commands, PluginCatalogs plugins, HttpContext context,
        CancellationToken cancellationToken)
    {
        if (!context.Principal().MayWriteOrg)
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        if (id is not null && commands.State.Integration(id)?.Integration.Plugin is null)
        {
            return Problem.Of(PluginRefusals.NoPlugin(id));
        }

        var reading = validator.Read(document.Bytes);
        if (reading.Manifest is not { } manifest)
        {
            return ManifestProblems.Of(reading);
        }

        if (id is not null && manifest.Id != id)
        {
            return Problem.Of(PluginRefusals.OtherId(id));
        }

        var decided = await commands.OnIntegration(manifest.Id, state => Decide(manifest, id is not null, state), context.Metadata(), ifMatch, cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return Problem.Of(rejection);
        }

        context.Wrote(done);
        if (await ShowingPlugin.Show(done.State, plugins, cancellationToken) is not { } shown)
        {
            return Problem.Of(PluginRefusals.NoPlugin(manifest.Id));
        }

        return done.Changed
            ? TypedResults.Created(id is null ? $"/api/integrations/plugins/{manifest.Id}" : $"/api/integrations/plugins/{id}/versions/{Uri.EscapeDataString(manifest.Version)}", shown)
            : TypedResults.Ok(shown);
    }
}

/// <summary>Refusals that the use cases of plugins share.</summary>
internal static class PluginRefusals
{
    public static Rejection NoPlugin(string id) => Rejection.NotFound("plugin_not_found", $"There is no plugin '{(id.Length > 100 ? id[..100] : id)}'.");

    public static Rejection NoVersion { get; } = Rejection.NotFound("version_not_found", "The plugin has no such version.");

    public static Rejection Unreadable(string version)
        => Rejection.Conflict("version_unreadable", $"What is stored of version {version} is damaged or would not be accepted today.");

    public static Rejection NoTool { get; } = Rejection.NotFound("tool_not_found", "The version in force has no such tool.");

    public static Rejection OtherId(string id) => Rejection.Invalid("id_mismatch", $"The manifest is not one of '{id}'.", "/id");

    /// <summary>What is said of routes that would change a plugin's source without its manifest.</summary>
    public static Rejection ManifestRules(string id)
        => Rejection.Conflict("plugin_manifest_rules", $"'{id}' is a plugin: its manifest says where calls go. Publish a version at /api/integrations/plugins/{id}/versions.");
}
