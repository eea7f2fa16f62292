using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Toolgate.Access;
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
                var next = Same(parts, newest.Parts) && Slugs(state, newest) == newest.Catalog.Integrations
                    ? newest with { Position = position, State = state, Parts = parts }
                    : Merge(position, state, parts, newest);
                Volatile.Write(ref newest, next);
                return next.Catalog;
            }
        }

        // Outside the lock: the past may have to be read from the database, and calls must not wait for that.
        return past.GetValue(state, old =>
        {
            var near = Volatile.Read(ref newest);
            return Merge(position, old, Parts(old, near.Parts), near).Catalog;
        });
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

    /// <summary>
    /// Puts the parts of each owner together, and leaves those of whom nothing changed as they are near by. Addresses of one connection share a prefix that ends
    /// in a dot, so ordering the prefixes orders everything.
    /// </summary>
    private static Compiled Merge(long position, ConnectionsState state, Dictionary<ConnectionKey, Part> parts, Compiled near)
    {
        var owners = parts.OrderBy(pair => pair.Key.Address + ".", StringComparer.Ordinal).GroupBy(pair => pair.Key.Owner).ToDictionary(
            group => group.Key,
            group =>
            {
                var own = group.Select(pair => pair.Value).ToArray();
                return near.Owners.TryGetValue(group.Key, out var before) && before.Parts.SequenceEqual(own, ReferenceEqualityComparer.Instance)
                    ? before
                    : new OwnerParts(own, new OwnedCatalog(
                        [.. own.SelectMany(part => part.Tools)], [.. own.Select(part => part.Offer).OfType<UpstreamOffer>()],
                        group.Select(pair => pair.Key.Integration).ToFrozenSet(StringComparer.Ordinal)));
            });
        var catalog = new ToolCatalog(
            owners.TryGetValue(Owner.Org, out var org) ? org.Owned : OwnedCatalog.Empty,
            owners.Where(pair => !pair.Key.IsOrg).ToFrozenDictionary(pair => pair.Key.Subject!, pair => pair.Value.Owned, StringComparer.Ordinal), Slugs(state, near));
        return new Compiled(position, state, parts, owners, catalog);
    }

    /// <summary>The integrations of a state; those of a compiled one where they are the same.</summary>
    private static FrozenSet<string> Slugs(ConnectionsState state, Compiled near)
        => near.Catalog.Integrations.Count == state.Integrations.Count && state.Integrations.Keys.All(near.Catalog.Integrations.Contains)
            ? near.Catalog.Integrations
            : state.Integrations.Keys.ToFrozenSet(StringComparer.Ordinal);

    private static bool Same(Dictionary<ConnectionKey, Part> a, Dictionary<ConnectionKey, Part> b)
        => a.Count == b.Count && a.All(pair => b.TryGetValue(pair.Key, out var other) && ReferenceEquals(other, pair.Value));

    /// <summary>What one connection offers.</summary>
    private sealed record Part(string CatalogDigest, bool BlockOnChange, ImmutableArray<Tool> Tools, UpstreamOffer? Offer);

    /// <summary>What one owner's connections offer, and what it was put together from.</summary>
    private sealed record OwnerParts(Part[] Parts, OwnedCatalog Owned);

    /// <summary>Everything at one state.</summary>
    private sealed record Compiled(
        long Position, ConnectionsState State, Dictionary<ConnectionKey, Part> Parts, Dictionary<Owner, OwnerParts> Owners, ToolCatalog Catalog)
    {
        public static Compiled Empty { get; } = new(-1, ConnectionsState.Empty, [], [], ToolCatalog.Empty);
    }
}
