using Npgsql;

namespace Toolgate.EventStore;

/// <summary>Where a projection is, in Marten's progression table. Whoever moves it holds its row lock until commit.</summary>
internal static class ProjectionCheckpoint
{
    /// <summary>Reads the position and locks its row, so that nobody else moves the projection within this transaction.</summary>
    public static async Task<long> Lock(NpgsqlTransaction transaction, string name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            insert into events.mt_event_progression as p (name, last_seq_id) values ($1, 0)
            on conflict (name) do update set last_seq_id = p.last_seq_id returning coalesce(last_seq_id, 0)
            """, transaction.Connection, transaction);
        command.Parameters.Add(new() { Value = name });
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public static async Task Move(NpgsqlTransaction transaction, string name, long position, List<DeadLetter> dead, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "update events.mt_event_progression set last_seq_id = $2, last_updated = transaction_timestamp() where name = $1", transaction.Connection, transaction);
        command.Parameters.Add(new() { Value = name });
        command.Parameters.Add(new() { Value = position });
        await command.ExecuteNonQueryAsync(cancellationToken);
        foreach (var letter in dead)
        {
            await using var record = new NpgsqlCommand(
                "insert into toolgate.dead_letters (projection, position, error) values ($1, $2, $3) on conflict do nothing", transaction.Connection, transaction);
            record.Parameters.Add(new() { Value = name });
            record.Parameters.Add(new() { Value = letter.Position });
            record.Parameters.Add(new() { Value = letter.Error[..Math.Min(letter.Error.Length, 500)] });
            await record.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    public static async Task<long> Read(NpgsqlDataSource dataSource, string name, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select last_seq_id from events.mt_event_progression where name = $1");
        command.Parameters.Add(new() { Value = name });
        return await command.ExecuteScalarAsync(cancellationToken) as long? ?? 0;
    }
}
