using System.Globalization;
using System.Text;
using Npgsql;
using Toolgate.EventStore;

namespace Toolgate.Audit;

/// <summary>A hit of the index: where the event is, and whose row it is about (null for what the workspace shares).</summary>
internal readonly record struct IndexEntry(long Position, string? PersonalOf);

/// <summary>Events, and where the next page begins; null when there is none.</summary>
internal sealed record EventPage(IReadOnlyList<ShownEvent> Events, long? Next);

/// <summary>Reads the index and turns its positions into events.</summary>
internal sealed class AuditIndex(NpgsqlDataSource database, IEventStore store, IReadModels models, IProjections projections)
{
    /// <summary>
    /// Waits until the index shows everything that this node's read models show, and so everything that a client of this node was told is
    /// written. Answers the position that it then shows.
    /// </summary>
    public async Task<long> CatchUp(CancellationToken cancellationToken)
    {
        var wanted = models.Current.Position;
        await projections.WaitFor(AuditIndexProjection.ProjectionName, wanted, cancellationToken);
        return wanted;
    }

    /// <summary>A page of at most <paramref name="limit"/> events, in the order of the query, as <paramref name="reader"/> may see them.</summary>
    /// <param name="query">What to look for.</param>
    /// <param name="reader">The account that asks.</param>
    /// <param name="from">Position that the page begins after (before it, when descending); null for the first page.</param>
    /// <param name="upTo">Nothing beyond this position.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<EventPage> Page(EventQuery query, string reader, long? from, long upTo, int limit, CancellationToken cancellationToken)
    {
        var entries = await Find(query, reader, from, upTo, limit + 1, cancellationToken);
        long? next = entries.Count > limit ? entries[limit - 1].Position : null;
        var shown = entries.Take(limit).ToList();
        var events = new Dictionary<long, RawEvent>(shown.Count);
        if (shown.Count > 0)
        {
            var filter = new EventFilter { Positions = [.. shown.Select(entry => entry.Position)] };
            await foreach (var e in store.ReadAllRaw(0, filter, cancellationToken))
            {
                events.Add(e.Position, e);
            }
        }

        // An event that somebody removed behind the log's back is still in the index: verification reports it, a search leaves it out.
        return new EventPage(
            [.. shown.Where(entry => events.ContainsKey(entry.Position)).Select(entry => ShownEvent.Of(events[entry.Position], entry.PersonalOf, reader))], next);
    }

    private async Task<List<IndexEntry>> Find(EventQuery query, string reader, long? from, long upTo, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand();
        command.CommandText = Sql(command.Parameters, query, reader, from, upTo, limit);
        var entries = new List<IndexEntry>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            entries.Add(new IndexEntry(rows.GetInt64(0), rows.IsDBNull(1) ? null : rows.GetString(1)));
        }

        return entries;
    }

    private static string Sql(NpgsqlParameterCollection parameters, EventQuery query, string reader, long? from, long upTo, int limit)
    {
        var sql = new StringBuilder($"select position, personal_of from toolgate.{AuditIndexProjection.Table} where position > ");
        Value(query.Descending ? query.After : Math.Max(query.After, from ?? 0));
        And("position <= ", query.Descending && from is { } before ? Math.Min(upTo, before - 1) : upTo);
        if (query.Types is { } types)
        {
            And("type = any(", types);
            sql.Append(')');
        }

        And("actor = ", query.Actor);
        And("correlation = ", query.Correlation);
        And("at >= ", query.From?.UtcDateTime);
        And("at <= ", query.To?.UtcDateTime);
        And("stream = ", query.Stream);
        And("toolkit = ", query.Toolkit);
        And("outcome = ", query.Outcome);
        if (query.Address is { } pattern)
        {
            var match = AddressMatch.Of(pattern);
            And("address = ", match.Exact);
            And("address >= ", match.From);
            And("address < ", match.Before);
            And("address ~ ", match.Regex);
            if (match is { Exact: null, From: null, Regex: null })
            {
                sql.Append(" and address is not null");
            }
        }

        if (query.LooksInside)
        {
            // Else a filter would tell what is withheld: whether somebody's event says what the filter guesses.
            sql.Append(" and (personal_of is null or personal_of = ");
            Value(reader);
            sql.Append(')');
        }

        return sql.Append(CultureInfo.InvariantCulture, $" order by position {(query.Descending ? "desc" : "asc")} limit {limit}").ToString();

        void And(string condition, object? value)
        {
            if (value is not null)
            {
                sql.Append(" and ").Append(condition);
                Value(value);
            }
        }

        void Value(object value)
        {
            parameters.Add(new() { Value = value });
            sql.Append('$').Append(parameters.Count.ToString(CultureInfo.InvariantCulture));
        }
    }
}
