using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>What a source offers, whatever its kind: its tools, its ways to authenticate, and what could not be taken over.</summary>
/// <param name="Title">What the source calls itself.</param>
/// <param name="Description">What it says of itself, when it does.</param>
/// <param name="Version">Its version, in its own words; may be empty.</param>
/// <param name="Servers">Base URLs that it declares, absolute, variables expanded, without a trailing slash.</param>
/// <param name="Tools">Its tools, ordered bytewise by name.</param>
/// <param name="AuthTemplates">Its ways to authenticate, <c>none</c> first.</param>
/// <param name="Diagnostics">What was dropped or ignored and why, in the order of the source.</param>
internal sealed record SourceCatalog(
    string Title,
    string? Description,
    string Version,
    ImmutableArray<string> Servers,
    ImmutableArray<ToolDefinition> Tools,
    ImmutableArray<AuthTemplate> AuthTemplates,
    ImmutableArray<Diagnostic> Diagnostics)
{
    /// <summary>A source that offers nothing: the catalog of an integration whose connections have their own.</summary>
    public static SourceCatalog Nothing { get; } = new("", null, "", [], [], [AuthTemplate.None], []);

    /// <summary>
    /// Definitions that people accepted and that are not the current ones any more, ordered bytewise by name: the tool was changed or is gone. Kept so
    /// that a person can see the difference, and so that taking a tool away and bringing it back otherwise is a change like any other.
    /// </summary>
    public ImmutableArray<ToolDefinition> Accepted { get; init; } = [];

    /// <summary>Whether more tools went than are remembered: from then on a tool that is new may be one that was forgotten, and waits to be accepted.</summary>
    public bool HasForgotten { get; init; }

    /// <summary>What an MCP server offers besides tools; null for other kinds.</summary>
    public SourceOffer? Offer { get; init; }
}

/// <summary>What an MCP server offers besides tools: its own entries, byte for byte.</summary>
/// <param name="Instructions">Its instructions; null when it has none.</param>
/// <param name="Capabilities">Its <c>ServerCapabilities</c>, a JSON object.</param>
/// <param name="Resources">Entries of <c>resources/list</c>, by URI.</param>
/// <param name="Templates">Entries of <c>resources/templates/list</c>, by URI template.</param>
/// <param name="Prompts">Entries of <c>prompts/list</c>, by name.</param>
internal sealed record SourceOffer(
    string? Instructions, ReadOnlyMemory<byte> Capabilities, ImmutableArray<OfferedItem> Resources, ImmutableArray<OfferedItem> Templates, ImmutableArray<OfferedItem> Prompts);

/// <summary>Something in a source document that was dropped or ignored.</summary>
/// <param name="Pointer">JSON Pointer into the document.</param>
/// <param name="Code">Stable code in snake_case.</param>
/// <param name="Message">A sentence for the person who registered the document.</param>
internal sealed record Diagnostic(string Pointer, string Code, string Message);
