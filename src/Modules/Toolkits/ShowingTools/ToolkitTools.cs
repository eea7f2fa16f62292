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
/// <param name="Changed">Whether its definition changed since a person accepted it.</param>
internal sealed record EffectiveToolDto(
    string Address, string Name, string? Title, string Description, PolicyAction Action, DecisionSource Source, string? PolicyId, string? Pattern,
    bool RequiresApproval, bool Changed)
{
    public static EffectiveToolDto Of(ViewTool tool) => new(
        tool.Tool.Address, tool.Name, tool.Title, tool.Description, tool.Decision.Action, tool.Decision.Source, tool.Decision.RuleId, tool.Decision.Pattern,
        tool.Decision.Action == PolicyAction.RequireApproval, tool.Tool.Changed);
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
        string id, string? at, bool? includeBlocked, HttpContext context, PageRequest page, Moment moment, ToolViews views, ViewCompiler compiler, ICatalog catalog,
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

        var inputs = views.Inputs(snapshot, row, principal);
        var listed = compiler.Decide(inputs);
        if (includeBlocked != true)
        {
            return TypedResults.Ok(page.Cut(listed, tool => tool.Tool.Address, EffectiveToolDto.Of));
        }

        var decider = new Decider(inputs);
        var byAddress = listed.ToDictionary(tool => tool.Tool.Address, StringComparer.Ordinal);
        var all = inputs.WithBuiltin(ViewInputs.Merge(inputs.Org, catalog.At(snapshot).Of(principal.Id)))
            .Select(tool => byAddress.TryGetValue(tool.Address, out var found) && found.Tool == tool ? found : new ViewTool(tool, decider.Decide(tool), tool.McpName))
            .Concat(listed.Where(tool => tool.Connects is not null)).OrderBy(tool => tool.Tool.Address, StringComparer.Ordinal);
        return TypedResults.Ok(page.Cut(all, tool => tool.Tool.Address, EffectiveToolDto.Of));
    }
}
