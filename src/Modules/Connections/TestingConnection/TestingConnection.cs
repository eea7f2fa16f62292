using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>What a test showed.</summary>
/// <param name="Outcome">
/// <c>accepted</c> (the upstream took the credentials), <c>rejected</c> (401 or 403), <c>unreachable</c>, <c>inconclusive</c> (it answered
/// something else), or <c>not_tried</c> (no tool can be called without arguments and without changing something).
/// </param>
/// <param name="Tool">The tool that was called; null when none was.</param>
/// <param name="Status">HTTP status of the upstream; null when there was none.</param>
/// <param name="Detail">A sentence.</param>
/// <param name="Sends">Which places carry a credential; never what.</param>
internal sealed record ConnectionTest(string Outcome, string? Tool, int? Status, string Detail, IReadOnlyList<SentPlace> Sends);

/// <summary>A place that carries a credential.</summary>
/// <param name="Carrier"><c>header</c> or <c>query</c>.</param>
/// <param name="Name">Its name.</param>
internal sealed record SentPlace(string Carrier, string Name);

/// <summary>
/// <c>POST /connections/{owner}/{integration}/{name}/test</c>: calls the first tool that changes nothing and needs no argument, as its
/// owner may; where there is none, says what would be sent.
/// </summary>
internal static class TestingConnection
{
    public static void Map(IEndpointRouteBuilder group) => group.MapPost(ListingConnections.One + "/test", Handle)
        .WithName("testConnection").WithSummary("Tries the credentials of a connection with a call that changes nothing.").ChangesNothing();

    private static async Task<Results<Ok<ConnectionTest>, ProblemResult>> Handle(
        string owner, string integration, string name, Commands commands, CatalogStore catalogs, IToolInvoker invoker, HttpContext context,
        CancellationToken cancellationToken)
    {
        var principal = context.Principal();
        if (commands.Visible(owner, integration, name, principal) is not { Connection: var connection })
        {
            return Problem.Of(Refusals.NoConnection);
        }

        if (!connection.Key.Owner.IsWritableBy(principal))
        {
            return Problem.Of(Refusals.AdminsOnly);
        }

        if (commands.State.Integration(integration)?.Integration is not { } source)
        {
            return Problem.Of(Refusals.NoConnection);
        }

        var sends = source.Template(connection.Template) is { } template ? PlacesOf(template) : [];
        var catalog = catalogs.Get(source.CatalogOf(connection));
        if (catalog.Tools.FirstOrDefault(tool => IsProbe(tool) && (tool.Access == ToolAccess.Anyone || principal.MayWriteOrg) && !(source.BlockOnChange && catalog.IsChanged(tool))) is not { } probe)
        {
            return TypedResults.Ok(new ConnectionTest("not_tried", null, null, "No tool can be called without arguments and without changing something.", sends));
        }

        var tool = new Tool(probe, integration, connection.Key.Owner, name);
        var outcome = await invoker.Invoke(tool, "{}"u8.ToArray(), CallClient.Silent(principal), cancellationToken);
        return TypedResults.Ok(outcome switch
        {
            ToolOutcome.Relayed or ToolOutcome.Rejected or ToolOutcome.InputRequired => new ConnectionTest("accepted", tool.Address, null, "The upstream answered.", sends),
            ToolOutcome.Answered answered => new ConnectionTest("accepted", tool.Address, answered.UpstreamStatus, "The upstream answered.", sends),
            ToolOutcome.Failed { Error: { Code: "connection_rejected" or "oauth_reauth_required" } error } => new ConnectionTest("rejected", tool.Address, error.UpstreamStatus, error.Message, sends),
            ToolOutcome.Failed { Error: { Code: "upstream_unavailable" or "upstream_timeout" } error } => new ConnectionTest("unreachable", tool.Address, null, error.Message, sends),
            ToolOutcome.Failed { Error: var error } => new ConnectionTest("inconclusive", tool.Address, error.UpstreamStatus, error.Message, sends),
            _ => throw new InvalidOperationException("A call ends answered or failed."),
        });
    }

    /// <summary>Whether a tool changes nothing and can be called with no argument at all.</summary>
    private static bool IsProbe(ToolDefinition tool)
    {
        if (tool.ChangesSomething)
        {
            return false;
        }

        using var schema = JsonDocument.Parse(tool.InputSchema);
        return !schema.RootElement.TryGetProperty("required", out var required) || required.GetArrayLength() == 0;
    }

    private static SentPlace[] PlacesOf(AuthTemplate template) => template.Kind is AuthKind.Basic or AuthKind.OAuth2
        ? [new SentPlace("header", "Authorization")]
        : [.. template.Placements.Select(placement => new SentPlace(placement.Carrier == Carrier.Query ? "query" : "header", placement.Name))];
}
