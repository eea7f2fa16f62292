using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.Rest;

namespace Toolgate.Audit;

/// <summary>Searches the log.</summary>
internal static class SearchingEvents
{
    public static void Map(IEndpointRouteBuilder group) => group.MapGet("/events", Handle).WithSummary("Search the log");

    private static async Task<Results<Ok<ListOf<ShownEvent>>, ProblemResult>> Handle(
        [AsParameters] EventQueryParameters parameters,
        [FromQuery(Name = "order"), Description("asc (the default) or desc, by position.")] string? order,
        PageRequest page,
        HttpContext context,
        AuditIndex index,
        CancellationToken cancellationToken)
    {
        var query = parameters.Parse() with { Descending = ParseOrder(order) };
        var from = ParseCursor(page.After, query.Descending);
        if (await Patience.CatchUp(index, context, cancellationToken) is not { } upTo)
        {
            return Patience.Exhausted(context);
        }

        var found = await index.Page(query, context.Principal().Id, from, upTo, page.Limit, cancellationToken);
        return TypedResults.Ok(new ListOf<ShownEvent>(found.Events, found.Next is { } next ? Cursor.Encode(Key(next, query.Descending)) : null));
    }

    private static bool ParseOrder(string? order) => order switch
    {
        null or "asc" => false,
        "desc" => true,
        _ => throw EventQueryParameters.Fault("order", "invalid", "order must be asc or desc."),
    };

    // A cursor holds its order: turned round it would begin at the wrong end.
    private static string Key(long position, bool descending) => string.Create(CultureInfo.InvariantCulture, $"{(descending ? '-' : '+')}{position}");

    private static long? ParseCursor(string? key, bool descending)
        => key is null ? null
            : key.StartsWith(descending ? '-' : '+') && long.TryParse(key.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var position) ? position
            : throw EventQueryParameters.Fault("cursor", "invalid_cursor", "cursor must be a nextCursor of an earlier page of the same order.");
}
