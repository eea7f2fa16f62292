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

    private static async Task<ListOf<ConnectionBody>> List(
        Commands commands, GrantStore grants, PageRequest page, HttpContext context, CancellationToken cancellationToken, string? integration = null, string? owner = null)
    {
        var principal = context.Principal();
        var state = commands.State;
        var rows = page.Cut(
            state.Connections.Values
                .Where(row => row.Connection.Key.Owner.IsVisibleTo(principal)
                    && (integration is null || row.Connection.Key.Integration == integration) && (owner is null || row.Connection.Key.Owner.Word == owner))
                .OrderBy(row => row.Connection.Key.SortKey, StringComparer.Ordinal),
            row => row.Connection.Key.SortKey,
            row => row);
        var ends = await EndsOf(grants, rows.Items, cancellationToken);
        return new ListOf<ConnectionBody>([.. rows.Items.Select(row => Of(row, state, principal, ends))], rows.NextCursor);
    }

    private static Task<IReadOnlyDictionary<string, DateTimeOffset>> EndsOf(GrantStore grants, IEnumerable<ConnectionRow> rows, CancellationToken cancellationToken)
        => grants.Ends([.. rows.Where(row => row.Connection.Grant is not null).Select(row => row.Connection.SecretId).OfType<string>()], cancellationToken);

    private static ConnectionBody Of(ConnectionRow row, ConnectionsState state, Principal reader, IReadOnlyDictionary<string, DateTimeOffset> ends)
        => ConnectionBody.Of(row, state, reader) with { ExpiresAt = row.Connection is { Grant: not null, SecretId: { } secret } && ends.TryGetValue(secret, out var end) ? end : null };

    private static async Task<Results<Ok<ConnectionBody>, ProblemResult>> Get(
        string owner, string integration, string name, Commands commands, RefreshLedger ledger, GrantStore grants, HttpContext context, CancellationToken cancellationToken)
    {
        if (commands.Visible(owner, integration, name, context.Principal()) is not { } row)
        {
            return Problem.Of(Refusals.NoConnection);
        }

        context.Read(row.Version);
        var stream = row.Connection.Key.Stream;
        var ends = await EndsOf(grants, [row], cancellationToken);
        return TypedResults.Ok(Of(row, commands.State, context.Principal(), ends) with { Refresh = (await ledger.Read([stream], cancellationToken)).GetValueOrDefault(stream) });
    }
}
