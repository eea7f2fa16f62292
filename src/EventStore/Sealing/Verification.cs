using System.Buffers.Text;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Toolgate.EventStore;

/// <summary>Recomputes the chain in SQL, set by set, and holds it against the seals, the streams and every signed head.</summary>
internal sealed partial class Verification(
    NpgsqlDataSource dataSource, CheckpointKeys keys, WitnessFile witness, TimeProvider time, ILogger<Verification> logger) : IVerification
{
    private const int Set = 20_000;

    public Task<VerificationReport> Verify(CancellationToken cancellationToken = default) => Reaching(async () =>
    {
        // The head first: what is appended meanwhile is not part of this verification.
        var head = await Head(cancellationToken);
        var faults = new List<VerificationFault>();
        var events = await Chain(Math.Max(head?.Position ?? 0, await LastEvent(cancellationToken)), faults, cancellationToken);
        await Streams(faults, cancellationToken);
        await Signed([.. await ReadCheckpoints(cancellationToken), .. await witness.Read(cancellationToken)], head, faults, cancellationToken);
        var first = faults.MinBy(f => f.Position);
        return new VerificationReport(first is null, events, head, first);
    });

    public Task<IReadOnlyList<SignedHead>> Checkpoints(CancellationToken cancellationToken = default)
        => Reaching(() => ReadCheckpoints(cancellationToken));

    public Task<SignedHead> Checkpoint(CancellationToken cancellationToken = default) => Reaching(() => SignHead(cancellationToken));

    private static async Task<T> Reaching<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (Connectivity.IsLost(e))
        {
            throw Connectivity.Unavailable(e);
        }
    }

    private async Task<IReadOnlyList<SignedHead>> ReadCheckpoints(CancellationToken cancellationToken)
    {
        var heads = new List<SignedHead>();
        await using var command = dataSource.CreateCommand("select position, hash, at, key_id, signature from toolgate.checkpoints order by position, at");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            heads.Add(new(
                new(reader.GetInt64(0), Convert.ToHexStringLower(reader.GetFieldValue<byte[]>(1))), EventRow.Time(reader, 2), reader.GetString(3),
                Base64Url.EncodeToString(reader.GetFieldValue<byte[]>(4))));
        }

        return heads;
    }

    private async Task<SignedHead> SignHead(CancellationToken cancellationToken)
    {
        var head = await Head(cancellationToken) ?? new ChainHead(0, new string('0', 64));
        var signed = keys.Sign(head, time.GetUtcNow());
        await using var command = dataSource.CreateCommand(
            "insert into toolgate.checkpoints (position, hash, at, key_id, signature) values ($1, $2, $3, $4, $5) on conflict do nothing");
        command.Parameters.Add(new() { Value = head.Position });
        command.Parameters.Add(new() { Value = Convert.FromHexString(head.Hash) });
        command.Parameters.Add(new() { Value = signed.At.UtcDateTime });
        command.Parameters.Add(new() { Value = signed.KeyId });
        command.Parameters.Add(new() { Value = Base64Url.DecodeFromChars(signed.Signature) });
        await command.ExecuteNonQueryAsync(cancellationToken);
        await witness.Append(signed, cancellationToken);
        Log.Checkpoint(logger, head.Position, head.Hash, signed.KeyId, signed.Signature);
        return signed;
    }

    private async Task<long> Chain(long head, List<VerificationFault> faults, CancellationToken cancellationToken)
    {
        long after = 0, events = 0;
        while (after < head)
        {
            await using var command = dataSource.CreateCommand("""
                with bound as materialized (select least($2,
                    (select seq_id from events.mt_events where seq_id > $1 order by seq_id offset $3 limit 1),
                    (select seq_id from toolgate.event_seals where seq_id > $1 order by seq_id offset $3 limit 1)) as last),
                e as (select seq_id, toolgate.event_leaf(v) as leaf from events.mt_events v where seq_id > $1 and seq_id <= (select last from bound)),
                s as (select seq_id, seal.hash, coalesce(lag(seal.hash) over (order by seq_id), before.hash, $4) as previous
                      from toolgate.event_seals seal
                      left join (select hash from toolgate.event_seals where seq_id <= $1 order by seq_id desc limit 1) before on true
                      where seq_id > $1 and seq_id <= (select last from bound))
                select (select last from bound), count(e.seq_id),
                       min(seq_id) filter (where e.seq_id is null),
                       min(seq_id) filter (where s.seq_id is null),
                       min(seq_id) filter (where s.hash <> sha256(s.previous || e.leaf))
                from e full join s using (seq_id)
                """);
            command.CommandTimeout = 0;
            command.Parameters.Add(new() { Value = after });
            command.Parameters.Add(new() { Value = head });
            command.Parameters.Add(new() { Value = (long)Set - 1 });
            command.Parameters.Add(new() { Value = new byte[32] });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            after = reader.GetInt64(0);
            events += reader.GetInt64(1);
            Found(reader, 2, "event_missing", "The log holds a seal of this event, but not the event.", faults);
            Found(reader, 3, "event_unsealed", "This event was written past the sealing writer.", faults);
            Found(reader, 4, "event_changed", "The stored event is not the one that was sealed here.", faults);
        }

        return events;
    }

    private static void Found(NpgsqlDataReader reader, int ordinal, string code, string detail, List<VerificationFault> faults)
    {
        if (!reader.IsDBNull(ordinal))
        {
            faults.Add(new(reader.GetInt64(ordinal), code, detail));
        }
    }

    /// <summary>Each stream counts 1, 2, 3 … up to the version that its row states. One statement, and so one snapshot, whatever is appended meanwhile.</summary>
    private async Task Streams(List<VerificationFault> faults, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("""
            select coalesce(s.id, e.stream_id), coalesce(e.last, 0), coalesce(e.n, 0) = coalesce(e.high, 0) and s.version > coalesce(e.high, 0) as cut
            from (select stream_id, count(*) as n, min(version) as low, max(version) as high, max(seq_id) as last from events.mt_events group by stream_id) e
            full join events.mt_streams s on s.id = e.stream_id
            where e.n is distinct from e.high or e.low <> 1 or coalesce(s.version, 0) is distinct from coalesce(e.high, 0)
            order by 2 limit 1
            """);
        command.CommandTimeout = 0;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (await reader.ReadAsync(cancellationToken))
        {
            var (stream, last, cut) = (reader.GetString(0), reader.GetInt64(1), !reader.IsDBNull(2) && reader.GetBoolean(2));
            faults.Add(cut
                ? new(last, "log_truncated", $"The last events of stream '{stream}' are gone.")
                : new(last, "stream_gap", $"The versions of stream '{stream}' have a gap."));
        }
    }

    private async Task Signed(List<SignedHead> heads, ChainHead? head, List<VerificationFault> faults, CancellationToken cancellationToken)
    {
        var seals = new Dictionary<long, string>();
        await using var command = dataSource.CreateCommand("select seq_id, hash from toolgate.event_seals where seq_id = any($1)");
        command.Parameters.Add(new() { Value = heads.Select(h => h.Head.Position).Distinct().ToArray() });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            seals.Add(reader.GetInt64(0), Convert.ToHexStringLower(reader.GetFieldValue<byte[]>(1)));
        }

        foreach (var signed in heads)
        {
            var position = signed.Head.Position;
            switch (keys.Verify(signed))
            {
                case null:
                    Log.UnknownKey(logger, position, signed.KeyId);
                    break;
                case false:
                    faults.Add(new(position, "checkpoint_forged", "The signature of this checkpoint is not valid."));
                    break;
                case true when position > (head?.Position ?? 0):
                    faults.Add(new(position, "log_truncated", string.Create(
                        CultureInfo.InvariantCulture, $"A signed checkpoint saw the log at {position}; it now ends at {head?.Position ?? 0}.")));
                    break;
                case true when position > 0 && !seals.ContainsKey(position):
                    faults.Add(new(position, "event_missing", "A signed checkpoint saw an event here."));
                    break;
                case true when position > 0 && seals[position] != signed.Head.Hash:
                    faults.Add(new(position, "event_changed", "The history up to here is not the one that a signed checkpoint saw."));
                    break;
            }
        }
    }

    private async Task<ChainHead?> Head(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select seq_id, hash from toolgate.event_seals order by seq_id desc limit 1");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new(reader.GetInt64(0), Convert.ToHexStringLower(reader.GetFieldValue<byte[]>(1)))
            : null;
    }

    private async Task<long> LastEvent(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select coalesce(max(seq_id), 0) from events.mt_events");
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Checkpoint of the event log: position {Position}, chain {Hash}, key {KeyId}, signature {Signature}.")]
        public static partial void Checkpoint(ILogger logger, long position, string hash, string keyId, string signature);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The checkpoint at {Position} is signed with key {KeyId}, which this host does not know; it proves nothing here.")]
        public static partial void UnknownKey(ILogger logger, long position, string keyId);
    }
}
