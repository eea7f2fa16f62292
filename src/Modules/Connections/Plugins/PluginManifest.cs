using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>A manifest that passed the validator. Immutable.</summary>
/// <param name="Id">Its id: the slug of the integration.</param>
/// <param name="Version">Semantic version 2.0; immutable once published.</param>
/// <param name="DisplayName">Name to show.</param>
/// <param name="Description">What it is.</param>
/// <param name="Capabilities">What it declares, <c>mcp:tools</c> among it.</param>
/// <param name="Service">The service behind it.</param>
/// <param name="Tools">Its tools, ordered bytewise by name, each with its route.</param>
internal sealed record PluginManifest(
    string Id, string Version, string DisplayName, string Description, ImmutableArray<string> Capabilities, PluginService Service, ImmutableArray<ManifestTool> Tools)
{
    /// <summary>The capability without which tools are neither published nor called.</summary>
    public const string ToolsCapability = "mcp:tools";

    /// <summary>The whole document in canonical form (RFC 8785).</summary>
    public required ReadOnlyMemory<byte> Document { get; init; }

    /// <summary>SHA-256 of <see cref="Document"/>, lower-case hex.</summary>
    public required string Digest { get; init; }
}

/// <summary>The service that carries out calls.</summary>
/// <param name="BaseUrl">What stands in front of the paths of routes, without a trailing slash.</param>
/// <param name="AllowedHosts">Hosts that a call may reach, redirects included; lower case, ordered bytewise. The base URL's is one of them.</param>
/// <param name="Auth">What credentials a connection supplies.</param>
internal sealed record PluginService(string BaseUrl, ImmutableArray<string> AllowedHosts, PluginAuth Auth);

/// <summary>Which credentials the service takes. Holds none.</summary>
/// <param name="Type"><c>none</c>, <c>bearer</c>, <c>header</c>, <c>basic</c> or <c>oauth2-client</c>.</param>
/// <param name="Header">The header of type <c>header</c>.</param>
/// <param name="SecretRef">What the author calls the secret; shown to who makes a connection.</param>
/// <param name="TokenUrl">Where type <c>oauth2-client</c> gets its tokens.</param>
/// <param name="Scopes">Scopes that it asks for.</param>
internal sealed record PluginAuth(string Type, string? Header, string? SecretRef, string? TokenUrl, ImmutableArray<string> Scopes);

/// <summary>A route of the service.</summary>
/// <param name="Name">Its name within the manifest.</param>
/// <param name="Method">GET, POST, PUT, PATCH or DELETE.</param>
/// <param name="Path">Its path below the base URL, with <c>{parameters}</c>.</param>
/// <param name="InQuery">Whether arguments travel in the query rather than in a JSON body.</param>
/// <param name="TimeoutMs">How long an answer may take; null for no limit of its own.</param>
internal sealed record PluginRoute(string Name, string Method, string Path, bool InQuery, int? TimeoutMs);

/// <summary>A tool of a manifest.</summary>
/// <param name="Name">Its name within the manifest.</param>
/// <param name="Title">Title for people.</param>
/// <param name="Description">What it does, for agents.</param>
/// <param name="Route">Where calls go.</param>
/// <param name="InputSchema">Schema of the arguments: the author's own bytes without the blanks between tokens.</param>
/// <param name="OutputSchema">Schema of the structured result, likewise; empty when there is none.</param>
/// <param name="Destructive">What the author says; true when they do not say.</param>
/// <param name="ReadOnly">What the author says; false when they do not say.</param>
internal sealed record ManifestTool(
    string Name, string? Title, string Description, PluginRoute Route, ReadOnlyMemory<byte> InputSchema, ReadOnlyMemory<byte> OutputSchema, bool Destructive, bool ReadOnly)
{
    /// <summary>A manifest that holds this tool and its route only: what is stored, and read again by the same validator.</summary>
    public required ReadOnlyMemory<byte> Content { get; init; }
}

/// <summary>A manifest, or what is wrong with it.</summary>
/// <param name="Manifest">The manifest; null when there is a fault.</param>
/// <param name="Faults">All faults found, in the order of the document.</param>
internal sealed record ManifestReading(PluginManifest? Manifest, ImmutableArray<Diagnostic> Faults);
