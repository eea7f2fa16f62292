using Microsoft.Extensions.Logging;
using Npgsql;

namespace Toolgate.EventStore;

/// <summary>Runs one projection while this node leads it. Leadership is a session lock on the very connection that writes: losing one loses both.</summary>
internal sealed partial class ProjectionRunner(
    IProjection projection, NpgsqlDataSource dataSource, LogSignal signal, TimeProvider time, EventStoreOptions options, ILogger logger)
{
    // "proj" in ASCII: keeps these locks apart from others on the same text.
    private const long LockSeed = 0x70726f6a;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private readonly LogSignal progress = new(time);
    private readonly LogSignal hurry = new(time);
    private int waiting;

    public IProjection Projection => projection;

    /// <summary>True while this node leads.</summary>
    public bool Leads { get; private set; }

    /// <summary>Why it stands still, or null.</summary>
    public string? Fault { get; private set; }

    public async Task Run(CancellationToken cancellationToken)
    {
        var pause = TimeSpan.FromMilliseconds(200);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
                if (await Lead(connection))
                {
                    Leads = true;
                    Log.Leads(logger, projection.Name);
                    try
                    {
                        await Follow(connection, () => pause = TimeSpan.FromMilliseconds(200), cancellationToken);
                    }
                    finally
                    {
                        await Release(connection);
                    }
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Nothing is skipped for a reason that is not the event's: the same events are tried again.
                Fault = e.GetType().Name;
                Log.Stands(logger, e, projection.Name, pause);
                await Task.Delay(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                continue;
            }
            finally
            {
                Leads = false;
            }

            await Task.Delay(options.PollInterval, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async Task WaitFor(long position, CancellationToken cancellationToken)
    {
        if (progress.Head >= position)
        {
            return;
        }

        Interlocked.Increment(ref waiting);
        hurry.Poke();
        try
        {
            // Another node may be the one that runs it: its progress is in the database.
            while (!await progress.WaitBeyond(position - 1, TimeSpan.FromMilliseconds(50), cancellationToken)
                && await ProjectionCheckpoint.Read(dataSource, projection.Name, cancellationToken) < position)
            {
            }
        }
        catch (Exception e) when (Connectivity.IsLost(e))
        {
            throw Connectivity.Unavailable(e);
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    /// <summary>Takes the lead if nobody has it. Answers at once, and is not cancelled: a lock that was granted must be known to be held.</summary>
    private async Task<bool> Lead(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("select pg_try_advisory_lock(hashtextextended($1, $2))", connection);
        command.Parameters.Add(new() { Value = projection.Name });
        command.Parameters.Add(new() { Value = LockSeed });
        return await command.ExecuteScalarAsync(CancellationToken.None) is true;
    }

    /// <summary>Gives the lead back. The lock belongs to the session, which goes back to the pool and could keep it there; a lost session has none.</summary>
    private async Task Release(NpgsqlConnection connection)
    {
        if (connection.State != System.Data.ConnectionState.Open)
        {
            return;
        }

        await using var command = new NpgsqlCommand("select pg_advisory_unlock(hashtextextended($1, $2))", connection);
        command.Parameters.Add(new() { Value = projection.Name });
        command.Parameters.Add(new() { Value = LockSeed });
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    private async Task Follow(NpgsqlConnection connection, Action succeeded, CancellationToken cancellationToken)
    {
        var position = 0L;
        while (true)
        {
            while (await Step(connection, cancellationToken) is { } reached)
            {
                position = reached;
                progress.Advance(reached);
                Telemetry.ProjectionLag.Record(Math.Max(0, signal.Head - reached), new KeyValuePair<string, object?>("projection", projection.Name));
            }

            Fault = null;
            succeeded();
            if (Volatile.Read(ref waiting) == 0)
            {
                await hurry.WaitBeyond(long.MaxValue, options.ProjectionInterval, cancellationToken);
            }

            await signal.WaitBeyond(position, options.PollInterval, cancellationToken);
        }
    }

    /// <summary>One batch: its rows, its dead letters and the checkpoint, or nothing. Null when there is nothing to do.</summary>
    private async Task<long?> Step(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var position = await ProjectionCheckpoint.Lock(transaction, projection.Name, cancellationToken);
        if (await ProjectionStep.Next(connection, position, long.MaxValue, cancellationToken) is not { } upTo)
        {
            progress.Advance(position);
            return null;
        }

        var dead = new List<DeadLetter>();
        await ProjectionStep.Apply(projection, transaction, ProjectionStep.Live, position, upTo, dead, cancellationToken);
        await ProjectionCheckpoint.Move(transaction, projection.Name, upTo, dead, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        foreach (var letter in dead)
        {
            Log.Dead(logger, projection.Name, letter.Position, letter.Error);
        }

        return upTo;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "This node runs projection {Projection}.")]
        public static partial void Leads(ILogger logger, string projection);

        [LoggerMessage(Level = LogLevel.Error, Message = "Projection {Projection} stands still; next try in {Pause}.")]
        public static partial void Stands(ILogger logger, Exception exception, string projection, TimeSpan pause);

        [LoggerMessage(Level = LogLevel.Error, Message = "Projection {Projection} went past event {Position}, which it cannot apply: {Error}")]
        public static partial void Dead(ILogger logger, string projection, long position, string error);
    }
}
