using System.Collections.Immutable;
using System.Text.Json;
using Toolgate.Access;
using Toolgate.EventStore;

namespace Toolgate.Policies;

/// <summary>The read model <c>policies</c>: the rules in force, in memory.</summary>
internal sealed class PoliciesReadModel : ReadModel<PolicyBook>
{
    public override string Name => "policies";

    public override int SchemaVersion => 2;

    public override IReadOnlyCollection<Type> Handles { get; } =
        [typeof(PolicyRuleAdded), typeof(PolicyRuleChanged), typeof(PolicyRuleMoved), typeof(PolicyRuleRemoved)];

    public override PolicyBook Empty => PolicyBook.Empty;

    public override PolicyBook Evolve(PolicyBook state, StoredEvent e) => e.Data switch
    {
        PolicyRuleAdded a => state.With(
            Put(state, a.Subject, e.Version, new StoredRule(new PolicyRule(a.RuleId, Pattern.Parse(a.Pattern), a.Action, a.Position, a.Approver), a.Enforced, e.Timestamp, e.Timestamp)),
            added: a.RuleId),
        PolicyRuleChanged c when Old(state, c.Subject, c.RuleId) is { } old => state.With(Put(state, c.Subject, e.Version, old with
        {
            Rule = old.Rule with { Pattern = Pattern.Parse(c.Pattern), Action = c.Action, Approver = c.Approver },
            Enforced = c.Enforced,
            UpdatedAt = e.Timestamp,
        })),
        PolicyRuleMoved m when Old(state, m.Subject, m.RuleId) is { } old => state.With(
            Put(state, m.Subject, e.Version, old with { Rule = old.Rule with { Position = m.Position }, UpdatedAt = e.Timestamp })),
        PolicyRuleRemoved r => state.With(
            Next(state, r.Subject, e.Version, rules => rules.RemoveAll(rule => rule.Rule.Id == r.RuleId)), removed: r.RuleId),
        _ => state,
    };

    public override byte[] Serialize(PolicyBook state) => JsonSerializer.SerializeToUtf8Bytes(
        state.Owners.Values.Select(owner => new OwnerRow(
            owner.Subject,
            owner.Version,
            [.. owner.Rules.Select(r => new RuleRow(r.Rule.Id, r.Rule.Pattern.Text, r.Rule.Action, r.Rule.Position, r.Enforced, r.CreatedAt, r.UpdatedAt, r.Rule.Approver))])),
        EventTypes.Json);

    public override PolicyBook Deserialize(ReadOnlySpan<byte> bytes)
    {
        var owners = JsonSerializer.Deserialize<List<OwnerRow>>(bytes, EventTypes.Json)!.ConvertAll(owner => new OwnedRules(
            owner.Subject,
            owner.Version,
            [.. owner.Rules.Select(r => new StoredRule(new PolicyRule(r.Id, Pattern.Parse(r.Pattern), r.Action, r.Position, r.Approver), r.Enforced, r.CreatedAt, r.UpdatedAt))]));
        return new PolicyBook(
            owners.ToImmutableSortedDictionary(owner => new Owner(owner.Subject).ToString(), owner => owner, StringComparer.Ordinal),
            owners.SelectMany(owner => owner.Rules.Select(rule => KeyValuePair.Create(rule.Rule.Id, new Owner(owner.Subject).ToString())))
                .ToImmutableDictionary(StringComparer.Ordinal));
    }

    private static StoredRule? Old(PolicyBook state, string? subject, string ruleId) => state.Of(new Owner(subject)).Find(ruleId);

    private static OwnedRules Put(PolicyBook state, string? subject, long version, StoredRule rule)
        => Next(state, subject, version, rules => rules.RemoveAll(other => other.Rule.Id == rule.Rule.Id).Add(rule)
            .Sort((left, right) => RuleOrder.Compare(left.Rule, right.Rule)));

    private static OwnedRules Next(PolicyBook state, string? subject, long version, Func<ImmutableArray<StoredRule>, ImmutableArray<StoredRule>> change)
    {
        var before = state.Of(new Owner(subject));
        return new OwnedRules(subject, version, change(before.Rules), before);
    }

    /// <summary>An owner in a snapshot.</summary>
    internal sealed record OwnerRow(string? Subject, long Version, IReadOnlyList<RuleRow> Rules);

    /// <summary>A rule in a snapshot.</summary>
    internal sealed record RuleRow(
        string Id, string Pattern, PolicyAction Action, string Position, bool Enforced, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, Approver Approver);
}

/// <summary>What other modules ask of the rules.</summary>
internal sealed class PoliciesAt : IPolicies
{
    public ActivePolicies At(ReadSnapshot snapshot, string principalId) => snapshot.Get<PolicyBook>().For(principalId);

    public object StampAt(ReadSnapshot snapshot) => snapshot.Get<PolicyBook>();
}
