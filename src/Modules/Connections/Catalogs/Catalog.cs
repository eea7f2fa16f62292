using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>
/// The catalog of the newest snapshot, kept up incrementally: each connection has its own ready array of tools, made anew only when the
/// catalog of its integration is another one.
/// </summary>
internal sealed class Catalog(CatalogStore store, BuiltinTools builtin) : ICatalog
{
    private readonly Lock gate = new();

    /// <summary>Catalogs of the past, for as long as someone holds their state.</summary>
    private readonly ConditionalWeakTable<ConnectionsState, ToolCatalog> past = [];
    private Compiled newest = Compiled.Empty;

    public ImmutableArray<Tool> Builtin => builtin.All;

    public ToolCatalog At(ReadSnapshot snapshot)
    {
        var state = snapshot.Get<ConnectionsState>();
        var compiled = Volatile.Read(ref newest);
        return ReferenceEquals(compiled.State, state) ? compiled.Catalog : Compile(snapshot.Position, state);
    }

    public ImmutableArray<IntegrationSummary> IntegrationsAt(ReadSnapshot snapshot)
        => [.. snapshot.Get<ConnectionsState>().Integrations.Values.Select(row => row.Integration)
            .Select(integration => new IntegrationSummary(integration.Slug, integration.Kind, integration.Name, integration.ToolCount))
            .Append(BuiltinIntegration.Summary(Builtin.Length)).OrderBy(integration => integration.Slug, StringComparer.Ordinal)];

    private ToolCatalog Compile(long position, ConnectionsState state)
    {
        lock (gate)
        {
            if (ReferenceEquals(newest.State, state))
            {
                return newest.Catalog;
            }

            if (position >= newest.Position)
            {
                var parts = Parts(state, newest.Parts);

                // Same parts, same tools: a description or a credential changed, and nobody needs to look again.
                var catalog = Same(parts, newest.Parts) ? newest.Catalog : Merge(parts);
                Volatile.Write(ref newest, new Compiled(position, state, parts, catalog));
                return catalog;
            }
        }

        // Outside the lock: the past may have to be read from the database, and calls must not wait for that.
        return past.GetValue(state, old => Merge(Parts(old, Volatile.Read(ref newest).Parts)));
    }

    private Dictionary<ConnectionKey, Part> Parts(ConnectionsState state, Dictionary<ConnectionKey, Part> before)
    {
        var parts = new Dictionary<ConnectionKey, Part>(state.Connections.Count);
        foreach (var (key, row) in state.Connections)
        {
            // A connection outlives its integration nowhere; and one whose catalog was never read has what the integration has.
            if (state.Integration(key.Integration)?.Integration is not { } integration || state.CatalogOf(row.Connection) is not { } digest)
            {
                continue;
            }

            var blocks = integration.BlockOnChange;
            var access = integration.Server is { Transport: McpServer.Stdio } ? ToolAccess.Admins : ToolAccess.Anyone;
            parts.Add(key, before.TryGetValue(key, out var part) && part.CatalogDigest == digest && part.BlockOnChange == blocks && (part.Offer?.Access ?? access) == access
                ? part
                : Bind(key, digest, blocks, access));
        }

        return parts;
    }

    private Part Bind(ConnectionKey key, string digest, bool blockOnChange, ToolAccess access)
    {
        // A blocked tool is left out here, where everybody's views begin: it is unknown to everyone, as if the source had never had it.
        var catalog = store.Get(digest);
        var tools = catalog.Tools.Select(tool => new Tool(tool, key.Integration, key.Owner, key.Name) { Changed = catalog.IsChanged(tool) })
            .Where(tool => !(blockOnChange && tool.Changed)).ToArray();
        Array.Sort(tools, static (a, b) => string.CompareOrdinal(a.Address, b.Address));
        var offer = catalog.Offer is { } found
            ? new UpstreamOffer(
                new Upstream(key.Integration, key.Owner, key.Name), found.Instructions, found.Capabilities, found.Resources, found.Templates, found.Prompts)
            {
                Access = access,
            }
            : null;
        return new Part(digest, blockOnChange, ImmutableCollectionsMarshal.AsImmutableArray(tools), offer);
    }

    /// <summary>Addresses of one connection share a prefix that ends in a dot, so ordering the prefixes orders everything.</summary>
    private static ToolCatalog Merge(Dictionary<ConnectionKey, Part> parts)
    {
        static ImmutableArray<Tool> Join(IEnumerable<KeyValuePair<ConnectionKey, Part>> ordered) => [.. ordered.SelectMany(pair => pair.Value.Tools)];

        var ordered = parts.OrderBy(pair => pair.Key.Address + ".", StringComparer.Ordinal).ToArray();
        return new ToolCatalog(
            Join(ordered.Where(pair => pair.Key.Owner.IsOrg)),
            ordered.Where(pair => !pair.Key.Owner.IsOrg)
                .GroupBy(pair => pair.Key.Owner.Subject!, StringComparer.Ordinal)
                .Select(group => KeyValuePair.Create(group.Key, Join(group))),
            [.. ordered.Select(pair => pair.Value.Offer).OfType<UpstreamOffer>()]);
    }

    private static bool Same(Dictionary<ConnectionKey, Part> a, Dictionary<ConnectionKey, Part> b)
        => a.Count == b.Count && a.All(pair => b.TryGetValue(pair.Key, out var other) && ReferenceEquals(other, pair.Value));

    /// <summary>What one connection offers.</summary>
    private sealed record Part(string CatalogDigest, bool BlockOnChange, ImmutableArray<Tool> Tools, UpstreamOffer? Offer);

    /// <summary>Everything at one state.</summary>
    private sealed record Compiled(long Position, ConnectionsState State, Dictionary<ConnectionKey, Part> Parts, ToolCatalog Catalog)
    {
        public static Compiled Empty { get; } = new(-1, ConnectionsState.Empty, [], ToolCatalog.Empty);
    }
}
