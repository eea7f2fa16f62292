using System.IO.Compression;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Toolgate.EventStore;

/// <summary>Keeps states of read models in <c>toolgate.snapshots</c>. A snapshot is a shortcut: without it the log is read from its beginning.</summary>
internal sealed partial class SnapshotStore(NpgsqlDataSource dataSource, ModelSet models, ILogger<SnapshotStore> logger)
{
    /// <summary>Fills in every model that has a usable snapshot; the others stay empty at position 0.</summary>
    public async Task Load(FoldingStates states, long head, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select name, schema_version, position, state from toolgate.snapshots where position <= $1");
        command.Parameters.Add(new() { Value = head });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var name = reader.GetString(0);
            for (var i = 0; i < models.Models.Count; i++)
            {
                var model = models.Models[i];
                if (model.Name != name || model.SchemaVersion != reader.GetInt32(1))
                {
                    continue;
                }

                try
                {
                    states.States[i] = model.Deserialize(Expand(reader.GetFieldValue<byte[]>(3)));
                    states.Positions[i] = reader.GetInt64(2);
                }
                catch (Exception e)
                {
                    // Whatever is wrong with it, the log knows better.
                    Log.Unreadable(logger, e, name);
                }
            }
        }
    }

    /// <summary>Saves every state of a snapshot. A newer one by another host stays.</summary>
    public async Task Save(ReadSnapshot snapshot, Func<IReadModel, object> stateOf, CancellationToken cancellationToken)
    {
        foreach (var model in models.Models)
        {
            await using var command = dataSource.CreateCommand("""
                insert into toolgate.snapshots as s (name, schema_version, position, state) values ($1, $2, $3, $4)
                on conflict (name) do update
                set schema_version = excluded.schema_version, position = excluded.position, state = excluded.state, taken_at = now()
                where s.position < excluded.position or s.schema_version <> excluded.schema_version
                """);
            command.Parameters.Add(new() { Value = model.Name });
            command.Parameters.Add(new() { Value = model.SchemaVersion });
            command.Parameters.Add(new() { Value = snapshot.Position });
            command.Parameters.Add(new() { Value = Compress(model.Serialize(stateOf(model))) });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        Log.Saved(logger, models.Models.Count, snapshot.Position);
    }

    private static byte[] Compress(byte[] bytes)
    {
        using var target = new MemoryStream();
        using (var zip = new ZLibStream(target, CompressionLevel.Fastest))
        {
            zip.Write(bytes);
        }

        return target.ToArray();
    }

    private static byte[] Expand(byte[] bytes)
    {
        using var zip = new ZLibStream(new MemoryStream(bytes), CompressionMode.Decompress);
        using var target = new MemoryStream();
        zip.CopyTo(target);
        return target.ToArray();
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "The snapshot of {Model} cannot be read; its model is folded from the log.")]
        public static partial void Unreadable(ILogger logger, Exception exception, string model);

        [LoggerMessage(Level = LogLevel.Debug, Message = "Saved {Count} read models at {Position}.")]
        public static partial void Saved(ILogger logger, int count, long position);
    }
}
