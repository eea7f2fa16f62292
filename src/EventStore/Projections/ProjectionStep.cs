using Npgsql;

namespace Toolgate.EventStore;

/// <summary>An event that a projection could not apply.</summary>
internal readonly record struct DeadLetter(long Position, string Error);

/// <summary>Applies a range of events to a projection inside a transaction, going around those that it cannot take.</summary>
internal static class ProjectionStep
{
    /// <summary>Events in one transaction at most.</summary>
    public const int Batch = 1_000;

    private const string Savepoint = "toolgate_projection";

    /// <summary>The table itself: <c>toolgate.name</c>.</summary>
    public static string Live(string table) => $"toolgate.{table}";

    /// <summary>The end of the next batch, or null when there is nothing after <paramref name="after"/>.</summary>
    public static async Task<long?> Next(NpgsqlConnection connection, long after, long upTo, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"select max(seq_id) from (select seq_id from events.mt_events where seq_id > $1 and seq_id <= $2 order by seq_id limit {Batch}) b", connection);
        command.Parameters.Add(new() { Value = after });
        command.Parameters.Add(new() { Value = upTo });
        return await command.ExecuteScalarAsync(cancellationToken) as long?;
    }

    /// <summary>Applies (after, upTo]. A range that fails is halved until the event to blame stands alone; it is added to <paramref name="dead"/>.</summary>
    public static async Task Apply(
        IProjection projection, NpgsqlTransaction transaction, Func<string, string> table, long after, long upTo, List<DeadLetter> dead,
        CancellationToken cancellationToken)
    {
        await transaction.SaveAsync(Savepoint, cancellationToken);
        try
        {
            await projection.Apply(transaction, table, after, upTo, cancellationToken);
            await transaction.ReleaseAsync(Savepoint, cancellationToken);
            return;
        }
        catch (Exception e) when (IsAboutData(e))
        {
            await transaction.RollbackAsync(Savepoint, cancellationToken);
            await transaction.ReleaseAsync(Savepoint, cancellationToken);
            if (await Middle(transaction, after, upTo, cancellationToken) is not { } middle)
            {
                dead.Add(new(upTo, $"{e.GetType().Name}: {(e as PostgresException)?.MessageText ?? e.Message}"));
                return;
            }

            await Apply(projection, transaction, table, after, middle, dead, cancellationToken);
            await Apply(projection, transaction, table, middle, upTo, dead, cancellationToken);
        }
    }

    /// <summary>Class 22 is data, 23 constraints, P0 an exception raised by SQL; every other class is about the database or the statement itself.</summary>
    private static bool IsAboutData(Exception e) => e switch
    {
        PostgresException { SqlState: var state } => state[..2] is "22" or "23" or "P0",
        OperationCanceledException => false,
        _ => !Connectivity.IsLost(e),
    };

    /// <summary>The last event of the first half, or null when the range holds one event.</summary>
    private static async Task<long?> Middle(NpgsqlTransaction transaction, long after, long upTo, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            select (array_agg(seq_id order by seq_id))[count(*) / 2] from events.mt_events where seq_id > $1 and seq_id <= $2 having count(*) > 1
            """, transaction.Connection, transaction);
        command.Parameters.Add(new() { Value = after });
        command.Parameters.Add(new() { Value = upTo });
        return await command.ExecuteScalarAsync(cancellationToken) as long?;
    }
}
