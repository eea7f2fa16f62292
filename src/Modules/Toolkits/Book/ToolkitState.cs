using System.Collections.Immutable;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Policies;

namespace Toolgate.Toolkits;

/// <summary>A toolkit folded from its stream; what decisions about it are taken on.</summary>
/// <param name="Exists">False before its creation and after its deletion.</param>
/// <param name="Owner">Whose it is; never changes.</param>
/// <param name="Slug">Its slug.</param>
/// <param name="Name">Its name.</param>
/// <param name="Grants">Grants in order; only id, pattern and position mean something here.</param>
/// <param name="Rules">Policies in order.</param>
/// <param name="Surface">How clients reach its tools.</param>
/// <param name="Names">What its tools are named after.</param>
/// <param name="Overrides">What it says otherwise about tools, by address.</param>
internal sealed record ToolkitState(
    bool Exists, Owner Owner, string Slug, string Name, ImmutableArray<Grant> Grants, ImmutableArray<PolicyRule> Rules, ToolSurface Surface, ToolNaming Names,
    ImmutableDictionary<string, ToolOverride> Overrides)
{
    /// <summary>Integrations that callers bring their own connections to, bytewise.</summary>
    public ImmutableSortedSet<string> BringYourOwn { get; init; } = NoIntegrations;

    /// <summary>No integrations, ordered bytewise.</summary>
    public static ImmutableSortedSet<string> NoIntegrations => ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>Kind of the stream.</summary>
    public const string StreamType = "toolkit";

    /// <summary>Most grants, most policies, and most overrides of one toolkit.</summary>
    public const int Most = 1_000;

    public static ToolkitState None { get; } = new(
        false, Owner.Org, "", "", [], [], ToolSurface.Direct, ToolNaming.Address, ImmutableDictionary.Create<string, ToolOverride>(StringComparer.Ordinal));

    public static Fold<ToolkitState> Fold { get; } = new(None, Evolve);

    public static string StreamOf(string toolkitId) => "toolkit-" + toolkitId;

    public static ToolkitState Evolve(ToolkitState state, object e) => e switch
    {
        ToolkitCreated created => None with { Exists = true, Owner = new Owner(created.Subject), Slug = created.Slug, Name = created.Name },
        ToolkitRenamed renamed => state with { Name = renamed.Name },
        ToolkitSlugChanged changed => state with { Slug = changed.Slug },
        ToolkitDeleted => None,
        ConnectionGranted granted => state with { Grants = state.Grants.Add(new Grant(granted.GrantId, Pattern.Parse(granted.Pattern), granted.Position)) },
        ConnectionRevoked revoked => state with { Grants = state.Grants.RemoveAll(grant => grant.Id == revoked.GrantId) },
        ToolkitPolicyAdded added => state with
        {
            Rules = state.Rules.With(new PolicyRule(added.PolicyId, Pattern.Parse(added.Pattern), added.Action, added.Position, added.Approver)),
        },
        ToolkitPolicyChanged changed when state.Rules.Find(changed.PolicyId) is { } rule => state with
        {
            Rules = state.Rules.With(rule with { Pattern = Pattern.Parse(changed.Pattern), Action = changed.Action, Approver = changed.Approver }),
        },
        ToolkitPolicyMoved moved when state.Rules.Find(moved.PolicyId) is { } rule => state with
        {
            Rules = state.Rules.With(rule with { Position = moved.Position }),
        },
        ToolkitSurfaceChanged changed => state with { Surface = changed.Surface },
        ToolkitNamesChanged changed => state with { Names = changed.Names },
        ToolOverridden overridden => state with { Overrides = state.Overrides.SetItem(overridden.Address, ToolOverride.Of(overridden)) },
        ToolOverrideRemoved removed => state with { Overrides = state.Overrides.Remove(removed.Address) },
        BringYourOwnDeclared declared => state with { BringYourOwn = state.BringYourOwn.Add(declared.Integration) },
        BringYourOwnWithdrawn withdrawn => state with { BringYourOwn = state.BringYourOwn.Remove(withdrawn.Integration) },
        ToolkitPolicyRemoved removed => state with { Rules = state.Rules.Without(removed.PolicyId) },
        _ => state,
    };
}

/// <summary>A grant: which tools a toolkit may expose at all.</summary>
/// <param name="Id"><c>tkconn_…</c>.</param>
/// <param name="Pattern">Which tools.</param>
/// <param name="Position">Fractional key, for showing.</param>
internal sealed record Grant(string Id, Pattern Pattern, string Position);
