using Npgsql;
using NpgsqlTypes;

namespace Toolgate.EventStore;

/// <summary>What the first round trip of a commit found, under the lock.</summary>
internal sealed record LogHead(
    long Position, DateTimeOffset Now, byte[] Seal, Dictionary<string, long> Versions, Dictionary<NameClaim, string> Holders, long[] Positions);

/// <summary>
/// The writer's own connection and its two round trips:
/// <code>
///   1  begin · lock · head and time · stream versions · names · sequence numbers
///   2  streams · events and seals · names · side writes · notify · commit
/// </code>
/// The lock is a statement of its own: the statements after it take their snapshot when it is held, and so see every earlier commit.
/// </summary>
internal sealed class CommitSession(NpgsqlDataSource dataSource) : IAsyncDisposable
{
    /// <summary>Every append to the log, on any host, holds this advisory lock until its commit is done.</summary>
    public const long LockKey = 0x746f6f6c2d6c6f67;

    /// <summary>The notification channel; the payload is the last position of the commit.</summary>
    public const string Channel = "toolgate_log";

    private static readonly string Lock = $"select pg_advisory_xact_lock({LockKey})";

    // Time never runs backwards along the log, even when the server's clock does: as-of reads depend on it.
    private const string Head = """
        select greatest(clock_timestamp(), (select timestamp from events.mt_events order by seq_id desc limit 1)),
               (select seq_id from events.mt_events order by seq_id desc limit 1),
               (select hash from toolgate.event_seals order by seq_id desc limit 1)
        """;

    private const string Versions = "select id, version from events.mt_streams where id = any($1)";

    private const string Holders = """
        select c.scope, c.name, c.stream_id from unnest($1, $2) as wanted(scope, name) join toolgate.name_claims c using (scope, name)
        """;

    private const string Draw = "select array_agg(nextval('events.mt_events_sequence')) from generate_series(1, $1)";

    private const string Streams = """
        insert into events.mt_streams (id, type, version, timestamp, created)
        select n.id, n.type, n.version, $4, $4 from unnest($1, $2, $3) as n(id, type, version)
        on conflict (id) do update set version = excluded.version, timestamp = excluded.timestamp
        """;

    // What read models will fold comes back as stored, so that a live state is folded from the same text as a rebuilt one.
    private const string Events = """
        with written as (
            insert into events.mt_events
                (seq_id, id, stream_id, version, data, type, mt_dotnet_type, correlation_id, causation_id, headers, user_name, timestamp)
            select n.*, $12 from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) as
                n(seq_id, id, stream_id, version, data, type, mt_dotnet_type, correlation_id, causation_id, headers, user_name)
            returning seq_id, data, toolgate.event_leaf(mt_events) as leaf),
        sealed as (
            insert into toolgate.event_seals (seq_id, hash)
            select seq_id, toolgate.seal_chain($13, leaf) over (order by seq_id) from written)
        select seq_id, data::text from written where seq_id = any($14)
        """;

    private const string Released = """
        delete from toolgate.name_claims c using unnest($1, $2) as gone(scope, name) where c.scope = gone.scope and c.name = gone.name
        """;

    private const string Claimed = """
        insert into toolgate.name_claims (scope, name, stream_id) select * from unnest($1, $2, $3)
        on conflict (scope, name) do update set stream_id = excluded.stream_id
        """;

    private const string Notify = $"select pg_notify('{Channel}', $1)";

    private NpgsqlConnection? connection;

    public bool IsOpen => connection is not null;

    /// <summary>Begins a transaction, takes the lock and reads what the plan needs.</summary>
    public async Task<LogHead> Begin(List<PendingAppend> requests)
    {
        var open = await Open();
        var claims = requests.SelectMany(r => r.Request.Claims.Concat(r.Request.Releases)).Distinct().ToArray();
        await using var batch = new NpgsqlBatch(open);
        batch.BatchCommands.Add(new("begin isolation level read committed"));
        batch.BatchCommands.Add(new(Lock));
        batch.BatchCommands.Add(new(Head));
        batch.BatchCommands.Add(Command(Versions, Texts(requests.Select(r => r.Request.StreamId).Distinct().ToArray())));
        batch.BatchCommands.Add(Command(Draw, new NpgsqlParameter { Value = requests.Sum(r => r.Events.Length) }));
        if (claims.Length > 0)
        {
            batch.BatchCommands.Add(Command(Holders, Texts([.. claims.Select(c => c.Scope)]), Texts([.. claims.Select(c => c.Name)])));
        }

        await batch.PrepareAsync();
        await using var reader = await batch.ExecuteReaderAsync();
        await reader.NextResultAsync();
        await reader.ReadAsync();
        var now = EventRow.Time(reader, 0);
        var position = reader.IsDBNull(1) ? 0 : reader.GetInt64(1);
        var seal = reader.IsDBNull(2) ? new byte[32] : reader.GetFieldValue<byte[]>(2);
        var versions = new Dictionary<string, long>(StringComparer.Ordinal);
        await reader.NextResultAsync();
        while (await reader.ReadAsync())
        {
            versions.Add(reader.GetString(0), reader.IsDBNull(1) ? 0 : reader.GetInt64(1));
        }

        await reader.NextResultAsync();
        await reader.ReadAsync();
        var positions = reader.GetFieldValue<long[]>(0);
        var holders = new Dictionary<NameClaim, string>();
        if (await reader.NextResultAsync())
        {
            while (await reader.ReadAsync())
            {
                holders.Add(new(reader.GetString(0), reader.GetString(1)), reader.GetString(2));
            }
        }

        return new(position, now, seal, versions, holders, positions);
    }

    /// <summary>Writes the plan and commits. Answers the stored text of the watched events, in order of position.</summary>
    public async Task<Dictionary<long, string>> Commit(List<PendingAppend> requests, BatchPlan plan, LogHead head)
    {
        await using var batch = new NpgsqlBatch(connection);
        var now = new NpgsqlParameter { Value = head.Now.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz };
        batch.BatchCommands.Add(Command(
            Streams, Texts([.. plan.Streams.Keys]), Texts([.. plan.Streams.Values.Select(s => s.Type)]),
            new() { Value = plan.Streams.Values.Select(s => s.Version).ToArray() }, now));
        batch.BatchCommands.Add(EventsCommand(requests, plan, head, now.Clone()));
        Claims(batch, plan);
        for (var i = 0; i < requests.Count; i++)
        {
            if (plan.Outcomes[i] is AppendOutcome.Appended)
            {
                foreach (var write in requests[i].Request.Alongside)
                {
                    batch.BatchCommands.Add(Command(write.Sql, [.. write.Parameters.Select(p => new NpgsqlParameter { Value = p })]));
                }
            }
        }

        batch.BatchCommands.Add(Command(Notify, new NpgsqlParameter { Value = plan.Events[^1].Position.ToString(System.Globalization.CultureInfo.InvariantCulture) }));
        batch.BatchCommands.Add(new("commit"));
        await batch.PrepareAsync();
        var stored = new Dictionary<long, string>();
        await using var reader = await batch.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            stored.Add(reader.GetInt64(0), reader.GetString(1));
        }

        // To the end: an error of a later statement, the commit included, surfaces here.
        while (await reader.NextResultAsync())
        {
        }

        return stored;
    }

    /// <summary>Ends the transaction without effect; when that is not possible the connection goes, and the transaction with it.</summary>
    public async Task Rollback()
    {
        try
        {
            await using var command = new NpgsqlCommand("rollback", connection);
            await command.ExecuteNonQueryAsync();
        }
        catch (Exception e) when (e is NpgsqlException or IOException or InvalidOperationException)
        {
            await Abandon();
        }
    }

    /// <summary>
    /// Whether an event reached the log. Takes the lock first: the transaction in question held it, so that by then it has ended,
    /// one way or the other.
    /// </summary>
    public async Task<bool> Holds(long position, Guid id)
    {
        await using var batch = new NpgsqlBatch(await Open());
        batch.BatchCommands.Add(new("begin"));
        batch.BatchCommands.Add(new(Lock));
        batch.BatchCommands.Add(Command(
            "select exists (select from events.mt_events where seq_id = $1 and id = $2)", new() { Value = position }, new() { Value = id }));
        batch.BatchCommands.Add(new("commit"));
        await using var reader = await batch.ExecuteReaderAsync();
        await reader.NextResultAsync();
        await reader.ReadAsync();
        return reader.GetBoolean(0);
    }

    /// <summary>Gives the connection up; the next use opens another. Its idle siblings in the pool have most likely died with it.</summary>
    public async ValueTask Abandon()
    {
        if (Interlocked.Exchange(ref connection, null) is { } broken)
        {
            NpgsqlConnection.ClearPool(broken);
            await broken.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref connection, null) is { } open)
        {
            await open.DisposeAsync();
        }
    }

    private async Task<NpgsqlConnection> Open()
    {
        if (connection is null)
        {
            var opened = await dataSource.OpenConnectionAsync();
            connection = opened;

            // An acknowledgement promises durability, whatever the server's default is; and every statement here finds its rows by key,
            // so that planning it again for other parameters is time lost.
            await using var command = new NpgsqlCommand("""
                set plan_cache_mode = force_generic_plan;
                select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'
                """, opened);
            await command.ExecuteNonQueryAsync();
        }

        return connection;
    }

    private static NpgsqlBatchCommand EventsCommand(List<PendingAppend> requests, BatchPlan plan, LogHead head, NpgsqlParameter now)
    {
        var n = plan.Events.Count;
        var (positions, ids, versions, watched) = (new long[n], new Guid[n], new long[n], new List<long>());
        var (streams, data, types, dotnet) = (new string?[n], new string?[n], new string?[n], new string?[n]);
        var (correlations, causations, headers, actors) = (new string?[n], new string?[n], new string?[n], new string?[n]);
        for (var i = 0; i < n; i++)
        {
            var planned = plan.Events[i];
            var pending = requests[planned.Request];
            var e = pending.Events[planned.Index];
            (positions[i], ids[i], versions[i], streams[i]) = (planned.Position, e.Id, planned.Version, pending.Request.StreamId);
            (data[i], types[i], dotnet[i]) = (e.Json, e.Alias, e.DotnetType);
            (correlations[i], headers[i]) = (pending.CorrelationId, pending.Headers);
            (causations[i], actors[i]) = (pending.Request.Metadata.CausationId, pending.Request.Metadata.Actor);
            if (e.Watched)
            {
                watched.Add(planned.Position);
            }
        }

        return Command(
            Events, new() { Value = positions }, new() { Value = ids }, Texts(streams), new() { Value = versions }, Jsons(data), Texts(types), Texts(dotnet),
            Texts(correlations), Texts(causations), Jsons(headers), Texts(actors), now, new() { Value = head.Seal }, new() { Value = watched.ToArray() });
    }

    private static void Claims(NpgsqlBatch batch, BatchPlan plan)
    {
        var changes = plan.ClaimChanges.ToList();
        var released = changes.Where(c => c.Holder is null).Select(c => c.Claim).ToList();
        var claimed = changes.Where(c => c.Holder is not null).ToList();
        if (released.Count > 0)
        {
            batch.BatchCommands.Add(Command(Released, Texts([.. released.Select(c => c.Scope)]), Texts([.. released.Select(c => c.Name)])));
        }

        if (claimed.Count > 0)
        {
            batch.BatchCommands.Add(Command(
                Claimed, Texts([.. claimed.Select(c => c.Claim.Scope)]), Texts([.. claimed.Select(c => c.Claim.Name)]), Texts([.. claimed.Select(c => c.Holder)])));
        }
    }

    private static NpgsqlBatchCommand Command(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }

    private static NpgsqlParameter Texts(string?[] values) => new() { Value = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    private static NpgsqlParameter Jsons(string?[] values) => new() { Value = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb };
}
