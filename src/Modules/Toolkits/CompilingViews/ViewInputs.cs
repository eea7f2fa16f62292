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
/// <param name="Personal">Tools of the subject's connections, ordered by address; empty in a shared toolkit.</param>
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
    /// <summary>The default resource of a principal.</summary>
    public static ViewInputs Default(ToolCatalog catalog, ActivePolicies policies, string subject)
        => new(null, catalog.Org, catalog.Of(subject), catalog.OrgOffers, catalog.OffersOf(subject), [], policies.Enforced, policies.Org, policies.User);

    /// <summary>A toolkit. A shared one holds no personal tools, whoever looks; a personal one those of its owner.</summary>
    public static ViewInputs Of(ToolkitRow toolkit, ToolCatalog catalog, ImmutableArray<Tool> builtin, ActivePolicies policies)
    {
        var subject = toolkit.Owner.Subject;
        return new(
            toolkit, catalog.Org, subject is null ? [] : catalog.Of(subject), catalog.OrgOffers, subject is null ? [] : catalog.OffersOf(subject),
            toolkit.Grants.Any(grant => BuiltinGrants.IsOne(grant.Grant.Pattern)) ? builtin : [], policies.Enforced, [], []);
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
