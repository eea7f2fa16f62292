using System.Collections.Immutable;
using Toolgate.EventStore;

namespace Toolgate.Policies;

/// <summary>The rules that are in force.</summary>
public interface IPolicies
{
    /// <summary>
    /// The rules in force for <paramref name="principalId"/> at a snapshot: the workspace's and the principal's own. Cached: the same reference until
    /// one of the two lists changes.
    /// </summary>
    ActivePolicies At(ReadSnapshot snapshot, string principalId);

    /// <summary>A reference that is the same for two snapshots exactly when no rule of any owner differs between them.</summary>
    object StampAt(ReadSnapshot snapshot);
}

/// <summary>One rule, ready to match.</summary>
/// <param name="Id"><c>pol_…</c> or <c>tkpol_…</c>.</param>
/// <param name="Pattern">What it speaks about.</param>
/// <param name="Action">What it says.</param>
/// <param name="Position">Fractional key, compared bytewise; ties are broken by id.</param>
/// <param name="Approver">Whose yes it takes, where it says require_approval.</param>
public sealed record PolicyRule(string Id, Pattern Pattern, PolicyAction Action, string Position, Approver Approver = Approver.Client)
{
    /// <summary>For showing: null unless the rule requires approval.</summary>
    public Approver? ShownApprover => Action == PolicyAction.RequireApproval ? Approver : null;
}

/// <summary>The rules that apply to one principal, each list ordered by position, then id.</summary>
/// <param name="Enforced">Enforced rules of the workspace: hold everywhere.</param>
/// <param name="Org">Ordinary rules of the workspace.</param>
/// <param name="User">The principal's own rules.</param>
public sealed record ActivePolicies(ImmutableArray<PolicyRule> Enforced, ImmutableArray<PolicyRule> Org, ImmutableArray<PolicyRule> User)
{
    /// <summary>No rules.</summary>
    public static ActivePolicies None { get; } = new([], [], []);
}
