using Microsoft.Extensions.Logging;
using Npgsql;
using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>Rotation: new key first, every row second, the old key's end last; each step can be repeated.</summary>
internal sealed partial class SecretKeys(NpgsqlDataSource database, MasterKeyRing ring, IEventStore store, ILogger<SecretKeys> logger) : ISecretKeys
{
    private const int Batch = 200;

    /// <summary>The advisory lock that rotations of one database take ("tgrotate" in ASCII).</summary>
    private const long Turn = 0x7467_726F_7461_7465;

    public async Task<KeyRotation?> Rotate(EventMetadata metadata, CancellationToken cancellationToken = default)
    {
        // Two at a time would wrap each other's rows back and forth; one that waited would hold a connection that calls may need. The lock is a
        // transaction's, so that it ends with whoever held it.
        await using var turn = await database.OpenConnectionAsync(cancellationToken);
        await using var held = await turn.BeginTransactionAsync(cancellationToken);
        await using (var take = new NpgsqlCommand("select pg_try_advisory_xact_lock($1)", turn, held))
        {
            take.Parameters.AddWithValue(Turn);
            if (await take.ExecuteScalarAsync(cancellationToken) is not true)
            {
                return null;
            }
        }

        var current = ring.IsConfigured ? ring.Current : ring.Add();
        var rewrapped = 0;
        var unreadable = 0;

        // A connection made while this runs may still be wrapped with the old key by another node: sweep until a sweep finds nothing.
        for (int swept; (swept = await Sweep(current, unreadable: count => unreadable = count, cancellationToken)) > 0;)
        {
            rewrapped += swept;
        }

        if (!ring.IsConfigured && unreadable == 0)
        {
            ring.Forget();
        }

        Log.Rotated(logger, current.Id, rewrapped, unreadable);
        await store.Append(
            new AppendRequest { StreamId = "secrets", StreamType = "secrets", Events = [new MasterKeyRotated(current.Id, rewrapped, unreadable)], Metadata = metadata },
            cancellationToken);
        return new KeyRotation(current.Id, rewrapped, unreadable);
    }

    private async Task<int> Sweep(MasterKey current, Action<int> unreadable, CancellationToken cancellationToken)
    {
        var done = 0;
        var lost = 0;
        var after = "";
        while (true)
        {
            var rows = await Read(current.Id, after, cancellationToken);
            foreach (var secret in rows)
            {
                if (ring.Find(secret.MasterKeyId) is not { } old)
                {
                    lost++;
                    continue;
                }

                done += await Write(secret, secret.Rewrap(old, current), cancellationToken);
            }

            if (rows.Count < Batch)
            {
                unreadable(lost);
                return done;
            }

            after = rows[^1].Id;
        }
    }

    private async Task<List<SealedSecret>> Read(string currentId, string after, CancellationToken cancellationToken)
    {
        await using var read = database.CreateCommand(
            """
            select id, master_key_id, wrapped_key, sealed_values from toolgate.secrets
            where master_key_id <> $1 and id > $2 order by id limit $3
            """);
        read.Parameters.AddWithValue(currentId);
        read.Parameters.AddWithValue(after);
        read.Parameters.AddWithValue(Batch);
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        var rows = new List<SealedSecret>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new SealedSecret(reader.GetString(0), reader.GetString(1), reader.GetFieldValue<byte[]>(2), reader.GetFieldValue<byte[]>(3)));
        }

        return rows;
    }

    private async Task<int> Write(SealedSecret before, SealedSecret after, CancellationToken cancellationToken)
    {
        await using var write = database.CreateCommand(
            "update toolgate.secrets set master_key_id = $1, wrapped_key = $2 where id = $3 and master_key_id = $4 and wrapped_key = $5");
        write.Parameters.AddWithValue(after.MasterKeyId);
        write.Parameters.AddWithValue(after.WrappedKey);
        write.Parameters.AddWithValue(after.Id);
        write.Parameters.AddWithValue(before.MasterKeyId);

        // Tokens are renewed in place, with a data key of their own: whoever did that since has wrapped another key.
        write.Parameters.AddWithValue(before.WrappedKey);
        return await write.ExecuteNonQueryAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Master key {KeyId} is in force: {Rewrapped} secrets rewrapped, {Unreadable} unreadable")]
        public static partial void Rotated(ILogger logger, string keyId, int rewrapped, int unreadable);
    }
}
