using System.Collections.Immutable;

namespace Toolgate.Policies;

/// <summary>
/// The decision for one address (SEMANTICS "Policies", "Toolkits"). Pure: everything it knows is an argument.
/// <para>
/// <b>Enforced rules</b> are one list, and its first match by (position, id) speaks for it. What it says is a floor under everything that follows,
/// at the default resource and in every toolkit: <c>block</c> ends the decision; <c>require_approval</c> turns a later approve into
/// require_approval and leaves a later block alone; <c>approve</c> is the lowest floor. An enforced approve is thus an exception from the enforced
/// rules below it and nothing more: it lifts no ordinary block, no toolkit policy, no default approval and grants nothing. That is the reading
/// under which an enforced rule can never widen what the other rules allow.
/// </para>
/// </summary>
public static class AccessDecisions
{
    /// <summary>At <c>/mcp</c>: enforced rules, then the more restrictive of the first workspace and the first personal match, then the default.</summary>
    /// <param name="address">The address.</param>
    /// <param name="asksByDefault">Whether the tool asks for approval when no rule speaks.</param>
    /// <param name="policies">The rules in force for the principal.</param>
    public static AccessDecision Default(string address, bool asksByDefault, ActivePolicies policies)
        => Default(FirstMatch(policies.Enforced, address), FirstMatch(policies.Org, address), FirstMatch(policies.User, address), asksByDefault);

    /// <summary>The same, of the first matches.</summary>
    /// <param name="enforced">First enforced match.</param>
    /// <param name="org">First ordinary match of the workspace.</param>
    /// <param name="user">First personal match.</param>
    /// <param name="asksByDefault">Whether the tool asks for approval when no rule speaks.</param>
    public static AccessDecision Default(PolicyRule? enforced, PolicyRule? org, PolicyRule? user, bool asksByDefault)
    {
        if (enforced is { Action: PolicyAction.Block })
        {
            return Of(enforced, DecisionSource.Enforced);
        }

        // Equally restrictive: the workspace's rule is the reason, because removing one's own would change nothing.
        var merged = (org, user) switch
        {
            (null, null) => ByDefault(asksByDefault),
            (_, null) => Of(org, DecisionSource.Org),
            (null, _) => Of(user, DecisionSource.User),
            _ => user.Action > org.Action ? Of(user, DecisionSource.User) : Of(org, DecisionSource.Org).Taking(user),
        };
        return OnFloor(enforced, merged);
    }

    /// <summary>In a toolkit that exists for the principal, the first that applies: enforced block, personal tool in a shared toolkit, no grant, policy, default.</summary>
    /// <param name="address">The address.</param>
    /// <param name="isUserTool">Whether the tool is reached through a personal connection.</param>
    /// <param name="toolkitIsOrg">Whether the toolkit is shared.</param>
    /// <param name="grants">Its grants.</param>
    /// <param name="toolkitRules">Its policies, ordered. They replace the ordinary rules of the workspace and never act as grants.</param>
    /// <param name="enforced">The enforced rules of the workspace, ordered.</param>
    /// <param name="asksByDefault">Whether the tool asks for approval when no rule speaks.</param>
    public static AccessDecision InToolkit(
        string address, bool isUserTool, bool toolkitIsOrg, ImmutableArray<Pattern> grants, ImmutableArray<PolicyRule> toolkitRules,
        ImmutableArray<PolicyRule> enforced, bool asksByDefault)
    {
        var granted = false;
        foreach (var grant in grants)
        {
            granted = granted || grant.Matches(address);
        }

        return InToolkit(FirstMatch(enforced, address), isUserTool && toolkitIsOrg, granted, FirstMatch(toolkitRules, address), asksByDefault);
    }

    /// <summary>The same, of the first matches.</summary>
    /// <param name="enforced">First enforced match.</param>
    /// <param name="personalInShared">A personal tool in a shared toolkit.</param>
    /// <param name="granted">Whether any grant matches.</param>
    /// <param name="policy">First policy of the toolkit that matches.</param>
    /// <param name="asksByDefault">Whether the tool asks for approval when no rule speaks.</param>
    public static AccessDecision InToolkit(PolicyRule? enforced, bool personalInShared, bool granted, PolicyRule? policy, bool asksByDefault)
    {
        if (enforced is { Action: PolicyAction.Block })
        {
            return Of(enforced, DecisionSource.Enforced);
        }

        if (personalInShared)
        {
            return new AccessDecision(PolicyAction.Block, DecisionSource.PersonalInShared);
        }

        if (!granted)
        {
            return new AccessDecision(PolicyAction.Block, DecisionSource.NotGranted);
        }

        return OnFloor(enforced, policy is null ? ByDefault(asksByDefault) : Of(policy, DecisionSource.Toolkit));
    }

    /// <summary>The first rule of an ordered list that matches.</summary>
    public static PolicyRule? FirstMatch(ImmutableArray<PolicyRule> ordered, string address)
    {
        foreach (var rule in ordered)
        {
            if (rule.Pattern.Matches(address))
            {
                return rule;
            }
        }

        return null;
    }

    /// <summary>An enforced require_approval is the reason unless what follows is stricter still.</summary>
    private static AccessDecision OnFloor(PolicyRule? enforced, AccessDecision decision)
        => enforced is { Action: PolicyAction.RequireApproval } && decision.Action <= PolicyAction.RequireApproval
            ? Of(enforced, DecisionSource.Enforced).Taking(decision.ShownApprover)
            : decision;

    /// <summary>A rule that does not decide still narrows whose yes counts, or it could be widened by one that says the same.</summary>
    private static AccessDecision Taking(this AccessDecision decision, PolicyRule other) => decision.Taking(other.ShownApprover);

    private static AccessDecision Taking(this AccessDecision decision, Approver? other)
        => decision.Action == PolicyAction.RequireApproval && other > decision.Approver ? decision with { Approver = other.Value } : decision;

    private static AccessDecision ByDefault(bool asks)
        => new(asks ? PolicyAction.RequireApproval : PolicyAction.Approve, DecisionSource.Default);

    private static AccessDecision Of(PolicyRule rule, DecisionSource source) => new(rule.Action, source, rule.Id, rule.Pattern.Text, rule.Approver);
}
