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

/// <summary>
/// An immutable catalog. What belongs to one owner has the same references in two catalogs as long as nothing of it changed, so that what is made of it need
/// not be made anew because somebody else connected something.
/// </summary>
public sealed class ToolCatalog
{
    private readonly FrozenDictionary<string, OwnedCatalog> personal;
    private readonly OwnedCatalog org;

    /// <summary>Makes a catalog.</summary>
    /// <param name="org">Tools of shared connections, ordered bytewise by address.</param>
    /// <param name="personal">Tools of personal connections by account id, each ordered bytewise by address.</param>
    /// <param name="offers">What MCP servers offer besides tools, ordered bytewise by the connection's address; none when not given.</param>
    public ToolCatalog(
        ImmutableArray<Tool> org, IEnumerable<KeyValuePair<string, ImmutableArray<Tool>>> personal, IReadOnlyCollection<UpstreamOffer>? offers = null)
    {
        var each = (offers ?? []).ToLookup(offer => offer.Upstream.Owner.Subject ?? "", StringComparer.Ordinal);
        var tools = personal.ToDictionary(StringComparer.Ordinal);
        this.org = OwnedCatalog.Of(org, [.. each[""]]);
        this.personal = tools.Keys.Union(each.Select(group => group.Key).Where(subject => subject.Length > 0), StringComparer.Ordinal).ToFrozenDictionary(
            subject => subject, subject => OwnedCatalog.Of(tools.GetValueOrDefault(subject, []), [.. each[subject]]), StringComparer.Ordinal);
        Integrations = this.personal.Values.Append(this.org).SelectMany(owned => owned.Integrations).ToFrozenSet(StringComparer.Ordinal);
    }

    /// <summary>Makes a catalog of what each owner has.</summary>
    internal ToolCatalog(OwnedCatalog org, FrozenDictionary<string, OwnedCatalog> personal, FrozenSet<string> integrations)
    {
        this.org = org;
        this.personal = personal;
        Integrations = integrations;
    }

    /// <summary>Nothing.</summary>
    public static ToolCatalog Empty { get; } = new(OwnedCatalog.Empty, FrozenDictionary<string, OwnedCatalog>.Empty, FrozenSet<string>.Empty);

    /// <summary>Slugs of the integrations that connections can be made to; the builtin one needs none.</summary>
    public FrozenSet<string> Integrations { get; }

    /// <summary>Tools of shared connections, ordered bytewise by address.</summary>
    public ImmutableArray<Tool> Org => org.Tools;

    /// <summary>Tools of the personal connections of <paramref name="subject"/>, ordered bytewise by address.</summary>
    public ImmutableArray<Tool> Of(string subject) => Owned(subject).Tools;

    /// <summary>What shared connections to MCP servers offer besides tools, ordered bytewise by the connection's address.</summary>
    public ImmutableArray<UpstreamOffer> OrgOffers => org.Offers;

    /// <summary>The same of the personal connections of <paramref name="subject"/>.</summary>
    public ImmutableArray<UpstreamOffer> OffersOf(string subject) => Owned(subject).Offers;

    /// <summary>Integrations that <paramref name="subject"/> has a connection of its own to, whether or not anything is reachable through it now.</summary>
    public FrozenSet<string> ConnectedBy(string subject) => Owned(subject).Integrations;

    private OwnedCatalog Owned(string subject) => personal.TryGetValue(subject, out var owned) ? owned : OwnedCatalog.Empty;
}

/// <summary>What the connections of one owner offer.</summary>
/// <param name="Tools">Their tools, ordered bytewise by address.</param>
/// <param name="Offers">What MCP servers among them offer besides tools.</param>
/// <param name="Integrations">Slugs of the integrations that they are connections to.</param>
internal sealed record OwnedCatalog(ImmutableArray<Tool> Tools, ImmutableArray<UpstreamOffer> Offers, FrozenSet<string> Integrations)
{
    public static OwnedCatalog Empty { get; } = new([], [], FrozenSet<string>.Empty);

    /// <summary>One whose connections all offer something.</summary>
    public static OwnedCatalog Of(ImmutableArray<Tool> tools, ImmutableArray<UpstreamOffer> offers) => new(
        tools, offers, tools.Select(tool => tool.Integration).Concat(offers.Select(offer => offer.Upstream.Integration)).ToFrozenSet(StringComparer.Ordinal));
}

/// <summary>An integration, as other modules see it.</summary>
/// <param name="Slug">Its slug.</param>
/// <param name="Kind"><c>openapi</c>, <c>graphql</c>, <c>mcp</c>, <c>plugin</c> or <c>builtin</c>.</param>
/// <param name="Name">Name to show.</param>
/// <param name="ToolCount">Tools of its current catalog.</param>
public sealed record IntegrationSummary(string Slug, string Kind, string Name, int ToolCount);
