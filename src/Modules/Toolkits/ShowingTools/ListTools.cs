using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.Connections;
using Toolgate.EventStore;
using Toolgate.Policies;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>A tool in a list.</summary>
/// <param name="Address"><c>integration.owner.connection.tool</c>.</param>
/// <param name="Name">Name for MCP clients.</param>
/// <param name="Title">Title, where the source has one.</param>
/// <param name="Description">What it does.</param>
/// <param name="Integration">Slug of its integration.</param>
/// <param name="Owner"><c>org</c> or <c>user</c>.</param>
/// <param name="Connection">Name of its connection.</param>
/// <param name="Kind">Kind of its integration.</param>
/// <param name="Action">What holds for the caller.</param>
/// <param name="RequiresApproval">Whether a call waits for a person's yes.</param>
/// <param name="Changed">Whether its definition changed since a person accepted it.</param>
internal sealed record ToolDto(
    string Address, string Name, string? Title, string Description, string Integration, string Owner, string Connection, string? Kind, PolicyAction Action,
    bool RequiresApproval, bool Changed);

/// <summary>A tool with its schemas and the reason for the decision.</summary>
/// <param name="Address"><c>integration.owner.connection.tool</c>.</param>
/// <param name="Name">Name for MCP clients.</param>
/// <param name="Title">Title, where the source has one.</param>
/// <param name="Description">What it does.</param>
/// <param name="Integration">Slug of its integration.</param>
/// <param name="Owner"><c>org</c> or <c>user</c>.</param>
/// <param name="Connection">Name of its connection.</param>
/// <param name="Kind">Kind of its integration.</param>
/// <param name="Action">What holds for the caller.</param>
/// <param name="RequiresApproval">Whether a call waits for a person's yes.</param>
/// <param name="Source">Why the action holds.</param>
/// <param name="PolicyId">The rule or policy that decided, where one did.</param>
/// <param name="Pattern">Its pattern.</param>
/// <param name="ApprovalText">What an approver reads.</param>
/// <param name="Digest">SHA-256 of the definition.</param>
/// <param name="InputSchema">JSON Schema of the arguments.</param>
/// <param name="OutputSchema">JSON Schema of the structured result, where the source declares one.</param>
/// <param name="Changed">Whether its definition changed since a person accepted it.</param>
internal sealed record ToolDetailDto(
    string Address, string Name, string? Title, string Description, string Integration, string Owner, string Connection, string? Kind, PolicyAction Action,
    bool RequiresApproval, DecisionSource Source, string? PolicyId, string? Pattern, string ApprovalText, string Digest, JsonElement InputSchema,
    JsonElement? OutputSchema, bool Changed)
{
    public static ToolDetailDto Of(ViewTool found, string? kind)
    {
        var (tool, definition, decision) = (found.Tool, found.Tool.Definition, found.Decision);
        return new(
            tool.Address, found.Name, found.Title, found.Description, tool.Integration, tool.Owner.Word, tool.Connection, kind, decision.Action,
            decision.Action == PolicyAction.RequireApproval, decision.Source, decision.RuleId, decision.Pattern, definition.ApprovalText, definition.Digest,
            Json(found.InputSchema), definition.OutputSchema.IsEmpty ? null : Json(definition.OutputSchema), tool.Changed);
    }

    private static JsonElement Json(ReadOnlyMemory<byte> utf8)
    {
        using var document = JsonDocument.Parse(utf8);
        return document.RootElement.Clone();
    }
}

/// <summary>The tools that the caller may call, at the default resource or in a toolkit. What is not in the view does not exist here.</summary>
internal static class ListTools
{
    public static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("/", List).WithName("listTools").WithSummary("The tools that the caller may call; a query ranks them.");
        group.MapGet("/{address}", Get).WithName("getTool").WithSummary("One tool with its schemas.");
    }

    private static Results<Ok<ListOf<ToolDto>>, ProblemResult> List(
        string? query, string? integration, string? owner, string? connection, string? kind, string? toolkit, HttpContext context, PageRequest page,
        IToolViews views, IReadModels models, ICatalog catalog)
    {
        if (views.Find(new McpResource(toolkit), context.Principal()) is not { } view)
        {
            return Problem.Of(ToolkitWrites.NotFound);
        }

        var kinds = Kinds(catalog, models.Current);
        bool Wanted(ViewTool tool) =>
            (integration is null || tool.Tool.Integration == integration) && (owner is null || tool.Tool.Owner.Word == owner)
            && (connection is null || tool.Tool.Connection == connection) && (kind is null || kinds.GetValueOrDefault(tool.Tool.Integration) == kind);
        if (string.IsNullOrWhiteSpace(query))
        {
            return TypedResults.Ok(page.Cut(view.Tools.Where(Wanted), tool => tool.Tool.Address, tool => Of(tool, kinds)));
        }

        // The score in front of the address, the highest first: a page ends between two tools and not inside a rank.
        var ranked = view.Search(query).Where(found => Wanted(found.Tool))
            .Select(found => (found.Tool, Key: (uint.MaxValue - BitConverter.SingleToUInt32Bits(found.Score)).ToString("D10", CultureInfo.InvariantCulture) + found.Tool.Tool.Address))
            .OrderBy(pair => pair.Key, StringComparer.Ordinal);
        return TypedResults.Ok(page.Cut(ranked, pair => pair.Key, pair => Of(pair.Tool, kinds)));
    }

    private static Results<Ok<ToolDetailDto>, ProblemResult> Get(
        string address, string? toolkit, HttpContext context, IToolViews views, IReadModels models, ICatalog catalog)
    {
        if (views.Find(new McpResource(toolkit), context.Principal()) is not { } view)
        {
            return Problem.Of(ToolkitWrites.NotFound);
        }

        return view.ByAddress.TryGetValue(address, out var found)
            ? TypedResults.Ok(ToolDetailDto.Of(found, Kinds(catalog, models.Current).GetValueOrDefault(found.Tool.Integration)))
            : Problem.Of(404, "tool_not_found", "There is no such tool.");
    }

    private static ToolDto Of(ViewTool found, Dictionary<string, string> kinds) => new(
        found.Tool.Address, found.Name, found.Title, found.Description, found.Tool.Integration, found.Tool.Owner.Word,
        found.Tool.Connection, kinds.GetValueOrDefault(found.Tool.Integration), found.Decision.Action, found.Decision.Action == PolicyAction.RequireApproval,
        found.Tool.Changed);

    private static Dictionary<string, string> Kinds(ICatalog catalog, ReadSnapshot snapshot)
        => catalog.IntegrationsAt(snapshot).ToDictionary(integration => integration.Slug, integration => integration.Kind, StringComparer.Ordinal);
}
