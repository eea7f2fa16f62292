using System.Collections.Immutable;
using Toolgate.Access;
using Toolgate.EventStore;

namespace Toolgate.Policies;

/// <summary>The rules of one owner, folded from its one stream: every change of their order is decided there, one after another.</summary>
/// <param name="Rules">In order.</param>
/// <param name="Enforced">Ids of the enforced ones.</param>
internal sealed record OwnerRules(ImmutableArray<PolicyRule> Rules, ImmutableHashSet<string> Enforced)
{
    /// <summary>Kind of the stream.</summary>
    public const string StreamType = "policies";

    /// <summary>Most rules of one owner: every decision of every caller reads them.</summary>
    public const int Most = 1_000;

    public static OwnerRules None { get; } = new([], []);

    public static Fold<OwnerRules> Fold { get; } = new(None, Evolve);

    /// <summary><c>policies-org</c> or <c>policies-user-usr_…</c>.</summary>
    public static string StreamOf(Owner owner) => "policies-" + owner;

    public static OwnerRules Evolve(OwnerRules state, object e) => e switch
    {
        PolicyRuleAdded added => new(
            state.Rules.With(new PolicyRule(added.RuleId, Pattern.Parse(added.Pattern), added.Action, added.Position, added.Approver)),
            added.Enforced ? state.Enforced.Add(added.RuleId) : state.Enforced),
        PolicyRuleChanged changed when state.Rules.Find(changed.RuleId) is { } rule => new(
            state.Rules.With(rule with { Pattern = Pattern.Parse(changed.Pattern), Action = changed.Action, Approver = changed.Approver }),
            changed.Enforced ? state.Enforced.Add(changed.RuleId) : state.Enforced.Remove(changed.RuleId)),
        PolicyRuleMoved moved when state.Rules.Find(moved.RuleId) is { } rule => state with
        {
            Rules = state.Rules.With(rule with { Position = moved.Position }),
        },
        PolicyRuleRemoved removed => new(state.Rules.Without(removed.RuleId), state.Enforced.Remove(removed.RuleId)),
        _ => state,
    };

    /// <summary>The events that give a placed rule's neighbours their new keys.</summary>
    public static IEnumerable<object> Respread(Placement placement, Owner owner)
        => placement.Respread.Select(pair => (object)new PolicyRuleMoved(pair.Key, owner.Subject, pair.Value));
}
