using System.Collections.Frozen;
using System.Collections.Immutable;
using Toolgate.Connections;
using Toolgate.Policies;

namespace Toolgate.Toolkits;

/// <summary>
/// Everything that a view is compiled from, all of one snapshot. Compared by reference (arrays and rows are immutable and replaced when they change), so
/// that finding out whether a view is still good costs a handful of pointer comparisons.
/// </summary>
/// <param name="Toolkit">The toolkit; null for the default resource.</param>
/// <param name="Org">Tools of shared connections, ordered by address.</param>
/// <param name="Personal">Tools of the subject's connections, ordered by address; empty in a shared toolkit whose callers bring none of their own.</param>
/// <param name="OrgOffers">What shared connections to MCP servers offer besides tools.</param>
/// <param name="PersonalOffers">The same of the subject's connections; empty in a shared toolkit.</param>
/// <param name="Builtin">The builtin tools, where the toolkit grants any by name; empty otherwise.</param>
/// <param name="Enforced">Enforced rules.</param>
/// <param name="OrgRules">Ordinary rules of the workspace; empty in a toolkit, whose policies replace them.</param>
/// <param name="UserRules">The subject's own rules; empty in a toolkit.</param>
internal sealed record ViewInputs(
    ToolkitRow? Toolkit, ImmutableArray<Tool> Org, ImmutableArray<Tool> Personal, ImmutableArray<UpstreamOffer> OrgOffers, ImmutableArray<UpstreamOffer> PersonalOffers,
    ImmutableArray<Tool> Builtin, ImmutableArray<PolicyRule> Enforced,
    ImmutableArray<PolicyRule> OrgRules, ImmutableArray<PolicyRule> UserRules)
{
    /// <summary>Integrations that the subject has a connection of its own to, where a shared toolkit asks for that; null elsewhere, and for nobody in particular.</summary>
    public FrozenSet<string>? Connected { get; init; }

    /// <summary>Integrations that exist, where a shared toolkit has its callers bring their own; null elsewhere.</summary>
    public FrozenSet<string>? Connectable { get; init; }

    /// <summary>The default resource of a principal.</summary>
    public static ViewInputs Default(ToolCatalog catalog, ActivePolicies policies, string subject)
        => new(null, catalog.Org, catalog.Of(subject), catalog.OrgOffers, catalog.OffersOf(subject), [], policies.Enforced, policies.Org, policies.User);

    /// <summary>
    /// A toolkit. A personal one holds the personal tools of its owner; a shared one none, whoever looks, unless its callers bring their own: then those of
    /// <paramref name="subject"/>, of which only the declared integrations pass the decision.
    /// </summary>
    /// <param name="toolkit">The toolkit.</param>
    /// <param name="catalog">What is reachable.</param>
    /// <param name="builtin">The builtin tools.</param>
    /// <param name="policies">The rules.</param>
    /// <param name="subject">Who looks; empty for those without connections of their own, <see cref="ViewKey.Nobody"/> for nobody in particular.</param>
    public static ViewInputs Of(ToolkitRow toolkit, ToolCatalog catalog, ImmutableArray<Tool> builtin, ActivePolicies policies, string subject = "")
    {
        var brings = toolkit.Owner.IsOrg && !toolkit.BringYourOwn.IsEmpty;
        var whose = toolkit.Owner.Subject ?? (brings ? subject : "");
        return new(
            toolkit, catalog.Org, catalog.Of(whose), catalog.OrgOffers, catalog.OffersOf(whose),
            toolkit.Grants.Any(grant => BuiltinGrants.IsOne(grant.Grant.Pattern)) ? builtin : [], policies.Enforced, [], [])
        {
            Connected = brings && subject != ViewKey.Nobody ? catalog.ConnectedBy(subject) : null,
            Connectable = brings ? catalog.Integrations : null,
        };
    }

    /// <summary>All lists as one, ordered by address.</summary>
    public IEnumerable<Tool> Tools() => WithBuiltin(Merge(Org, Personal));

    /// <summary>Puts the builtin tools in their place; they lie together, for they share a segment that nothing else may have.</summary>
    public IEnumerable<Tool> WithBuiltin(IEnumerable<Tool> tools)
        => Builtin.IsEmpty
            ? tools
            : tools.TakeWhile(IsBefore).Concat(Builtin).Concat(tools.SkipWhile(IsBefore));

    private static bool IsBefore(Tool tool) => string.CompareOrdinal(tool.Address, IManagementApi.Slug + ".") < 0;

    /// <summary>Merges two lists that are ordered bytewise by address.</summary>
    public static IEnumerable<Tool> Merge(ImmutableArray<Tool> left, ImmutableArray<Tool> right)
    {
        var (i, j) = (0, 0);
        while (i < left.Length || j < right.Length)
        {
            yield return j == right.Length || (i < left.Length && string.CompareOrdinal(left[i].Address, right[j].Address) <= 0) ? left[i++] : right[j++];
        }
    }
}
