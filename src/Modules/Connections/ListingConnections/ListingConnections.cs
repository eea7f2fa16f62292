using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary><c>GET /connections</c> and <c>GET /connections/{owner}/{integration}/{name}</c>: shared ones and the caller's own.</summary>
internal static class ListingConnections
{
    /// <summary>The path of one connection.</summary>
    public const string One = "/{owner}/{integration}/{name}";

    public static void Map(IEndpointRouteBuilder group)
    {
        group.MapGet("", List).WithName("listConnections").WithSummary("Lists the connections that the caller sees.");
        group.MapGet(One, Get).WithName("getConnection").WithSummary("Reads one connection.");
    }

    /// <summary>What a write answers with: its outcome in the headers, the connection in the body.</summary>
    public static Results<Ok<ConnectionBody>, ProblemResult> Show(
        Decided<Connection?> decided, ConnectionKey key, Commands commands, HttpContext context, bool wrote = true)
    {
        if (!decided.IsDone(out var done, out var rejection))
        {
            return Problem.Of(rejection);
        }

        if (wrote)
        {
            context.Wrote(done);
        }

        var state = commands.State;
        return state.Connection(key) is { } row ? TypedResults.Ok(ConnectionBody.Of(row, state, context.Principal())) : Problem.Of(Refusals.NoConnection);
    }

    private static ListOf<ConnectionBody> List(Commands commands, PageRequest page, HttpContext context, string? integration = null, string? owner = null)
    {
        var principal = context.Principal();
        var state = commands.State;
        return page.Cut(
            state.Connections.Values
                .Where(row => row.Connection.Key.Owner.IsVisibleTo(principal)
                    && (integration is null || row.Connection.Key.Integration == integration) && (owner is null || row.Connection.Key.Owner.Word == owner))
                .OrderBy(row => row.Connection.Key.SortKey, StringComparer.Ordinal),
            row => row.Connection.Key.SortKey,
            row => ConnectionBody.Of(row, state, principal));
    }

    private static async Task<Results<Ok<ConnectionBody>, ProblemResult>> Get(
        string owner, string integration, string name, Commands commands, RefreshLedger ledger, HttpContext context, CancellationToken cancellationToken)
    {
        if (commands.Visible(owner, integration, name, context.Principal()) is not { } row)
        {
            return Problem.Of(Refusals.NoConnection);
        }

        context.Read(row.Version);
        var stream = row.Connection.Key.Stream;
        return TypedResults.Ok(ConnectionBody.Of(row, commands.State, context.Principal()) with { Refresh = (await ledger.Read([stream], cancellationToken)).GetValueOrDefault(stream) });
    }
}
