using System.Collections.Frozen;
using System.Collections.Immutable;
using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>The catalog of tools: which tools exist, through which connections.</summary>
public interface ICatalog
{
    /// <summary>
    /// The catalog at a snapshot. For the newest snapshot it is a cached reference that changes only when a connection or an integration
    /// changed; for another one it is computed.
    /// </summary>
    ToolCatalog At(ReadSnapshot snapshot);

    /// <summary>
    /// The builtin tools <c>toolgate.*</c>, ordered bytewise by address: the same at every snapshot, for they come from the code. The same reference always.
    /// </summary>
    ImmutableArray<Tool> Builtin { get; }

    /// <summary>The integrations at a snapshot, ordered by slug.</summary>
    ImmutableArray<IntegrationSummary> IntegrationsAt(ReadSnapshot snapshot);
}

/// <summary>An immutable catalog.</summary>
public sealed class ToolCatalog
{
    private readonly FrozenDictionary<string, ImmutableArray<Tool>> personal;
    private readonly FrozenDictionary<string, ImmutableArray<UpstreamOffer>> personalOffers;

    /// <summary>Makes a catalog.</summary>
    /// <param name="org">Tools of shared connections, ordered bytewise by address.</param>
    /// <param name="personal">Tools of personal connections by account id, each ordered bytewise by address.</param>
    /// <param name="offers">What MCP servers offer besides tools, ordered bytewise by the connection's address; none when not given.</param>
    public ToolCatalog(
        ImmutableArray<Tool> org, IEnumerable<KeyValuePair<string, ImmutableArray<Tool>>> personal, IReadOnlyCollection<UpstreamOffer>? offers = null)
    {
        Org = org;
        this.personal = personal.ToFrozenDictionary(StringComparer.Ordinal);
        OrgOffers = [.. (offers ?? []).Where(offer => offer.Upstream.Owner.IsOrg)];
        personalOffers = (offers ?? []).Where(offer => !offer.Upstream.Owner.IsOrg).GroupBy(offer => offer.Upstream.Owner.Subject!, StringComparer.Ordinal)
            .ToFrozenDictionary(group => group.Key, group => group.ToImmutableArray(), StringComparer.Ordinal);
    }

    /// <summary>Nothing.</summary>
    public static ToolCatalog Empty { get; } = new([], []);

    /// <summary>Tools of shared connections, ordered bytewise by address.</summary>
    public ImmutableArray<Tool> Org { get; }

    /// <summary>Tools of the personal connections of <paramref name="subject"/>, ordered bytewise by address.</summary>
    public ImmutableArray<Tool> Of(string subject) => personal.TryGetValue(subject, out var tools) ? tools : [];

    /// <summary>What shared connections to MCP servers offer besides tools, ordered bytewise by the connection's address.</summary>
    public ImmutableArray<UpstreamOffer> OrgOffers { get; }

    /// <summary>The same of the personal connections of <paramref name="subject"/>.</summary>
    public ImmutableArray<UpstreamOffer> OffersOf(string subject) => personalOffers.TryGetValue(subject, out var offers) ? offers : [];
}

/// <summary>An integration, as other modules see it.</summary>
/// <param name="Slug">Its slug.</param>
/// <param name="Kind"><c>openapi</c>, <c>graphql</c>, <c>mcp</c>, <c>plugin</c> or <c>builtin</c>.</param>
/// <param name="Name">Name to show.</param>
/// <param name="ToolCount">Tools of its current catalog.</param>
public sealed record IntegrationSummary(string Slug, string Kind, string Name, int ToolCount);
