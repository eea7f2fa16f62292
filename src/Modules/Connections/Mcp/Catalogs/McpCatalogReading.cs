using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>Reads everything that a server offers into a catalog.</summary>
internal static class McpCatalogReading
{
    private const int MaxKey = 4_096;

    /// <summary>Reads the catalog through a link.</summary>
    /// <exception cref="McpFault">The server does not answer usefully.</exception>
    public static async ValueTask<(SourceCatalog Catalog, TimeSpan? TimeToLive)> Read(McpCalls calls, UpstreamLink link, CancellationToken cancellationToken)
    {
        var (server, isModern) = await Facts(link, cancellationToken);
        var lists = new ListReading(calls, link);
        var diagnostics = new List<Diagnostic>();

        // Some servers do not declare what they have: asking for tools costs nothing.
        var tools = Tools(await lists.Read("tools/list", "tools", cancellationToken), isModern, link.Server.Transport, diagnostics);
        var hasResources = server.Has("resources");
        var offer = new SourceOffer(
            server.Instructions,
            ToolEntryReading.OneLine(server.Capabilities),
            hasResources ? Items(await lists.Read("resources/list", "resources", cancellationToken), "resources", "uri", diagnostics) : [],
            hasResources ? Items(await lists.Read("resources/templates/list", "resourceTemplates", cancellationToken), "resourceTemplates", "uriTemplate", diagnostics) : [],
            server.Has("prompts") ? Items(await lists.Read("prompts/list", "prompts", cancellationToken), "prompts", "name", diagnostics) : []);
        var catalog = new SourceCatalog(server.Title, server.Instructions, server.Release, [], tools, [AuthTemplate.None], [.. lists.Diagnostics, .. diagnostics]) { Offer = offer };
        return (catalog, lists.TimeToLive);
    }

    private static async ValueTask<(ServerFacts Server, bool IsModern)> Facts(UpstreamLink link, CancellationToken cancellationToken)
    {
        using var lease = await link.Rent(BackgroundClient.Pool, ClientCapabilities.All, cancellationToken);
        return (lease.Session.Server, lease.Session.Era == McpEra.Modern);
    }

    private static ImmutableArray<ToolDefinition> Tools(List<ReadOnlyMemory<byte>> entries, bool isModern, string transport, List<Diagnostic> diagnostics)
    {
        // A process of this machine is not for everybody unless somebody says so.
        var access = transport == McpServer.Stdio ? ToolAccess.Admins : ToolAccess.Anyone;
        var tools = new Dictionary<string, ToolDefinition>(StringComparer.Ordinal);
        for (var index = 0; index < entries.Count; index++)
        {
            if (ToolEntryReading.Read(entries[index], index, isModern, access, out var dropped) is not { } tool)
            {
                diagnostics.Add(dropped!);
            }
            else if (!tools.TryAdd(tool.Name, tool))
            {
                diagnostics.Add(new Diagnostic($"/tools/{index}", "duplicate_tool", $"The list names {tool.Name} twice: the first one is kept."));
            }
        }

        return [.. tools.Values.OrderBy(tool => tool.Name, StringComparer.Ordinal)];
    }

    private static ImmutableArray<OfferedItem> Items(List<ReadOnlyMemory<byte>> entries, string list, string key, List<Diagnostic> diagnostics)
    {
        var items = new Dictionary<string, OfferedItem>(StringComparer.Ordinal);
        for (var index = 0; index < entries.Count; index++)
        {
            if (JsonMembers.Text(JsonMembers.Find(entries[index], key)) is not { Length: > 0 and <= MaxKey } name)
            {
                diagnostics.Add(new Diagnostic($"/{list}/{index}", "invalid_entry", $"The entry has no {key}."));
            }
            else if (!items.TryAdd(name, new OfferedItem(name, ToolEntryReading.OneLine(entries[index]))))
            {
                diagnostics.Add(new Diagnostic($"/{list}/{index}", "duplicate_entry", $"The list names this {key} twice: the first one is kept."));
            }
        }

        return [.. items.Values.OrderBy(item => item.Key, StringComparer.Ordinal)];
    }
}
