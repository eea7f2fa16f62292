using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>
/// What became of definitions that people accepted. A tool that is new is accepted by whoever grants it; one that changes, or goes and comes back
/// otherwise, is compared with what was accepted before, however many versions lie between. Pure.
/// </summary>
internal static class CatalogDrift
{
    /// <summary>Most definitions of removed tools that are remembered: a source that makes up names must not grow a catalog.</summary>
    public const int MaxRemoved = 2_000;

    /// <summary>
    /// Most bytes of what is remembered. Beyond them only names and digests are: a source that goes on changing large definitions must not grow a catalog, and
    /// what was accepted must still be told from what was not.
    /// </summary>
    public const int MaxRememberedBytes = 16 * 1024 * 1024;

    private static readonly byte[] NoListing = "\"inputSchema\":{}"u8.ToArray();

    /// <summary>The catalog as the successor of another: it remembers the accepted definitions that it replaces.</summary>
    public static SourceCatalog After(this SourceCatalog catalog, SourceCatalog previous)
    {
        var known = previous.Accepted.ToDictionary(tool => tool.Name, StringComparer.Ordinal);
        var next = catalog.Remembering(previous, previous.Tools.Where(tool => !known.ContainsKey(tool.Name)).Concat(previous.Accepted));
        return previous.HasForgotten ? next.Doubting(previous) : next;
    }

    /// <summary>The catalog in place of another by somebody's own decision, or of the same document: only what was not accepted before is left to accept.</summary>
    public static SourceCatalog InPlaceOf(this SourceCatalog catalog, SourceCatalog previous) => catalog.Remembering(previous, previous.Accepted);

    /// <summary>The catalog without the accepted definitions of these tools: the current ones are accepted instead.</summary>
    public static SourceCatalog Accepting(this SourceCatalog catalog, IReadOnlySet<string> names)
        => catalog with { Accepted = [.. catalog.Accepted.Where(tool => !names.Contains(tool.Name))] };

    /// <summary>Whether a tool of the catalog has another definition than the accepted one.</summary>
    public static bool IsChanged(this SourceCatalog catalog, ToolDefinition tool)
        => Find(catalog.Accepted, tool.Name) is { } accepted && accepted.Digest != tool.Digest;

    /// <summary>The definition of a name among definitions that are ordered bytewise; null when there is none.</summary>
    public static ToolDefinition? Find(ImmutableArray<ToolDefinition> ordered, string name)
    {
        var (low, high) = (0, ordered.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = string.CompareOrdinal(ordered[middle].Name, name);
            if (order == 0)
            {
                return ordered[middle];
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }

    private static SourceCatalog Remembering(this SourceCatalog catalog, SourceCatalog previous, IEnumerable<ToolDefinition> accepted)
    {
        var replaced = accepted.Select(tool => (Tool: tool, Current: Find(catalog.Tools, tool.Name))).Where(pair => pair.Current?.Digest != pair.Tool.Digest)
            .OrderBy(pair => pair.Tool.Name, StringComparer.Ordinal).ToList();
        var removed = 0;
        var left = MaxRememberedBytes;
        return catalog with
        {
            HasForgotten = previous.HasForgotten || replaced.Count(pair => pair.Current is null) > MaxRemoved,
            Accepted = [.. replaced.Where(pair => pair.Current is not null || ++removed <= MaxRemoved).Select(pair => (left -= SizeOf(pair.Tool)) >= 0 ? pair.Tool : WithoutBody(pair.Tool, "This definition was too large to be kept.", pair.Tool.Digest))],
        };
    }

    /// <summary>Where names were forgotten, one that is new may be one of them: it was accepted by nobody until somebody says so.</summary>
    private static SourceCatalog Doubting(this SourceCatalog catalog, SourceCatalog previous)
    {
        var doubted = catalog.Tools.Where(tool => Find(previous.Tools, tool.Name) is null && Find(previous.Accepted, tool.Name) is null)
            .Select(tool => WithoutBody(tool, "Whether a tool of this name was accepted earlier is not known any more.", digest: ""));
        return catalog with { Accepted = [.. catalog.Accepted.Concat(doubted).OrderBy(tool => tool.Name, StringComparer.Ordinal)] };
    }

    private static int SizeOf(ToolDefinition tool) => tool.ListingMembers.Length + tool.MetaMembers.Length + (2 * tool.Description.Length) + (2 * (tool.Title?.Length ?? 0));

    /// <summary>What is left of a definition that there is no room for.</summary>
    private static ToolDefinition WithoutBody(ToolDefinition tool, string description, string digest) => new()
    {
        Name = tool.Name,
        Description = description,
        AsksByDefault = tool.AsksByDefault,
        ChangesSomething = tool.ChangesSomething,
        Access = tool.Access,
        ApprovalText = tool.ApprovalText,
        InputSchema = NoListing.AsMemory(NoListing.Length - 2),
        ListingMembers = NoListing,
        UpstreamName = tool.UpstreamName,
        Digest = digest,
        Binding = tool.Binding,
    };
}
