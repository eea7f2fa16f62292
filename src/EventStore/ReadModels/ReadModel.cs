namespace Toolgate.EventStore;

/// <summary>
/// An in-memory read model: an immutable state folded from the log. All read models of a node advance together and are published
/// as one <see cref="ReadSnapshot"/>, so that no reader ever sees two of them at different positions.
/// </summary>
/// <typeparam name="TState">Immutable, with structural JSON: <see cref="Serialize"/> of equal states must give equal bytes.</typeparam>
public abstract class ReadModel<TState> : IReadModel
    where TState : class
{
    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public abstract int SchemaVersion { get; }

    /// <inheritdoc/>
    public abstract IReadOnlyCollection<Type> Handles { get; }

    /// <summary>The state before the first event.</summary>
    public abstract TState Empty { get; }

    /// <summary>The state after one more event. Pure: no clock, no identifiers, no I/O.</summary>
    public abstract TState Evolve(TState state, StoredEvent e);

    /// <summary>
    /// Called with a state that is about to be published, before any reader sees it: the place to load content (by digest) that
    /// readers will need without waiting. Must not change the state and must tolerate being called again.
    /// </summary>
    public virtual ValueTask Prepare(TState next, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Canonical bytes of a state: the snapshot, and what replay compares. Sort every unordered collection.</summary>
    public abstract byte[] Serialize(TState state);

    /// <summary>The state of canonical bytes written by the same <see cref="SchemaVersion"/>.</summary>
    public abstract TState Deserialize(ReadOnlySpan<byte> bytes);

    object IReadModel.Empty => Empty;

    object IReadModel.Evolve(object state, StoredEvent e) => Evolve((TState)state, e);

    ValueTask IReadModel.Prepare(object next, CancellationToken cancellationToken) => Prepare((TState)next, cancellationToken);

    byte[] IReadModel.Serialize(object state) => Serialize((TState)state);

    object IReadModel.Deserialize(ReadOnlySpan<byte> bytes) => Deserialize(bytes);

    Type IReadModel.StateType => typeof(TState);
}

/// <summary>What the engine needs of a read model. Derive from <see cref="ReadModel{TState}"/>.</summary>
public interface IReadModel
{
    /// <summary>Stable unique name, kebab-case.</summary>
    string Name { get; }

    /// <summary>Raise it when the state's shape or the fold's meaning changes: older snapshots are then ignored.</summary>
    int SchemaVersion { get; }

    /// <summary>Payload types that <see cref="Evolve"/> reacts to; others are never handed to it.</summary>
    IReadOnlyCollection<Type> Handles { get; }

    /// <summary>Runtime type of the state.</summary>
    Type StateType { get; }

    /// <summary>The state before the first event.</summary>
    object Empty { get; }

    /// <summary>The state after one more event.</summary>
    object Evolve(object state, StoredEvent e);

    /// <summary>Loads what readers of the state need, before it is published.</summary>
    ValueTask Prepare(object next, CancellationToken cancellationToken);

    /// <summary>Canonical bytes.</summary>
    byte[] Serialize(object state);

    /// <summary>The state of canonical bytes.</summary>
    object Deserialize(ReadOnlySpan<byte> bytes);
}
