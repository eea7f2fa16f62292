namespace Toolgate.Connections;

/// <summary>An integration on the wire.</summary>
/// <param name="Slug">Its slug: the first segment of the addresses of its tools.</param>
/// <param name="Kind"><c>openapi</c>, <c>graphql</c>, <c>mcp</c>, <c>plugin</c> or <c>builtin</c>.</param>
/// <param name="Name">Name to show.</param>
/// <param name="Description">What it is.</param>
/// <param name="SourceUrl">Where its source is fetched; null when it was sent inline.</param>
/// <param name="BaseUrl">What replaces the servers of the source; null when they hold.</param>
/// <param name="AuthTemplates">Ways to authenticate.</param>
/// <param name="ToolCount">Tools of its catalog.</param>
/// <param name="Diagnostics">What of the source was dropped or ignored, and why.</param>
/// <param name="BlockOnChange">Whether tools whose definition changed are kept from everyone until the change is accepted.</param>
/// <param name="CanRemove">Whether it may be removed at all.</param>
/// <param name="CanRefresh">Whether its source can be fetched again.</param>
/// <param name="CreatedAt">When it was imported.</param>
/// <param name="UpdatedAt">When it was last changed.</param>
/// <param name="Version">Version of its stream: the ETag.</param>
internal sealed record IntegrationBody(
    string Slug, string Kind, string Name, string Description, string? SourceUrl, string? BaseUrl, IReadOnlyList<TemplateBody> AuthTemplates, int ToolCount,
    IReadOnlyList<Diagnostic> Diagnostics, bool BlockOnChange, bool CanRemove, bool CanRefresh, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, long Version)
{
    /// <summary>Tools of its catalog whose definition changed since it was accepted.</summary>
    public int ChangedCount { get; init; }

    /// <summary>How reading its source anew went last; null when that was never tried.</summary>
    public RefreshStatus? Refresh { get; init; }

    /// <summary>How a row is shown.</summary>
    public static IntegrationBody Of(IntegrationRow row, IReadOnlyList<Diagnostic> diagnostics, int changedCount) => new(
        row.Integration.Slug, row.Integration.Kind, row.Integration.Name, row.Integration.Description, row.Integration.SourceUrl, row.Integration.BaseUrl,
        [.. row.Integration.Templates.Select(TemplateBody.Of)], row.Integration.ToolCount, diagnostics, row.Integration.BlockOnChange,
        CanRemove: row.Integration.Kind != "builtin", CanRefresh: row.Integration.SourceUrl is not null, row.CreatedAt, row.UpdatedAt, row.Version)
    {
        ChangedCount = changedCount,
    };
}
