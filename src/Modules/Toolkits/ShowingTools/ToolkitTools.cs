using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.Connections;
using Toolgate.Policies;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>A tool with the decision about it.</summary>
/// <param name="Address"><c>integration.owner.connection.tool</c>.</param>
/// <param name="Name">Name for MCP clients.</param>
/// <param name="Title">Title, where the source has one.</param>
/// <param name="Description">What it does.</param>
/// <param name="Action">What holds.</param>
/// <param name="Source">Why.</param>
/// <param name="PolicyId">The rule or policy that decided, where one did.</param>
/// <param name="Pattern">Its pattern.</param>
/// <param name="RequiresApproval">Whether a call waits for a person's yes.</param>
internal sealed record EffectiveToolDto(
    string Address, string Name, string? Title, string Description, PolicyAction Action, DecisionSource Source, string? PolicyId, string? Pattern,
    bool RequiresApproval)
{
    public static EffectiveToolDto Of(Tool tool, AccessDecision decision) => new(
        tool.Address, tool.McpName, tool.Definition.Title, tool.Definition.Description, decision.Action, decision.Source, decision.RuleId, decision.Pattern,
        decision.Action == PolicyAction.RequireApproval);
}

/// <summary>
/// The effective tools of a toolkit, now or at an earlier moment. With <c>includeBlocked</c> also those that it hides, of connections that the caller
/// sees: in a shared toolkit the caller's own personal tools appear as <c>personal_in_shared</c>, another person's never do.
/// </summary>
internal static class ToolkitTools
{
    public static void Map(IEndpointRouteBuilder group) => group.MapGet("/{id}/tools", Handle).WithName("listToolkitTools")
        .WithSummary("The effective tools of a toolkit with the reason for each, now or at a position or time.");

    private static async Task<Results<Ok<ListOf<EffectiveToolDto>>, ProblemResult>> Handle(
        string id, string? at, bool? includeBlocked, HttpContext context, PageRequest page, Moment moment, ToolViews views, ICatalog catalog,
        CancellationToken cancellationToken)
    {
        var (snapshot, problem) = await moment.Find(at, "?at", cancellationToken);
        if (problem is not null)
        {
            return problem;
        }

        var principal = context.Principal();
        if (snapshot.Get<ToolkitBook>().Find(id, principal) is not { } row)
        {
            return Problem.Of(ToolkitWrites.NotFound);
        }

        var inputs = views.Inputs(snapshot, row);
        var decider = new Decider(inputs);
        var tools = includeBlocked == true ? inputs.WithBuiltin(ViewInputs.Merge(inputs.Org, catalog.At(snapshot).Of(principal.Id))) : inputs.Tools();
        var decided = tools.Select(tool => (tool, decision: decider.Decide(tool)))
            .Where(pair => includeBlocked == true || pair.decision.Action != PolicyAction.Block);
        return TypedResults.Ok(page.Cut(decided, pair => pair.tool.Address, pair => EffectiveToolDto.Of(pair.tool, pair.decision)));
    }
}
