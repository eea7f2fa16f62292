namespace Toolgate.Policies;

/// <summary>A rule was added to an owner's list.</summary>
/// <param name="RuleId"><c>pol_…</c>.</param>
/// <param name="Subject">Account that owns the rule; null for the workspace.</param>
/// <param name="Pattern">What it speaks about, as written.</param>
/// <param name="Action">What it says.</param>
/// <param name="Position">Fractional key, compared bytewise.</param>
/// <param name="Enforced">Whether it holds inside toolkits too; workspace rules only.</param>
/// <param name="Approver">Whose yes it takes. An event that does not say it means the client's.</param>
public sealed record PolicyRuleAdded(
    string RuleId, string? Subject, string Pattern, PolicyAction Action, string Position, bool Enforced, Approver Approver = Approver.Client);

/// <summary>What a rule says was changed; its place was not.</summary>
/// <param name="RuleId"><c>pol_…</c>.</param>
/// <param name="Subject">Account that owns the rule; null for the workspace.</param>
/// <param name="Pattern">The pattern from now on.</param>
/// <param name="Action">The action from now on.</param>
/// <param name="Enforced">Whether it holds inside toolkits from now on.</param>
/// <param name="Approver">Whose yes it takes from now on. An event that does not say it means the client's.</param>
public sealed record PolicyRuleChanged(
    string RuleId, string? Subject, string Pattern, PolicyAction Action, bool Enforced, Approver Approver = Approver.Client);

/// <summary>A rule was moved within its owner's list.</summary>
/// <param name="RuleId"><c>pol_…</c>.</param>
/// <param name="Subject">Account that owns the rule; null for the workspace.</param>
/// <param name="Position">Its fractional key from now on.</param>
public sealed record PolicyRuleMoved(string RuleId, string? Subject, string Position);

/// <summary>A rule was removed.</summary>
/// <param name="RuleId"><c>pol_…</c>.</param>
/// <param name="Subject">Account that owned the rule; null for the workspace.</param>
public sealed record PolicyRuleRemoved(string RuleId, string? Subject);
