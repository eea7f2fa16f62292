namespace Toolgate.Connections;

/// <summary>What a new source did to the tools, by name.</summary>
/// <param name="Added">Tools that are new.</param>
/// <param name="Removed">Tools that are gone.</param>
/// <param name="Changed">Tools whose definition is another one now.</param>
/// <param name="ToolCount">Tools of the catalog in force.</param>
internal sealed record CatalogChangesBody(IReadOnlyList<string> Added, IReadOnlyList<string> Removed, IReadOnlyList<string> Changed, int ToolCount)
{
    /// <summary>How changes are shown.</summary>
    public static CatalogChangesBody Of(CatalogChanges? changes, int toolCount) => changes is null
        ? new CatalogChangesBody([], [], [], toolCount)
        : new CatalogChangesBody(Names(changes.Added), Names(changes.Removed), Names(changes.Changed), toolCount);

    private static string[] Names(IEnumerable<ToolVersion> tools) => [.. tools.Select(tool => tool.Name)];
}
