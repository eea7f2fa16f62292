using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>A tool whose definition is not the accepted one.</summary>
/// <param name="Tool">Its name within the integration.</param>
/// <param name="State"><c>changed</c> or <c>removed</c>.</param>
/// <param name="Blocked">Whether it is kept from everyone until the change is accepted.</param>
/// <param name="Accepted">The definition that was accepted.</param>
/// <param name="Current">The definition that the source has now; null when it has none.</param>
internal sealed record ToolChange(string Tool, string State, bool Blocked, DefinitionBody Accepted, DefinitionBody? Current)
{
    /// <summary>The changes of a catalog, by name.</summary>
    public static IEnumerable<(ToolDefinition Accepted, ToolDefinition? Current)> In(SourceCatalog catalog)
        => catalog.Accepted.Select(tool => (tool, CatalogDrift.Find(catalog.Tools, tool.Name)));

    /// <summary>How one is shown.</summary>
    public static ToolChange Of((ToolDefinition Accepted, ToolDefinition? Current) change, bool blockOnChange) => new(
        change.Accepted.Name, change.Current is null ? "removed" : "changed", blockOnChange && change.Current is not null,
        DefinitionBody.Of(change.Accepted), change.Current is null ? null : DefinitionBody.Of(change.Current));
}

/// <summary>What a person compares of a definition.</summary>
/// <param name="Digest">SHA-256 of all of it.</param>
/// <param name="Title">Title.</param>
/// <param name="Description">What it does, as agents read it.</param>
/// <param name="ApprovalText">What an approver reads.</param>
/// <param name="InputSchema">JSON Schema of the arguments.</param>
/// <param name="OutputSchema">JSON Schema of the structured result; null when it has none.</param>
/// <param name="Annotations">Hints to clients; null when it has none.</param>
/// <param name="Binding">How a call is carried out, a fact a line.</param>
internal sealed record DefinitionBody(
    string Digest, string? Title, string Description, string ApprovalText, JsonElement InputSchema, JsonElement? OutputSchema, JsonElement? Annotations,
    IReadOnlyList<string> Binding)
{
    /// <summary>How a definition is shown.</summary>
    public static DefinitionBody Of(ToolDefinition tool)
    {
        using var listing = JsonDocument.Parse((byte[])[(byte)'{', .. tool.ListingMembers.Span, (byte)'}']);
        JsonElement? Member(string name) => listing.RootElement.TryGetProperty(name, out var member) ? member.Clone() : null;
        return new DefinitionBody(
            tool.Digest, tool.Title, tool.Description, tool.ApprovalText, Member("inputSchema") ?? default, Member("outputSchema"), Member("annotations"),
            tool.Binding.Describe());
    }
}
