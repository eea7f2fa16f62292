namespace Toolgate.EventStore;

/// <summary>The asynchronous projections of this deployment.</summary>
public interface IProjections
{
    /// <summary>Completes when a projection has committed everything up to a position, whichever node runs it.</summary>
    /// <exception cref="KeyNotFoundException">No projection has that name.</exception>
    Task WaitFor(string name, long position, CancellationToken cancellationToken = default);

    /// <summary>How far each projection is.</summary>
    Task<IReadOnlyList<ProjectionStatus>> Status(CancellationToken cancellationToken = default);

    /// <summary>
    /// Builds the projection's tables anew from the whole log, beside the live ones, and swaps them in one transaction. Readers see the old
    /// rows until then. Events that were dead letters are tried again.
    /// </summary>
    /// <exception cref="KeyNotFoundException">No projection has that name.</exception>
    /// <exception cref="InvalidOperationException">It is being rebuilt already.</exception>
    Task Rebuild(string name, CancellationToken cancellationToken = default);
}

/// <summary>How far a projection is.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Position">Everything up to here is in its tables.</param>
/// <param name="Head">Where the log ends.</param>
/// <param name="RunsHere">True when this node runs it.</param>
/// <param name="DeadLetters">Events that it could not apply and went past.</param>
/// <param name="Fault">Why it stands still, or null.</param>
public sealed record ProjectionStatus(string Name, long Position, long Head, bool RunsHere, long DeadLetters, string? Fault);
