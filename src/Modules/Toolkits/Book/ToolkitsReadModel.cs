using System.Collections.Immutable;
using System.Text.Json;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Policies;

namespace Toolgate.Toolkits;

/// <summary>The read model <c>toolkits</c>: every toolkit with its grants and policies, in memory.</summary>
internal sealed class ToolkitsReadModel : ReadModel<ToolkitBook>
{
    public override string Name => "toolkits";

    public override int SchemaVersion => 3;

    public override IReadOnlyCollection<Type> Handles { get; } =
    [
        typeof(ToolkitCreated), typeof(ToolkitRenamed), typeof(ToolkitSlugChanged), typeof(ToolkitDeleted), typeof(ConnectionGranted), typeof(ConnectionRevoked),
        typeof(ToolkitPolicyAdded), typeof(ToolkitPolicyChanged), typeof(ToolkitPolicyMoved), typeof(ToolkitPolicyRemoved),
        typeof(ToolkitSurfaceChanged), typeof(ToolkitNamesChanged), typeof(ToolOverridden), typeof(ToolOverrideRemoved),
        typeof(BringYourOwnDeclared), typeof(BringYourOwnWithdrawn),
    ];

    public override ToolkitBook Empty => ToolkitBook.Empty;

    public override ToolkitBook Evolve(ToolkitBook state, StoredEvent e) => e.Data switch
    {
        ToolkitCreated created => state.With(new ToolkitRow
        {
            Id = created.ToolkitId,
            Owner = new Owner(created.Subject),
            Slug = created.Slug,
            Name = created.Name,
            Grants = [],
            Policies = [],
            CreatedAt = e.Timestamp,
            UpdatedAt = e.Timestamp,
            Version = e.Version,
        }),
        ToolkitDeleted deleted => state.Without(deleted.ToolkitId),
        ToolkitRenamed x => Change(state, e, x.ToolkitId, row => row.At(e.Timestamp, e.Version, name: x.Name)),
        ToolkitSlugChanged x => Change(state, e, x.ToolkitId, row => row.At(e.Timestamp, e.Version, slug: x.Slug)),
        ConnectionGranted x => Change(state, e, x.ToolkitId, row => row.At(
            e.Timestamp, e.Version, grants: row.Grants.Add(new GrantRow(new Grant(x.GrantId, Pattern.Parse(x.Pattern), x.Position), e.Timestamp)))),
        ConnectionRevoked x => Change(state, e, x.ToolkitId, row => row.At(
            e.Timestamp, e.Version, grants: row.Grants.RemoveAll(grant => grant.Grant.Id == x.GrantId))),
        ToolkitPolicyAdded x => Change(state, e, x.ToolkitId, row => row.At(e.Timestamp, e.Version, policies: Put(
            row.Policies, new ToolkitPolicyRow(new PolicyRule(x.PolicyId, Pattern.Parse(x.Pattern), x.Action, x.Position, x.Approver), e.Timestamp, e.Timestamp)))),
        ToolkitPolicyChanged x => Policy(state, e, x.ToolkitId, x.PolicyId, rule => rule with
        {
            Pattern = Pattern.Parse(x.Pattern),
            Action = x.Action,
            Approver = x.Approver,
        }),
        ToolkitPolicyMoved x => Policy(state, e, x.ToolkitId, x.PolicyId, rule => rule with { Position = x.Position }),
        ToolkitPolicyRemoved x => Change(state, e, x.ToolkitId, row => row.At(
            e.Timestamp, e.Version, policies: row.Policies.RemoveAll(policy => policy.Rule.Id == x.PolicyId))),
        ToolkitSurfaceChanged x => Change(state, e, x.ToolkitId, row => row.At(e.Timestamp, e.Version, surface: x.Surface)),
        ToolkitNamesChanged x => Change(state, e, x.ToolkitId, row => row.At(e.Timestamp, e.Version, names: x.Names)),
        ToolOverridden x => Change(state, e, x.ToolkitId, row => row.At(
            e.Timestamp, e.Version, overrides: row.Overrides.SetItem(x.Address, new OverrideRow(ToolOverride.Of(x), e.Timestamp)))),
        ToolOverrideRemoved x => Change(state, e, x.ToolkitId, row => row.At(e.Timestamp, e.Version, overrides: row.Overrides.Remove(x.Address))),
        BringYourOwnDeclared x => Change(state, e, x.ToolkitId, row => row.At(e.Timestamp, e.Version, bringYourOwn: row.BringYourOwn.Add(x.Integration))),
        BringYourOwnWithdrawn x => Change(state, e, x.ToolkitId, row => row.At(e.Timestamp, e.Version, bringYourOwn: row.BringYourOwn.Remove(x.Integration))),
        _ => state,
    };

    public override byte[] Serialize(ToolkitBook state) => JsonSerializer.SerializeToUtf8Bytes(
        state.ById.Values.Select(row => new Row(
            row.Id,
            row.Owner.Subject,
            row.Slug,
            row.Name,
            [.. row.Grants.Select(g => new GrantOfRow(g.Grant.Id, g.Grant.Pattern.Text, g.Grant.Position, g.CreatedAt))],
            [.. row.Policies.Select(p => new PolicyOfRow(p.Rule.Id, p.Rule.Pattern.Text, p.Rule.Action, p.Rule.Position, p.CreatedAt, p.UpdatedAt, p.Rule.Approver))],
            row.CreatedAt,
            row.UpdatedAt,
            row.Version,
            row.Surface,
            row.Names,
            [.. row.Overrides.Values.Select(o => new OverrideOfRow(
                o.Override.Address, o.Override.Name, o.Override.Title, o.Override.Description, o.Override.Hide, o.Override.Fix, o.UpdatedAt))],
            [.. row.BringYourOwn])),
        EventTypes.Json);

    public override ToolkitBook Deserialize(ReadOnlySpan<byte> bytes)
        => JsonSerializer.Deserialize<List<Row>>(bytes, EventTypes.Json)!.Aggregate(Empty, (book, row) => book.With(new ToolkitRow
        {
            Id = row.Id,
            Owner = new Owner(row.Subject),
            Slug = row.Slug,
            Name = row.Name,
            Grants = [.. row.Grants.Select(g => new GrantRow(new Grant(g.Id, Pattern.Parse(g.Pattern), g.Position), g.CreatedAt))],
            Policies = [.. row.Policies.Select(p => new ToolkitPolicyRow(new PolicyRule(p.Id, Pattern.Parse(p.Pattern), p.Action, p.Position, p.Approver), p.CreatedAt, p.UpdatedAt))],
            CreatedAt = row.CreatedAt,
            UpdatedAt = row.UpdatedAt,
            Version = row.Version,
            Surface = row.Surface,
            Names = row.Names,
            Overrides = OverrideRow.None.AddRange(row.Overrides.Select(o => KeyValuePair.Create(o.Address, new OverrideRow(
                new ToolOverride(o.Address) { Name = o.Name, Title = o.Title, Description = o.Description, Hide = o.Hide, Fix = o.Fix }, o.UpdatedAt)))),
            BringYourOwn = ToolkitState.NoIntegrations.Union(row.BringYourOwn),
        }));

    private static ToolkitBook Change(ToolkitBook state, StoredEvent e, string id, Func<ToolkitRow, ToolkitRow> change)
        => state.ById.TryGetValue(id, out var row) ? state.With(change(row)) : state;

    private static ToolkitBook Policy(ToolkitBook state, StoredEvent e, string id, string policyId, Func<PolicyRule, PolicyRule> change)
        => Change(state, e, id, row => row.Policies.FirstOrDefault(policy => policy.Rule.Id == policyId) is { } old
            ? row.At(e.Timestamp, e.Version, policies: Put(row.Policies, old with { Rule = change(old.Rule), UpdatedAt = e.Timestamp }))
            : row);

    private static ImmutableArray<ToolkitPolicyRow> Put(ImmutableArray<ToolkitPolicyRow> policies, ToolkitPolicyRow policy)
        => policies.RemoveAll(other => other.Rule.Id == policy.Rule.Id).Add(policy).Sort((left, right) => RuleOrder.Compare(left.Rule, right.Rule));

    /// <summary>A toolkit in a snapshot.</summary>
    internal sealed record Row(
        string Id, string? Subject, string Slug, string Name, IReadOnlyList<GrantOfRow> Grants, IReadOnlyList<PolicyOfRow> Policies, DateTimeOffset CreatedAt,
        DateTimeOffset UpdatedAt, long Version, ToolSurface Surface, ToolNaming Names, IReadOnlyList<OverrideOfRow> Overrides,
        IReadOnlyList<string> BringYourOwn);

    /// <summary>A grant in a snapshot.</summary>
    internal sealed record GrantOfRow(string Id, string Pattern, string Position, DateTimeOffset CreatedAt);

    /// <summary>A policy in a snapshot.</summary>
    internal sealed record PolicyOfRow(
        string Id, string Pattern, PolicyAction Action, string Position, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, Approver Approver);

    /// <summary>An override in a snapshot.</summary>
    internal sealed record OverrideOfRow(
        string Address, string? Name, string? Title, string? Description, ImmutableArray<string> Hide, ImmutableArray<FixedArgument> Fix, DateTimeOffset UpdatedAt);
}
