using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>The difference of two catalogs. Counts are exact; each list names at most <see cref="MaxListed"/> tools, bytewise by name.</summary>
/// <param name="Added">Tools that are new.</param>
/// <param name="Removed">Tools that are gone, with the digest that they had.</param>
/// <param name="Changed">Tools whose definition is another one now, with the new digest.</param>
/// <param name="AddedCount">How many are new.</param>
/// <param name="RemovedCount">How many are gone.</param>
/// <param name="ChangedCount">How many changed.</param>
public sealed record CatalogChanges(
    ImmutableArray<ToolVersion> Added,
    ImmutableArray<ToolVersion> Removed,
    ImmutableArray<ToolVersion> Changed,
    int AddedCount,
    int RemovedCount,
    int ChangedCount)
{
    /// <summary>Longest list in an event.</summary>
    public const int MaxListed = 500;

    /// <summary>Whether anything differs.</summary>
    public bool Any() => AddedCount + RemovedCount + ChangedCount > 0;

    /// <summary>Compares two catalogs by name and digest.</summary>
    public static CatalogChanges Between(ImmutableArray<ToolDefinition> before, ImmutableArray<ToolDefinition> after)
    {
        var old = before.ToDictionary(tool => tool.Name, StringComparer.Ordinal);
        var now = after.ToDictionary(tool => tool.Name, StringComparer.Ordinal);
        var added = List(after.Where(tool => !old.ContainsKey(tool.Name)));
        var removed = List(before.Where(tool => !now.ContainsKey(tool.Name)));
        var changed = List(after.Where(tool => old.TryGetValue(tool.Name, out var earlier) && earlier.Digest != tool.Digest));
        return new CatalogChanges(Cut(added), Cut(removed), Cut(changed), added.Length, removed.Length, changed.Length);
    }

    private static ImmutableArray<ToolVersion> List(IEnumerable<ToolDefinition> tools)
        => [.. tools.Select(tool => new ToolVersion(tool.Name, tool.Digest)).OrderBy(tool => tool.Name, StringComparer.Ordinal)];

    private static ImmutableArray<ToolVersion> Cut(ImmutableArray<ToolVersion> tools) => tools.Length <= MaxListed ? tools : tools[..MaxListed];
}

/// <summary>A tool at a definition.</summary>
/// <param name="Name">Its name within the integration.</param>
/// <param name="Digest">Digest of the definition.</param>
public sealed record ToolVersion(string Name, string Digest);
