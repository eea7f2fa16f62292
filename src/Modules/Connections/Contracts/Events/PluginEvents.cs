using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>A plugin was registered with its first version; it is not enabled. Stream <c>integration-{slug}</c>.</summary>
/// <param name="Slug">Its id: the slug of the integration.</param>
/// <param name="Version">The version.</param>
/// <param name="ManifestDigest">SHA-256 of the manifest in canonical form (RFC 8785), kept in <c>toolgate.blobs</c>.</param>
/// <param name="Name">Name to show.</param>
/// <param name="Description">What it is.</param>
/// <param name="Capabilities">What the manifest declares.</param>
/// <param name="SourceTemplates">Ways to authenticate that the manifest declares.</param>
/// <param name="Tools">Its tools, ordered bytewise by name.</param>
public sealed record PluginPublished(
    string Slug, string Version, string ManifestDigest, string Name, string Description, ImmutableArray<string> Capabilities, ImmutableArray<AuthTemplate> SourceTemplates,
    ImmutableArray<PublishedTool> Tools);

/// <summary>A further version of a plugin is in force; tools that are new or changed wait for approval. Stream <c>integration-{slug}</c>.</summary>
/// <param name="Slug">Its id.</param>
/// <param name="Version">The version.</param>
/// <param name="ManifestDigest">SHA-256 of the manifest in canonical form.</param>
/// <param name="Name">Name to show.</param>
/// <param name="Description">What it is.</param>
/// <param name="Capabilities">What the manifest declares.</param>
/// <param name="SourceTemplates">Ways to authenticate that the manifest declares.</param>
/// <param name="Tools">Its tools, ordered bytewise by name.</param>
/// <param name="Changes">What it does to the tools of the version before.</param>
public sealed record PluginVersionPublished(
    string Slug, string Version, string ManifestDigest, string Name, string Description, ImmutableArray<string> Capabilities, ImmutableArray<AuthTemplate> SourceTemplates,
    ImmutableArray<PublishedTool> Tools, CatalogChanges Changes);

/// <summary>The approved tools of a plugin are listed and can be called. Stream <c>integration-{slug}</c>.</summary>
/// <param name="Slug">Its id.</param>
/// <param name="Version">The version in force.</param>
/// <param name="Approved">The tools that this approved: all of them the first time, none later.</param>
public sealed record PluginEnabled(string Slug, string Version, ImmutableArray<ToolVersion> Approved);

/// <summary>No tool of a plugin is listed or can be called any more; approvals stay. Stream <c>integration-{slug}</c>.</summary>
/// <param name="Slug">Its id.</param>
public sealed record PluginDisabled(string Slug);

/// <summary>A person approved the definition of a tool. Stream <c>integration-{slug}</c>.</summary>
/// <param name="Slug">The plugin's id.</param>
/// <param name="Version">The version in force.</param>
/// <param name="Tool">The tool's name.</param>
/// <param name="Digest">Digest of the definition that was approved.</param>
public sealed record PluginToolApproved(string Slug, string Version, string Tool, string Digest);

/// <summary>A tool of a published version.</summary>
/// <param name="Name">Its name within the manifest.</param>
/// <param name="Digest">Digest of the definition, by which a person approves it.</param>
/// <param name="Content">SHA-256 of what is stored of it in <c>toolgate.blobs</c>.</param>
public sealed record PublishedTool(string Name, string Digest, string Content);
