using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Toolgate.Connections;

/// <summary>What an integration of kind <c>plugin</c> knows besides what every integration knows.</summary>
internal sealed record PluginState
{
    /// <summary>The version in force: the one published last.</summary>
    public required string Version { get; init; }

    /// <summary>What its manifest declares.</summary>
    public required ImmutableArray<string> Capabilities { get; init; }

    /// <summary>Its tools, ordered bytewise by name.</summary>
    public required ImmutableArray<PluginTool> Tools { get; init; }

    /// <summary>Every version ever published, in order.</summary>
    public required ImmutableArray<PluginVersion> Versions { get; init; }

    /// <summary>Whether approved tools are listed and can be called.</summary>
    public bool Enabled { get; init; }

    /// <summary>Whether it was enabled before: only the first time approves what is there.</summary>
    public bool WasEnabled { get; init; }

    /// <summary>Whether the capability without which nothing is called is there.</summary>
    [JsonIgnore]
    public bool MayServeTools => Enabled && Capabilities.Contains(PluginManifest.ToolsCapability, StringComparer.Ordinal);

    /// <summary>The tools that are up: enabled, and approved as they are.</summary>
    [JsonIgnore]
    public ImmutableArray<PluginTool> Up => MayServeTools ? [.. Tools.Where(tool => tool.IsApproved)] : [];

    /// <summary>The version of that name; null when it was never published.</summary>
    public PluginVersion? Find(string version) => Versions.FirstOrDefault(known => known.Version == version);

    /// <summary>The tool of that name in the version in force.</summary>
    public PluginTool? Tool(string name) => Tools.FirstOrDefault(tool => tool.Name == name);

    /// <summary>Whether a call of this definition may be sent now.</summary>
    public bool MayCall(string tool, string digest) => MayServeTools && Tool(tool) is { IsApproved: true } found && found.Digest == digest;

    /// <summary>One step of the integration that this is part of; the state as it is for events of other kinds.</summary>
    public static Integration? Evolve(Integration? state, object e) => e switch
    {
        PluginPublished published => Settled(new Integration
        {
            Slug = published.Slug,
            Kind = "plugin",
            Name = published.Name,
            Description = published.Description,
            SourceDigest = published.ManifestDigest,
            CatalogDigest = "",
            SourceTemplates = published.SourceTemplates,
            AddedTemplates = [],
            ToolCount = 0,
            Plugin = new PluginState
            {
                Version = published.Version,
                Capabilities = published.Capabilities,
                Tools = [.. published.Tools.Select(tool => new PluginTool(tool.Name, tool.Digest, tool.Content, Approved: null))],
                Versions = [new PluginVersion(published.Version, published.ManifestDigest)],
            },
        }),
        PluginVersionPublished published when state?.Plugin is { } plugin => Settled(state with
        {
            Name = published.Name,
            Description = published.Description,
            SourceDigest = published.ManifestDigest,
            SourceTemplates = published.SourceTemplates,
            Templates = default,
            Plugin = plugin with
            {
                Version = published.Version,
                Capabilities = published.Capabilities,
                Tools = [.. published.Tools.Select(tool => new PluginTool(tool.Name, tool.Digest, tool.Content, plugin.Tool(tool.Name)?.Approved))],
                Versions = plugin.Versions.Add(new PluginVersion(published.Version, published.ManifestDigest)),
            },
        }),
        PluginEnabled enabled when state?.Plugin is { } plugin => Settled(state with
        {
            Plugin = enabled.Approved.Aggregate(plugin, Approve) with { Enabled = true, WasEnabled = true },
        }),
        PluginDisabled when state?.Plugin is { } plugin => Settled(state with { Plugin = plugin with { Enabled = false } }),
        PluginToolApproved approved when state?.Plugin is { } plugin => Settled(state with { Plugin = Approve(plugin, new ToolVersion(approved.Tool, approved.Digest)) }),
        _ => state,
    };

    private static PluginState Approve(PluginState state, ToolVersion approved)
        => state with { Tools = [.. state.Tools.Select(tool => tool.Name == approved.Name ? tool with { Approved = approved.Digest } : tool)] };

    /// <summary>The catalog follows from what is up.</summary>
    private static Integration Settled(Integration state)
    {
        var up = state.Plugin!.Up;
        return state with { CatalogDigest = new PluginRoster(state.Slug, up).Key, ToolCount = up.Length };
    }
}

/// <summary>A tool of the version in force.</summary>
/// <param name="Name">Its name within the manifest.</param>
/// <param name="Digest">Digest of its definition.</param>
/// <param name="Content">Digest of what is stored of it.</param>
/// <param name="Approved">Digest of the definition that a person approved last; null when none was.</param>
internal sealed record PluginTool(string Name, string Digest, string Content, string? Approved)
{
    /// <summary>Whether what a person approved is what it is now.</summary>
    [JsonIgnore]
    public bool IsApproved => Approved == Digest;
}

/// <summary>A published version.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Digest">Digest of its manifest.</param>
internal sealed record PluginVersion(string Version, string Digest);
