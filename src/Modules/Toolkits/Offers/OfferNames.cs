using System.Collections.Immutable;
using Toolgate.Connections;

namespace Toolgate.Toolkits;

/// <summary>
/// Settles what clients call things when several servers use the same words. A server keeps its own words as long as no other visible server uses them;
/// what two use alike, neither has. So no server can take a URI or a prompt over from another by listing it, too.
/// </summary>
internal static class OfferNames
{
    /// <summary>Resources: a contested URI is listed in the form that names its server.</summary>
    public static ImmutableArray<OfferEntry> Resources(ImmutableArray<OfferEntry> listed)
    {
        var shared = Shared(listed);
        return Distinct(listed.Select(entry
            => Named(entry, shared.Contains(entry.Item.Key) || ResourceRoutes.IsOurs(entry.Item.Key) ? Wrapped(entry) : entry.Item.Key)));
    }

    /// <summary>Templates: the same; and where URIs cannot be told from a template, its URIs have to name the server.</summary>
    public static ImmutableArray<OfferEntry> Templates(ImmutableArray<OfferEntry> listed, bool single)
    {
        var shared = Shared(listed);
        return Distinct(listed.Select(entry => Named(entry, IsPlain(entry.Item.Key) ? entry.Item.Key : Wrapped(entry))));

        bool IsPlain(string template) => !ResourceRoutes.IsOurs(template) && !shared.Contains(template) && (single || UriTemplate.Parse(template) is not null);
    }

    /// <summary>Prompts: named like tools, after the address; under their servers' names only where that is asked for and nothing else has the name.</summary>
    public static ImmutableArray<OfferEntry> Prompts(ImmutableArray<OfferEntry> listed, bool upstreamNames)
    {
        if (!upstreamNames)
        {
            return Distinct(listed.Select(entry => Named(entry, Derived(entry))));
        }

        var taken = Shared(listed);
        taken.UnionWith(listed.Select(Derived));
        return Distinct(listed.Select(entry => Named(entry, taken.Contains(entry.Item.Key) ? Derived(entry) : entry.Item.Key)));
    }

    private static string Wrapped(OfferEntry entry) => ResourceRoutes.Wrap(entry.Item.Server.Upstream, entry.Item.UpstreamKey);

    private static string Derived(OfferEntry entry) => McpToolName.Of($"{entry.Item.Server.Upstream.Address}.{entry.Item.UpstreamKey}");

    private static OfferEntry Named(OfferEntry entry, string key) => key == entry.Item.Key ? entry : entry with { Item = entry.Item with { Key = key } };

    /// <summary>Names that more than one server uses.</summary>
    private static HashSet<string> Shared(ImmutableArray<OfferEntry> listed)
        => [.. listed.GroupBy(entry => entry.Item.Key, StringComparer.Ordinal)
            .Where(group => group.Select(entry => entry.Item.Server).Distinct().Skip(1).Any()).Select(group => group.Key)];

    // Distinct by construction, unless a law of names is broken; a list must not name two things alike even then.
    private static ImmutableArray<OfferEntry> Distinct(IEnumerable<OfferEntry> entries) => [.. entries.DistinctBy(entry => entry.Item.Key, StringComparer.Ordinal)];
}
