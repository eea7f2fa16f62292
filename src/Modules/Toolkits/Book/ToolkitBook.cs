using System.Collections.Immutable;
using Toolgate.Access;
using Toolgate.Policies;

namespace Toolgate.Toolkits;

/// <summary>State of the read model <c>toolkits</c>.</summary>
/// <param name="ById">By id, bytewise.</param>
/// <param name="BySlug">Id by slug; the log's name claims keep slugs unique.</param>
internal sealed record ToolkitBook(ImmutableSortedDictionary<string, ToolkitRow> ById, ImmutableDictionary<string, string> BySlug)
{
    public static ToolkitBook Empty { get; } = new(
        ImmutableSortedDictionary.Create<string, ToolkitRow>(StringComparer.Ordinal), ImmutableDictionary.Create<string, string>(StringComparer.Ordinal));

    /// <summary>The toolkit of that id; null when it does not exist for the principal.</summary>
    public ToolkitRow? Find(string id, Principal principal)
        => ById.TryGetValue(id, out var row) && row.Owner.IsVisibleTo(principal) ? row : null;

    /// <summary>The toolkit of that slug; null when it does not exist for the principal.</summary>
    public ToolkitRow? FindSlug(string slug, Principal principal) => BySlug.TryGetValue(slug, out var id) ? Find(id, principal) : null;

    public ToolkitBook With(ToolkitRow row) => new(
        ById.SetItem(row.Id, row),
        (ById.TryGetValue(row.Id, out var old) && old.Slug != row.Slug ? BySlug.Remove(old.Slug) : BySlug).SetItem(row.Slug, row.Id));

    public ToolkitBook Without(string id) => ById.TryGetValue(id, out var old) ? new(ById.Remove(id), BySlug.Remove(old.Slug)) : this;
}

/// <summary>A toolkit in a snapshot. A class: its reference changes exactly when the toolkit does.</summary>
internal sealed class ToolkitRow
{
    public required string Id { get; init; }

    public required Owner Owner { get; init; }

    public required string Slug { get; init; }

    public required string Name { get; init; }

    public required ImmutableArray<GrantRow> Grants { get; init; }

    public required ImmutableArray<ToolkitPolicyRow> Policies { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Version of its stream.</summary>
    public required long Version { get; init; }

    /// <summary>How clients reach its tools.</summary>
    public ToolSurface Surface { get; init; }

    /// <summary>What its tools are named after.</summary>
    public ToolNaming Names { get; init; }

    /// <summary>What it says otherwise about tools, by address, bytewise.</summary>
    public ImmutableSortedDictionary<string, OverrideRow> Overrides { get; init; } = OverrideRow.None;

    /// <summary>Integrations that its callers bring their own connections to, bytewise; none in a personal toolkit.</summary>
    public ImmutableSortedSet<string> BringYourOwn { get; init; } = ToolkitState.NoIntegrations;

    /// <summary>What it says otherwise about a tool; null for nothing.</summary>
    public ToolOverride? OverrideOf(string address) => Overrides.TryGetValue(address, out var row) ? row.Override : null;

    /// <summary>A copy with what one more event changed.</summary>
    public ToolkitRow At(
        DateTimeOffset time, long version, string? slug = null, string? name = null, ImmutableArray<GrantRow>? grants = null,
        ImmutableArray<ToolkitPolicyRow>? policies = null, ToolSurface? surface = null, ToolNaming? names = null,
        ImmutableSortedDictionary<string, OverrideRow>? overrides = null, ImmutableSortedSet<string>? bringYourOwn = null) => new()
        {
            Id = Id,
            Owner = Owner,
            Slug = slug ?? Slug,
            Name = name ?? Name,
            Grants = grants ?? Grants,
            Policies = policies ?? Policies,
            CreatedAt = CreatedAt,
            UpdatedAt = time,
            Version = version,
            Surface = surface ?? Surface,
            Names = names ?? Names,
            Overrides = overrides ?? Overrides,
            BringYourOwn = bringYourOwn ?? BringYourOwn,
        };

    /// <summary>The policies, ready to match.</summary>
    public ImmutableArray<PolicyRule> Rules => [.. Policies.Select(policy => policy.Rule)];
}

/// <summary>A grant with the time that it was given.</summary>
internal sealed record GrantRow(Grant Grant, DateTimeOffset CreatedAt);

/// <summary>A toolkit's policy with its times.</summary>
internal sealed record ToolkitPolicyRow(PolicyRule Rule, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>An override with the time that it was written.</summary>
internal sealed record OverrideRow(ToolOverride Override, DateTimeOffset UpdatedAt)
{
    /// <summary>No overrides, ordered bytewise.</summary>
    public static ImmutableSortedDictionary<string, OverrideRow> None { get; } = ImmutableSortedDictionary.Create<string, OverrideRow>(StringComparer.Ordinal);
}
