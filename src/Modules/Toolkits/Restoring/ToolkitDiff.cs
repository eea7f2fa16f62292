using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Policies;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>A setting that differs.</summary>
/// <param name="Member">Its member in a toolkit: <c>name</c>, <c>slug</c>, <c>surface</c>, <c>names</c>.</param>
/// <param name="Before">Value at <c>from</c>.</param>
/// <param name="After">Value at <c>to</c>.</param>
internal sealed record SettingDifferenceDto(string Member, string Before, string After);

/// <summary>A policy as it was.</summary>
/// <param name="Id"><c>tkpol_…</c>.</param>
/// <param name="Pattern">What it spoke about.</param>
/// <param name="Action">What it said.</param>
/// <param name="Approver">Whose yes it took; null unless it said require_approval.</param>
/// <param name="Place">Its place from the top, from 1.</param>
internal sealed record PastPolicyDto(string Id, string Pattern, PolicyAction Action, Approver? Approver, int Place);

/// <summary>A policy that differs, in what it says or in its order among those that both have.</summary>
/// <param name="Before">At <c>from</c>.</param>
/// <param name="After">At <c>to</c>.</param>
internal sealed record PolicyDifferenceDto(PastPolicyDto Before, PastPolicyDto After);

/// <summary>Texts of which some are there only at one of two moments.</summary>
/// <param name="Added">Only at <c>to</c>, bytewise.</param>
/// <param name="Removed">Only at <c>from</c>, bytewise.</param>
internal sealed record SetDifferenceDto(IReadOnlyList<string> Added, IReadOnlyList<string> Removed);

/// <summary>What a toolkit says otherwise at two moments.</summary>
/// <param name="From">The earlier position.</param>
/// <param name="To">The later position.</param>
/// <param name="Settings">Settings that differ.</param>
/// <param name="Connections">Patterns of grants.</param>
/// <param name="PoliciesAdded">Policies that are there only at <c>to</c>, in order.</param>
/// <param name="PoliciesRemoved">Policies that are there only at <c>from</c>, in order.</param>
/// <param name="PoliciesChanged">Policies that are there at both, and differ.</param>
/// <param name="Overrides">Addresses of overrides that are there at one only.</param>
/// <param name="OverridesChanged">Addresses of overrides that say something else.</param>
/// <param name="BringYourOwn">Integrations that callers bring their own connections to.</param>
internal sealed record ToolkitDiffDto(
    long From, long To, IReadOnlyList<SettingDifferenceDto> Settings, SetDifferenceDto Connections, IReadOnlyList<PastPolicyDto> PoliciesAdded,
    IReadOnlyList<PastPolicyDto> PoliciesRemoved, IReadOnlyList<PolicyDifferenceDto> PoliciesChanged, SetDifferenceDto Overrides, IReadOnlyList<string> OverridesChanged,
    SetDifferenceDto BringYourOwn)
{
    public static ToolkitDiffDto Of(long from, long to, ToolkitState before, ToolkitState after)
    {
        // Only the order among policies of both moments is compared: one that came between two others moved neither.
        var kept = after.Rules.Where(rule => before.Rules.Find(rule.Id) is not null).Select(rule => rule.Id).ToArray();
        var earlier = before.Rules.Where(rule => after.Rules.Find(rule.Id) is not null).Select(rule => rule.Id).ToArray();
        return new(
            from, to,
            [.. SettingsOf(before).Zip(SettingsOf(after)).Where(pair => pair.First.Value != pair.Second.Value).Select(pair => new SettingDifferenceDto(pair.First.Member, pair.First.Value, pair.Second.Value))],
            Sets(before.Grants.Select(grant => grant.Pattern.Text), after.Grants.Select(grant => grant.Pattern.Text)),
            [.. after.Rules.Where(rule => before.Rules.Find(rule.Id) is null).Select(rule => Shown(after, rule))],
            [.. before.Rules.Where(rule => after.Rules.Find(rule.Id) is null).Select(rule => Shown(before, rule))],
            [.. after.Rules.Where(rule => before.Rules.Find(rule.Id) is { } old
                    && (old with { Position = rule.Position } != rule || Array.IndexOf(kept, rule.Id) != Array.IndexOf(earlier, rule.Id)))
                .Select(rule => new PolicyDifferenceDto(Shown(before, before.Rules.Find(rule.Id)!), Shown(after, rule)))],
            Sets(before.Overrides.Keys, after.Overrides.Keys),
            [.. after.Overrides.Values.Where(said => before.Overrides.TryGetValue(said.Address, out var old) && !old.Says(said)).Select(said => said.Address).Order(StringComparer.Ordinal)],
            Sets(before.BringYourOwn, after.BringYourOwn));
    }

    private static IEnumerable<(string Member, string Value)> SettingsOf(ToolkitState state)
        => [("name", state.Name), ("slug", state.Slug), ("surface", Word(state.Surface)), ("names", Word(state.Names))];

    private static string Word<T>(T value)
        where T : struct, Enum => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    private static SetDifferenceDto Sets(IEnumerable<string> before, IEnumerable<string> after)
        => new([.. after.Except(before, StringComparer.Ordinal).Order(StringComparer.Ordinal)], [.. before.Except(after, StringComparer.Ordinal).Order(StringComparer.Ordinal)]);

    private static PastPolicyDto Shown(ToolkitState state, PolicyRule rule) => new(rule.Id, rule.Pattern.Text, rule.Action, rule.ShownApprover, state.Rules.IndexOf(rule) + 1);
}

/// <summary>What differs in a toolkit between two moments; its tools at each are what <c>GET …/tools?at=</c> shows.</summary>
internal static class ToolkitDiff
{
    public static void Map(IEndpointRouteBuilder group) => group.MapGet("/{id}/diff", Handle).WithName("diffToolkit")
        .WithSummary("What differs in a toolkit between two positions; the second is now when not given.");

    private static async Task<Results<Ok<ToolkitDiffDto>, ProblemResult>> Handle(
        string id, long? from, long? to, HttpContext context, ToolkitPast past, CancellationToken cancellationToken)
    {
        if (past.Find(id, context) is null)
        {
            return Problem.Of(ToolkitWrites.NotFound);
        }

        var events = await past.Events(id, cancellationToken);
        var last = to ?? events[^1].Position;
        var first = from ?? events[0].Position;
        var (before, after) = (ToolkitPast.StateAt(events, first), ToolkitPast.StateAt(events, last));
        return before.Exists && after.Exists
            ? TypedResults.Ok(ToolkitDiffDto.Of(first, last, before, after))
            : Problem.Of(422, "validation", ToolkitPast.NotThen.Detail, new ProblemError(before.Exists ? "?to" : "?from", ToolkitPast.NotThen.Code, ToolkitPast.NotThen.Detail));
    }
}
