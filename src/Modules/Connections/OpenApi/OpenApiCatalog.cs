using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>What an OpenAPI document offers: its tools, its ways to authenticate, and what could not be taken over.</summary>
/// <param name="Title"><c>info.title</c>.</param>
/// <param name="Description"><c>info.description</c>, when there is one.</param>
/// <param name="Version"><c>info.version</c>.</param>
/// <param name="Servers">Base URLs of the document, absolute, variables expanded, without a trailing slash.</param>
/// <param name="Tools">Its tools, ordered bytewise by name.</param>
/// <param name="AuthTemplates">Its ways to authenticate, <c>none</c> first.</param>
/// <param name="Diagnostics">What was dropped or ignored and why, in the order of the document.</param>
internal sealed record OpenApiCatalog(
    string Title,
    string? Description,
    string Version,
    ImmutableArray<string> Servers,
    ImmutableArray<ToolDefinition> Tools,
    ImmutableArray<AuthTemplate> AuthTemplates,
    ImmutableArray<Diagnostic> Diagnostics);

/// <summary>Something in a source document that was dropped or ignored.</summary>
/// <param name="Pointer">JSON Pointer into the document.</param>
/// <param name="Code">Stable code in snake_case.</param>
/// <param name="Message">A sentence for the person who registered the document.</param>
internal sealed record Diagnostic(string Pointer, string Code, string Message);

/// <summary>What the compiler cannot know from the text.</summary>
/// <param name="BaseUrl">Replaces every server of the document; then there is no <c>server</c> argument.</param>
/// <param name="SourceUrl">Where the document came from: relative server URLs are resolved against it.</param>
internal sealed record OpenApiOptions(Uri? BaseUrl = null, Uri? SourceUrl = null);

/// <summary>How an import ended.</summary>
internal abstract record OpenApiImport
{
    private OpenApiImport() { }

    /// <summary>The document was read; single operations may have been dropped with a diagnostic.</summary>
    internal sealed record Imported(OpenApiCatalog Catalog) : OpenApiImport;

    /// <summary>The text is no OpenAPI document that Toolgate understands.</summary>
    internal sealed record Refused(Diagnostic Error) : OpenApiImport;
}
