using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Policies;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>What becomes of an override.</summary>
internal enum OverrideStatus
{
    /// <summary>The tool is shown so.</summary>
    Active,

    /// <summary>The tool is shown so, but under its own name: another tool has the one that the override gives.</summary>
    NameTaken,

    /// <summary>It does not fit the tool any more, so the tool is listed nowhere in the toolkit and nobody can call it there.</summary>
    HeldBack,

    /// <summary>The toolkit lists no such tool now: it is gone, not granted, or blocked.</summary>
    NotListed,
}

/// <summary>An override as the REST API shows it.</summary>
/// <param name="ToolkitId"><c>tk_…</c>.</param>
/// <param name="Address">The tool.</param>
/// <param name="Name">Its name in the toolkit; null for the one that it has anyway.</param>
/// <param name="Title">Its title; null for the source's.</param>
/// <param name="Description">Its description; null for the source's.</param>
/// <param name="Hide">Parameters that callers neither see nor may send.</param>
/// <param name="Fix">Parameters with the value that they have in every call.</param>
/// <param name="Status">What becomes of it now.</param>
/// <param name="Problems">Why it does not fit the tool, where it does not.</param>
/// <param name="UpdatedAt">UTC.</param>
internal sealed record OverrideDto(
    string ToolkitId, string Address, string? Name, string? Title, string? Description, IReadOnlyList<string> Hide, IReadOnlyDictionary<string, JsonElement> Fix,
    OverrideStatus Status, IReadOnlyList<ProblemError> Problems, DateTimeOffset UpdatedAt)
{
    /// <summary>One override.</summary>
    public static OverrideDto Of(ToolkitRow toolkit, OverrideRow row, ViewInputs inputs, ViewCompiler compiler) => Of(toolkit, row, inputs, Listed(inputs, compiler));

    /// <summary>One of many overrides of a toolkit.</summary>
    public static OverrideDto Of(ToolkitRow toolkit, OverrideRow row, ViewInputs inputs, IReadOnlyDictionary<string, ViewTool> listed)
    {
        var said = row.Override;
        var tool = listed.TryGetValue(said.Address, out var shown) ? shown.Tool : inputs.Tools().FirstOrDefault(tool => tool.Address == said.Address);
        var faults = tool is null ? [] : ShapeCompiler.Of(said, tool.Definition).Faults;
        var status = shown is not null
            ? said.Name is null || shown.Name == said.Name ? OverrideStatus.Active : OverrideStatus.NameTaken
            : tool is not null && new Decider(inputs).Decide(tool).Source == DecisionSource.HeldBack ? OverrideStatus.HeldBack : OverrideStatus.NotListed;
        return new(
            toolkit.Id, said.Address, said.Name, said.Title, said.Description, said.Hide, said.Fix.ToDictionary(argument => argument.Parameter, argument => argument.Value),
            status, faults, row.UpdatedAt);
    }

    /// <summary>The listed tools by address.</summary>
    public static IReadOnlyDictionary<string, ViewTool> Listed(ViewInputs inputs, ViewCompiler compiler)
        => compiler.Decide(inputs).Where(tool => tool.Connects is null).ToDictionary(tool => tool.Tool.Address, StringComparer.Ordinal);
}

/// <summary>The overrides of a toolkit.</summary>
internal static class ListOverrides
{
    public static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/{id}/overrides", List).WithName("listOverrides").WithSummary("The tools that a toolkit shows otherwise than their sources define them.");
        group.MapGet("/{id}/overrides/{address}", Get).WithName("getOverride").WithSummary("One override.");
    }

    private static Results<Ok<ListOf<OverrideDto>>, ProblemResult> List(
        string id, HttpContext context, PageRequest page, IReadModels models, ToolViews views, ViewCompiler compiler)
    {
        var snapshot = models.Current;
        if (snapshot.Get<ToolkitBook>().Find(id, context.Principal()) is not { } row)
        {
            return Problem.Of(ToolkitWrites.NotFound);
        }

        context.Read(row.Version);
        var inputs = views.Inputs(snapshot, row, context.Principal());
        var listed = OverrideDto.Listed(inputs, compiler);
        return TypedResults.Ok(page.Cut(row.Overrides.Values, one => one.Override.Address, one => OverrideDto.Of(row, one, inputs, listed)));
    }

    private static Results<Ok<OverrideDto>, ProblemResult> Get(
        string id, string address, HttpContext context, IReadModels models, ToolViews views, ViewCompiler compiler)
    {
        var snapshot = models.Current;
        if (snapshot.Get<ToolkitBook>().Find(id, context.Principal()) is not { } row)
        {
            return Problem.Of(ToolkitWrites.NotFound);
        }

        context.Read(row.Version);
        return row.Overrides.TryGetValue(address, out var one)
            ? TypedResults.Ok(OverrideDto.Of(row, one, views.Inputs(snapshot, row, context.Principal()), compiler))
            : Problem.Of(RemoveOverride.NotFound);
    }
}
