using System.Collections.Immutable;
using Toolgate.EventStore;

namespace Toolgate.Policies;

/// <summary>
/// Where a rule goes in its list. One list is one stream, so places are decided serially: any number of concurrent moves leaves one total order.
/// </summary>
/// <param name="Position">Key for the rule; null when it already stands there.</param>
/// <param name="Respread">New keys for the other rules of the list, when keys had grown too long; else empty.</param>
public sealed record Placement(string? Position, IReadOnlyList<KeyValuePair<string, string>> Respread)
{
    /// <summary>Keys longer than this are not made: the list gets short ones again. Reached by hundreds of moves between the same two rules.</summary>
    public const int LongestKey = 40;

    /// <summary>On top of the list.</summary>
    public static Placement OnTop(ImmutableArray<PolicyRule> ordered) => Of(ordered, null, 0);

    /// <summary>
    /// Before or after another rule of the list; on top when neither is named and the rule is new, where it is when it exists.
    /// </summary>
    /// <param name="ordered">The list, ordered by position.</param>
    /// <param name="self">The rule that moves; null for a new one.</param>
    /// <param name="before">The rule that must follow.</param>
    /// <param name="after">The rule that must precede.</param>
    /// <param name="placement">The place.</param>
    /// <param name="rejection">422 with pointer <c>/before</c> or <c>/after</c> when that is no other rule of this list.</param>
    public static bool TryPlace(
        ImmutableArray<PolicyRule> ordered, string? self, string? before, string? after, out Placement placement, out Rejection rejection)
    {
        placement = new Placement(null, []);
        rejection = null!;
        if (before is null && after is null)
        {
            placement = self is null ? OnTop(ordered) : placement;
            return true;
        }

        var (anchor, pointer) = before is not null ? (before, "/before") : (after, "/after");
        var others = self is null ? ordered : ordered.RemoveAll(rule => rule.Id == self);
        var index = -1;
        for (var i = 0; i < others.Length; i++)
        {
            index = others[i].Id == anchor ? i : index;
        }

        if (index < 0)
        {
            rejection = Rejection.Invalid("unknown_policy", "It must name another policy of the same list.", pointer);
            return false;
        }

        placement = Of(ordered, self, before is not null ? index : index + 1);
        return true;
    }

    private static Placement Of(ImmutableArray<PolicyRule> ordered, string? self, int index)
    {
        var others = self is null ? ordered : ordered.RemoveAll(rule => rule.Id == self);
        if (self is not null && ordered[index].Id == self)
        {
            return new Placement(null, []);
        }

        var key = FractionalKey.Between(index == 0 ? null : others[index - 1].Position, index == others.Length ? null : others[index].Position);
        if (key.Length <= LongestKey)
        {
            return new Placement(key, []);
        }

        var keys = FractionalKey.Spread(others.Length + 1);
        return new Placement(
            keys[index],
            [.. others.Select((rule, i) => KeyValuePair.Create(rule.Id, keys[i < index ? i : i + 1]))]);
    }
}
