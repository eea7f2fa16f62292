using System.Collections.Immutable;

namespace Toolgate.Policies;

/// <summary>The one order of rules: by position, then by id, both bytewise. Every list of rules is kept in it.</summary>
public static class RuleOrder
{
    /// <summary>Compares two rules.</summary>
    public static int Compare(PolicyRule left, PolicyRule right)
        => string.CompareOrdinal(left.Position, right.Position) is var byPosition and not 0 ? byPosition : string.CompareOrdinal(left.Id, right.Id);

    /// <summary>The list with the rule in its place, in place of an earlier one of the same id.</summary>
    public static ImmutableArray<PolicyRule> With(this ImmutableArray<PolicyRule> ordered, PolicyRule rule)
    {
        var others = ordered.Without(rule.Id);
        var index = others.BinarySearch(rule, Comparer<PolicyRule>.Create(Compare));
        return others.Insert(index < 0 ? ~index : index, rule);
    }

    /// <summary>The list without the rule of that id.</summary>
    public static ImmutableArray<PolicyRule> Without(this ImmutableArray<PolicyRule> ordered, string id)
        => ordered.Find(id) is { } rule ? ordered.Remove(rule) : ordered;

    /// <summary>The rule of that id.</summary>
    public static PolicyRule? Find(this ImmutableArray<PolicyRule> ordered, string id)
    {
        foreach (var rule in ordered)
        {
            if (rule.Id == id)
            {
                return rule;
            }
        }

        return null;
    }
}
