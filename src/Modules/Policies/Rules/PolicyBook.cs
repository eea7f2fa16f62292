using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Toolgate.Access;

namespace Toolgate.Policies;

/// <summary>State of the read model <c>policies</c>: every owner's rules.</summary>
internal sealed class PolicyBook(ImmutableSortedDictionary<string, OwnedRules> owners, ImmutableDictionary<string, string> ownerOfRule)
{
    public static PolicyBook Empty { get; } = new(
        ImmutableSortedDictionary.Create<string, OwnedRules>(StringComparer.Ordinal), ImmutableDictionary.Create<string, string>(StringComparer.Ordinal));

    /// <summary>By <see cref="Owner.ToString"/>, bytewise.</summary>
    public ImmutableSortedDictionary<string, OwnedRules> Owners => owners;

    /// <summary>The rules of an owner.</summary>
    public OwnedRules Of(Owner owner) => owners.TryGetValue(owner.ToString(), out var rules) ? rules : OwnedRules.None(owner.Subject);

    /// <summary>The owner that has the rule; null when no one has.</summary>
    public OwnedRules? Holding(string ruleId) => ownerOfRule.TryGetValue(ruleId, out var owner) ? owners[owner] : null;

    /// <summary>The rules for a principal; the same reference as long as neither list changed.</summary>
    public ActivePolicies For(string principalId) => Of(Owner.Org).ActiveWith(Of(Owner.User(principalId)));

    public PolicyBook With(OwnedRules rules, string? added = null, string? removed = null)
    {
        var key = new Owner(rules.Subject).ToString();
        var index = added is null ? ownerOfRule : ownerOfRule.SetItem(added, key);
        return new PolicyBook(owners.SetItem(key, rules), removed is null ? index : index.Remove(removed));
    }
}

/// <summary>One owner's rules in a snapshot. Immutable; the reference changes exactly when a rule does.</summary>
/// <param name="subject">Account, or null for the workspace.</param>
/// <param name="version">Version of the owner's stream.</param>
/// <param name="rules">In order.</param>
/// <param name="before">The owner's rules before the change: a list that it left alone stays the same array, so that nobody compiles it anew.</param>
internal sealed class OwnedRules(string? subject, long version, ImmutableArray<StoredRule> rules, OwnedRules? before = null)
{
    private static readonly OwnedRules NoUser = new("", 0, []);
    private static readonly OwnedRules NoOrg = new(null, 0, []);

    /// <summary>Combined with each user's list, for as long as both live: a cache whose entries cannot go stale, since both sides are immutable.</summary>
    private readonly ConditionalWeakTable<OwnedRules, ActivePolicies> combined = [];

    /// <summary>Account, or null for the workspace.</summary>
    public string? Subject => subject;

    /// <summary>Version of the owner's stream: the ETag of each of its rules.</summary>
    public long Version => version;

    /// <summary>In order.</summary>
    public ImmutableArray<StoredRule> Rules => rules;

    /// <summary>Enforced rules, ready to match.</summary>
    public ImmutableArray<PolicyRule> Enforced { get; } = Listed(rules.Where(rule => rule.Enforced), before?.Enforced);

    /// <summary>Ordinary rules, ready to match.</summary>
    public ImmutableArray<PolicyRule> Ordinary { get; } = Listed(rules.Where(rule => !rule.Enforced), before?.Ordinary);

    /// <summary>An owner without rules. Shared by all accounts, so that they share what is derived from it.</summary>
    public static OwnedRules None(string? subject) => subject is null ? NoOrg : NoUser;

    public ActivePolicies ActiveWith(OwnedRules user)
        => combined.GetValue(user.Rules.IsEmpty ? NoUser : user, other => new ActivePolicies(Enforced, Ordinary, other.Ordinary));

    public StoredRule? Find(string id) => rules.FirstOrDefault(rule => rule.Rule.Id == id);

    private static ImmutableArray<PolicyRule> Listed(IEnumerable<StoredRule> stored, ImmutableArray<PolicyRule>? before)
    {
        ImmutableArray<PolicyRule> listed = [.. stored.Select(rule => rule.Rule)];
        return before is { } same && same.SequenceEqual(listed) ? same : listed;
    }
}

/// <summary>A rule with what people want to know of it.</summary>
internal sealed record StoredRule(PolicyRule Rule, bool Enforced, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);
