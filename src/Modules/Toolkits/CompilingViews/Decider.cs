using Toolgate.Connections;
using Toolgate.Policies;

namespace Toolgate.Toolkits;

/// <summary>
/// Decides the tools of one resource, one after another. Gives what <see cref="AccessDecisions"/> gives; is quick when tools of one connection come in
/// a row, because rules and grants are narrowed to a connection once.
/// </summary>
internal sealed class Decider(ViewInputs inputs)
{
    private readonly RuleList enforced = new(inputs.Enforced);
    private readonly RuleList first = new(inputs.Toolkit?.Rules ?? inputs.OrgRules);
    private readonly RuleList user = new(inputs.UserRules);
    private readonly PatternIndex grants = new(inputs.Toolkit?.Grants.Select(grant => grant.Grant.Pattern) ?? []);
    private readonly PatternIndex builtinGrants
        = new(inputs.Toolkit?.Grants.Select(grant => grant.Grant.Pattern).Where(BuiltinGrants.IsOne) ?? []);

    private PatternIndex.Narrowed? granted;
    private Tool? last;

    /// <summary>What is decided about a tool. One whose override does not fit it is held back: it must not be called another way than somebody meant.</summary>
    public AccessDecision Decide(Tool tool)
    {
        var decision = ByRules(tool);
        return decision.Action != PolicyAction.Block && inputs.Toolkit?.OverrideOf(tool.Address) is { } said
            && ShapeCompiler.Of(said, tool.Definition).Faults.Count > 0
            ? new AccessDecision(PolicyAction.Block, DecisionSource.HeldBack)
            : decision;
    }

    private AccessDecision ByRules(Tool tool)
    {
        if (last is null || last.Connection != tool.Connection || last.Integration != tool.Integration || last.Owner != tool.Owner)
        {
            // The address without the dot and the name of the tool.
            var prefix = tool.Address.AsSpan(0, tool.Address.Length - tool.Definition.Name.Length - 1);
            enforced.Narrow(prefix);
            first.Narrow(prefix);
            user.Narrow(prefix);
            granted = (tool.IsBuiltin ? builtinGrants : grants).Under(prefix);
            last = tool;
        }

        var asks = tool.Definition.AsksByDefault;
        return inputs.Toolkit is { } toolkit
            ? AccessDecisions.InToolkit(
                enforced.First(tool.Address), toolkit.Owner.IsOrg && !tool.Owner.IsOrg, granted!.First(tool.Address) >= 0, first.First(tool.Address), asks)
            : AccessDecisions.Default(enforced.First(tool.Address), first.First(tool.Address), user.First(tool.Address), asks);
    }

    /// <summary>An ordered list of rules with its index.</summary>
    private sealed class RuleList(System.Collections.Immutable.ImmutableArray<PolicyRule> rules)
    {
        private readonly PatternIndex? index = rules.IsEmpty ? null : new PatternIndex(rules.Select(rule => rule.Pattern));
        private PatternIndex.Narrowed? narrowed;

        public void Narrow(ReadOnlySpan<char> prefix) => narrowed = index?.Under(prefix);

        public PolicyRule? First(string address) => narrowed is not null && narrowed.First(address) is >= 0 and var at ? rules[at] : null;
    }
}
