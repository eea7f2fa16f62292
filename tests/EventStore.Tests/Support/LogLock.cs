using Npgsql;

namespace Toolgate.EventStore.Tests;

/// <summary>Holds the log's lock, as another host that is committing does: what is appended meanwhile gathers in one batch.</summary>
public sealed class LogLock : IAsyncDisposable
{
    private readonly NpgsqlConnection connection;
    private readonly NpgsqlTransaction transaction;

    private LogLock(NpgsqlConnection connection, NpgsqlTransaction transaction) => (this.connection, this.transaction) = (connection, transaction);

    public static async Task<LogLock> Take(TestHost host)
    {
        var connection = await host.Database.OpenConnectionAsync();
        var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand($"select pg_advisory_xact_lock({CommitSession.LockKey})", connection, transaction);
        await command.ExecuteNonQueryAsync();
        return new(connection, transaction);
    }

    /// <summary>Takes the lock and lets the host's writer run into it, so that every later append waits for the batch after.</summary>
    public static async Task<(LogLock Held, Task<AppendOutcome> Blocked)> BlockWriter(TestHost host)
    {
        var held = await Take(host);
        var blocked = host.Append("blocker", new TickRecorded(0, "blocks"));
        while (await host.Scalar<long>("select count(*) from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())") == 0)
        {
            await Task.Yield();
        }

        return (held, blocked);
    }

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }
}
