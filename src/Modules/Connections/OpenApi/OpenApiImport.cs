namespace Toolgate.Connections;

/// <summary>What the compiler cannot know from the text.</summary>
/// <param name="BaseUrl">Replaces every server of the document; then there is no <c>server</c> argument.</param>
/// <param name="SourceUrl">Where the document came from: relative server URLs are resolved against it.</param>
internal sealed record OpenApiOptions(Uri? BaseUrl = null, Uri? SourceUrl = null);

/// <summary>How an import ended.</summary>
internal abstract record OpenApiImport
{
    private OpenApiImport() { }

    /// <summary>The document was read; single operations may have been dropped with a diagnostic.</summary>
    internal sealed record Imported(SourceCatalog Catalog) : OpenApiImport;

    /// <summary>The text is no OpenAPI document that Toolgate understands.</summary>
    internal sealed record Refused(Diagnostic Error) : OpenApiImport;
}
