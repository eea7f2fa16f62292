using Toolgate.Access;
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
    private bool brought;
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
            Narrow(tool.Address.AsSpan(0, tool.Address.Length - tool.Definition.Name.Length - 1), tool.IsBuiltin ? builtinGrants : grants);
            brought = IsBrought(tool.Integration, tool.Owner);
            last = tool;
        }

        return Decide(tool.Address, tool.Owner, tool.Definition.AsksByDefault);
    }

    /// <summary>Decides what else an MCP server offers: as a tool of that address that asks nobody by default.</summary>
    public AccessDecision Decide(Upstream upstream, string address)
    {
        Narrow(upstream.Address, grants);
        brought = IsBrought(upstream.Integration, upstream.Owner);
        last = null;
        return Decide(address, upstream.Owner, asks: false);
    }

    private AccessDecision Decide(string address, Owner owner, bool asks) => inputs.Toolkit is { } toolkit
        ? AccessDecisions.InToolkit(
            enforced.First(address), toolkit.Owner.IsOrg && !owner.IsOrg && !brought, brought || granted!.First(address) >= 0, first.First(address), asks)
        : AccessDecisions.Default(enforced.First(address), first.First(address), user.First(address), asks);

    /// <summary>
    /// Whether a personal connection is one that the toolkit's callers bring: the declaration grants it, the one exception from the rule that shared toolkits
    /// hold nothing personal. Whose it is was settled before: no other subject's tools are among the inputs.
    /// </summary>
    private bool IsBrought(string integration, Owner owner)
        => !owner.IsOrg && inputs.Toolkit is { Owner.IsOrg: true } toolkit && toolkit.BringYourOwn.Contains(integration);

    private void Narrow(ReadOnlySpan<char> prefix, PatternIndex granting)
    {
        enforced.Narrow(prefix);
        first.Narrow(prefix);
        user.Narrow(prefix);
        granted = granting.Under(prefix);
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
