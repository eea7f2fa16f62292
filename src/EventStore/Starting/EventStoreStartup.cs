using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Toolgate.EventStore;

/// <summary>Starts and stops the parts of the log in order.</summary>
internal sealed partial class EventStoreStartup(
    NpgsqlDataSource dataSource, IEnumerable<MigrationSource> migrations, GroupCommitWriter writer, LogListener listener,
    ReadModelFollower follower, LogSignal signal, Checkpointer checkpointer, ProjectionHost projections, ILogger<EventStoreStartup> logger) : IEventStoreStartup, IDisposable
{
    private readonly SemaphoreSlim gate = new(1, 1);
    private bool started;
    private bool stopped;

    public async Task Start(CancellationToken cancellationToken = default)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (started)
            {
                return;
            }

            await Migrate(cancellationToken);

            // The listener first: what is committed during the catch-up then wakes the follower afterwards.
            listener.Start();
            await follower.Start(cancellationToken);
            signal.Advance(follower.Current.Position);
            writer.Start();
            checkpointer.Start();
            projections.Start();
            started = true;
            Log.Started(logger, follower.Current.Position);
        }
        finally
        {
            gate.Release();
        }
    }

    public async Task Stop(CancellationToken cancellationToken = default)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (!started || stopped)
            {
                return;
            }

            // Every part is stopped, even when one before it could not be in time; only then, or at the next attempt, is the log closed.
            Func<Task>[] parts =
                [() => writer.Stop(cancellationToken), projections.Stop, () => follower.Stop(cancellationToken), checkpointer.Stop, listener.Stop];
            ExceptionDispatchInfo? failure = null;
            foreach (var stop in parts)
            {
                try
                {
                    await stop();
                }
                catch (Exception e)
                {
                    failure ??= ExceptionDispatchInfo.Capture(e);
                }
            }

            failure?.Throw();
            stopped = true;
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();

    private async Task Migrate(CancellationToken cancellationToken)
    {
        try
        {
            var migrator = new Migrator(dataSource, [new MigrationSource(typeof(EventStoreModule).Assembly), .. migrations]);
            await migrator.Run(cancellationToken);
        }
        catch (Exception e) when (Connectivity.IsLost(e))
        {
            throw Connectivity.Unavailable(e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "The event log is open at position {Position}.")]
        public static partial void Started(ILogger logger, long position);
    }
}
