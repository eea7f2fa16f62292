using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>A plugin on the wire, for those who manage it.</summary>
/// <param name="Id">Its id: the slug of the integration.</param>
/// <param name="Version">The version in force.</param>
/// <param name="Digest">SHA-256 of its manifest in canonical form.</param>
/// <param name="DisplayName">Name to show.</param>
/// <param name="Description">What it is.</param>
/// <param name="Enabled">Whether approved tools are listed and can be called.</param>
/// <param name="Capabilities">What the manifest declares.</param>
/// <param name="AuthTemplates">Ways to authenticate.</param>
/// <param name="Tools">Tools of the version in force, by name.</param>
internal sealed record PluginBody(
    string Id, string Version, string Digest, string DisplayName, string Description, bool Enabled, IReadOnlyList<string> Capabilities,
    IReadOnlyList<TemplateBody> AuthTemplates, IReadOnlyList<PluginToolBody> Tools);

/// <summary>A tool of a plugin on the wire.</summary>
/// <param name="Name">Its name within the plugin.</param>
/// <param name="WireName"><c>id__tool</c>.</param>
/// <param name="State"><c>approved</c>, <c>pending</c> (new or changed, waits for approval) or <c>quarantined</c> (no longer passes the validator).</param>
/// <param name="Listed">Whether it is up: the plugin is enabled and the tool approved.</param>
/// <param name="Digest">Digest of its definition: what an approval names.</param>
/// <param name="ApprovedDigest">Digest of the definition that was approved last; null when none was.</param>
/// <param name="Title">Title for people.</param>
/// <param name="Description">What it does.</param>
/// <param name="Destructive">What its author says.</param>
/// <param name="ReadOnly">What its author says.</param>
/// <param name="Target">Method and URL template of its route.</param>
/// <param name="InputSchema">Schema of its arguments.</param>
/// <param name="OutputSchema">Schema of its result.</param>
/// <param name="Diagnostics">Why it is quarantined.</param>
internal sealed record PluginToolBody(
    string Name, string WireName, string State, bool Listed, string Digest, string? ApprovedDigest, string? Title, string? Description, bool? Destructive, bool? ReadOnly,
    string? Target, JsonElement? InputSchema, JsonElement? OutputSchema, IReadOnlyList<Diagnostic> Diagnostics)
{
    /// <summary>How a tool is shown.</summary>
    public static PluginToolBody Of(Integration integration, JudgedTool judged) => new(
        judged.State.Name, PluginWireName.Of(integration.Slug, judged.State.Name),
        judged.Fault is not null ? "quarantined" : judged.State.IsApproved ? "approved" : "pending",
        judged.Fault is null && judged.State.IsApproved && integration.Plugin!.MayServeTools, judged.State.Digest, judged.State.Approved,
        judged.Tool?.Title, judged.Tool?.Description, judged.Tool?.Destructive, judged.Tool?.ReadOnly,
        judged.Definition?.Binding is PluginBinding binding ? $"{binding.Method} {binding.BaseUrl}{judged.Tool!.Route.Path}" : null,
        Json(judged.Tool?.InputSchema), Json(judged.Tool?.OutputSchema), judged.Fault is { } fault ? [fault] : []);

    private static JsonElement? Json(ReadOnlyMemory<byte>? schema)
    {
        if (schema is not { IsEmpty: false } text)
        {
            return null;
        }

        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
