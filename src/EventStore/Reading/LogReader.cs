using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Toolgate.EventStore;

/// <summary>Reads the log in pages by key, so that no cursor and no connection is held while a caller thinks.</summary>
internal sealed class LogReader(NpgsqlDataSource dataSource)
{
    private const int Page = 1_000;

    public async IAsyncEnumerable<RawEvent> Stream(
        string streamId, long fromVersion, long toVersion, DateTimeOffset? asOf, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = fromVersion;
        while (true)
        {
            await using var command = dataSource.CreateCommand($"""
                select {EventRow.Columns} from events.mt_events e
                where e.stream_id = $1 and e.version >= $2 and e.version <= $3 and ($4::timestamptz is null or e.timestamp <= $4)
                order by e.version limit {Page}
                """);
            command.Parameters.Add(new() { Value = streamId });
            command.Parameters.Add(new() { Value = next });
            command.Parameters.Add(new() { Value = toVersion });
            command.Parameters.Add(new() { Value = (object?)asOf?.UtcDateTime ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            var page = await Rows(command, withSeals: false, cancellationToken);
            foreach (var e in page)
            {
                yield return e;
            }

            if (page.Count < Page)
            {
                yield break;
            }

            next = page[^1].Version + 1;
        }
    }

    public async IAsyncEnumerable<RawEvent> All(long after, EventFilter? filter, bool seals, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var left = filter?.Limit ?? int.MaxValue;
        while (left > 0)
        {
            await using var command = dataSource.CreateCommand();
            var size = Math.Min(left, Page);
            command.CommandText = Query(command.Parameters, after, filter, seals, size);
            var page = await Rows(command, seals, cancellationToken);
            foreach (var e in page)
            {
                yield return e;
            }

            if (page.Count < size)
            {
                yield break;
            }

            left -= size;
            after = page[^1].Position;
        }
    }

    public Task<long> Head(CancellationToken cancellationToken)
        => Scalar("select coalesce(max(seq_id), 0) from events.mt_events", cancellationToken);

    /// <summary>Times never decrease along the log, so the position of a moment is found by halving, without an index on time.</summary>
    public async Task<long> PositionAt(DateTimeOffset moment, CancellationToken cancellationToken)
    {
        long low = 0, high = await Head(cancellationToken);
        try
        {
            await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
            await using var command = new NpgsqlCommand(
                "select seq_id, timestamp from events.mt_events where seq_id <= $1 order by seq_id desc limit 1", connection);
            command.Parameters.Add(new() { NpgsqlDbType = NpgsqlDbType.Bigint });

            // Invariant: no event up to low is later than the moment; beyond high every event is.
            var found = 0L;
            while (low < high)
            {
                var middle = low + ((high - low + 1) / 2);
                command.Parameters[0].Value = middle;
                await using var reader = await command.ExecuteReaderAsync(cancellationToken);
                if (!await reader.ReadAsync(cancellationToken))
                {
                    low = middle;
                }
                else if (EventRow.Time(reader, 1) <= moment)
                {
                    low = middle;
                    found = reader.GetInt64(0);
                }
                else
                {
                    high = reader.GetInt64(0) - 1;
                }
            }

            return found;
        }
        catch (Exception e) when (Connectivity.IsLost(e))
        {
            throw Connectivity.Unavailable(e);
        }
    }

    /// <summary>The query of one page. Conditions that the filter does not state are left out, so that the planner sees what is asked.</summary>
    private static string Query(NpgsqlParameterCollection parameters, long after, EventFilter? filter, bool seals, int size)
    {
        var sql = new StringBuilder("select ").Append(EventRow.Columns);
        sql.Append(seals ? ", s.hash from events.mt_events e left join toolgate.event_seals s using (seq_id)" : " from events.mt_events e");
        Where(" where e.seq_id > ", after);
        if (filter?.UpTo is { } upTo)
        {
            Where(" and e.seq_id <= ", upTo);
        }

        if (filter?.StreamId is { } stream)
        {
            Where(" and e.stream_id = ", stream);
        }

        if (filter?.Actor is { } actor)
        {
            Where(" and e.user_name = ", actor);
        }

        if (filter?.From is { } from)
        {
            Where(" and e.timestamp >= ", from.UtcDateTime);
        }

        if (filter?.To is { } to)
        {
            Where(" and e.timestamp <= ", to.UtcDateTime);
        }

        if (filter?.Types is { } types)
        {
            Where(" and e.type = any(", types.ToArray());
            sql.Append(')');
        }

        if (filter?.Positions is { } positions)
        {
            Where(" and e.seq_id = any(", positions.ToArray());
            sql.Append(')');
        }

        return sql.Append(CultureInfo.InvariantCulture, $" order by e.seq_id limit {size}").ToString();

        void Where(string condition, object value)
        {
            parameters.Add(new() { Value = value });
            sql.Append(CultureInfo.InvariantCulture, $"{condition}${parameters.Count}");
        }
    }

    private static async Task<List<RawEvent>> Rows(NpgsqlCommand command, bool withSeals, CancellationToken cancellationToken)
    {
        try
        {
            var rows = new List<RawEvent>();
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                rows.Add(EventRow.Raw(reader, withSeals && !reader.IsDBNull(11) ? Convert.ToHexStringLower(reader.GetFieldValue<byte[]>(11)) : null));
            }

            return rows;
        }
        catch (Exception e) when (Connectivity.IsLost(e))
        {
            throw Connectivity.Unavailable(e);
        }
    }

    private async Task<long> Scalar(string sql, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = dataSource.CreateCommand(sql);
            return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
        }
        catch (Exception e) when (Connectivity.IsLost(e))
        {
            throw Connectivity.Unavailable(e);
        }
    }
}
