namespace Toolgate.EventStore;

/// <summary>
/// Starts and stops the log in order: migrations, snapshots, catch-up, writer, follower, projections. A host calls it (or lets the
/// hosted service of <c>AddEventStore</c> do so) before it listens; nothing can be appended or read from models earlier.
/// </summary>
public interface IEventStoreStartup
{
    /// <summary>Brings the log up. When it completes, read models show everything that the log held when it began. Calling it again does nothing.</summary>
    /// <exception cref="EventStoreUnavailableException">The database cannot be reached.</exception>
    /// <exception cref="InvalidOperationException">The database cannot be used: too old, or migrated by a newer version.</exception>
    Task Start(CancellationToken cancellationToken = default);

    /// <summary>Refuses new appends, commits and acknowledges those that were accepted, saves snapshots and stops.</summary>
    Task Stop(CancellationToken cancellationToken = default);
}
