namespace Toolgate.EventStore;

/// <summary>All read models of this node, at one position.</summary>
public interface IReadModels
{
    /// <summary>The newest published snapshot. Reading it costs one volatile read.</summary>
    ReadSnapshot Current { get; }

    /// <summary>Completes when <see cref="Current"/> has reached <paramref name="position"/>. Synchronous when it already has.</summary>
    /// <exception cref="EventStoreUnavailableException">The models stopped before that position: see <see cref="Fault"/>.</exception>
    ValueTask WaitFor(long position, CancellationToken cancellationToken = default);

    /// <summary>
    /// Raised after a new snapshot was published, on the thread that folds: handlers must be quick and must not throw.
    /// Raised at most once for each batch, not for each event, and only when a state changed.
    /// </summary>
    event Action<ReadSnapshot>? Published;

    /// <summary>True once the models have caught up with the head that the log had when this node started.</summary>
    bool CaughtUp { get; }

    /// <summary>
    /// Why the models no longer advance, or null while all is well. An event that a model cannot fold stops all models before that
    /// event (none is ever skipped) until the host is restarted with a model that can: a reason not to be ready.
    /// </summary>
    Exception? Fault { get; }

    /// <summary>Folds every read model anew up to a past position. Costs a read of the log: for audit, not for the hot path.</summary>
    Task<ReadSnapshot> At(long position, CancellationToken cancellationToken = default);
}

/// <summary>The states of all read models at one position. Immutable.</summary>
public sealed class ReadSnapshot
{
    private readonly IReadOnlyDictionary<Type, object> states;

    /// <summary>Makes a snapshot; for the engine and for tests of modules.</summary>
    /// <param name="position">Log position that the states reflect.</param>
    /// <param name="states">One state for each state type.</param>
    public ReadSnapshot(long position, IReadOnlyDictionary<Type, object> states)
    {
        Position = position;
        this.states = states;
    }

    /// <summary>Log position that the states reflect: every event up to it is in them, none after it.</summary>
    public long Position { get; }

    /// <summary>States by type; for the engine.</summary>
    internal IReadOnlyDictionary<Type, object> States => states;

    /// <summary>The state of the read model whose state type is <typeparamref name="TState"/>. The same reference as before when nothing changed.</summary>
    /// <exception cref="InvalidOperationException">No such read model is registered; the message names the call that registers it.</exception>
    public TState Get<TState>()
        where TState : class
        => states.TryGetValue(typeof(TState), out var state)
            ? (TState)state
            : throw new InvalidOperationException($"No read model with state {typeof(TState).Name}: register it with services.AddReadModel<…>().");
}
