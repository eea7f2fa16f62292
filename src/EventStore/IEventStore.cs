namespace Toolgate.EventStore;

/// <summary>The log: append, read, fold, decide. Safe for any number of concurrent callers.</summary>
public interface IEventStore
{
    /// <summary>
    /// Appends by group commit. When it returns <see cref="AppendOutcome.Appended"/> the events are durable, sealed and visible to every
    /// reader. Cancelling before the request was taken up withdraws it; afterwards the call still ends with the truth.
    /// </summary>
    /// <exception cref="EventStoreUnavailableException">The database could not be reached, or the outcome is not known.</exception>
    ValueTask<AppendOutcome> Append(AppendRequest request, CancellationToken cancellationToken = default);

    /// <summary>
    /// Folds the stream, decides, appends with the folded version as expectation, and waits until this node's read models show it.
    /// Without <paramref name="ifMatch"/> a lost race is decided again on the new state; with it the first conflict ends in
    /// <see cref="RejectionKind.PreconditionFailed"/>. A taken name ends in <see cref="RejectionKind.Conflict"/> with the code
    /// <c>name_taken</c> unless <paramref name="nameTaken"/> words it.
    /// </summary>
    /// <param name="streamId">The stream.</param>
    /// <param name="streamType">Kind of the stream, stored at its creation.</param>
    /// <param name="fold">How its state is computed.</param>
    /// <param name="decide">Pure: the same folded state gives the same decision. May run several times.</param>
    /// <param name="metadata">Who and why.</param>
    /// <param name="ifMatch">The version that the client read, or null.</param>
    /// <param name="nameTaken">Words the refusal of a claimed name.</param>
    /// <param name="cancellationToken">Withdraws the command while it is not being committed.</param>
    Task<Decided<TState>> Decide<TState>(
        string streamId, string streamType, Fold<TState> fold, Func<Folded<TState>, Decision> decide, EventMetadata metadata,
        long? ifMatch = null, Func<AppendOutcome.NameTaken, Rejection>? nameTaken = null, CancellationToken cancellationToken = default);

    /// <summary>Reads a stream in version order, both bounds inclusive; <paramref name="asOf"/> leaves out what was written later.</summary>
    IAsyncEnumerable<StoredEvent> ReadStream(
        string streamId, long fromVersion = 1, long toVersion = long.MaxValue, DateTimeOffset? asOf = null, CancellationToken cancellationToken = default);

    /// <summary>Folds a stream up to a version or a moment.</summary>
    Task<Folded<TState>> FoldStream<TState>(
        string streamId, Fold<TState> fold, long toVersion = long.MaxValue, DateTimeOffset? asOf = null, CancellationToken cancellationToken = default);

    /// <summary>Reads the log in commit order after a position. Events whose alias is not registered are skipped.</summary>
    IAsyncEnumerable<StoredEvent> ReadAll(long after, EventFilter? filter = null, CancellationToken cancellationToken = default);

    /// <summary>The same as <see cref="ReadAll"/> with stored JSON in place of decoded payloads; every event, known or not.</summary>
    IAsyncEnumerable<RawEvent> ReadAllRaw(long after, EventFilter? filter = null, CancellationToken cancellationToken = default);

    /// <summary>Position of the last committed event, 0 for an empty log.</summary>
    Task<long> Head(CancellationToken cancellationToken = default);

    /// <summary>The last position written at or before a moment, 0 when there is none.</summary>
    Task<long> PositionAt(DateTimeOffset moment, CancellationToken cancellationToken = default);
}

/// <summary>What to read of the log. Null members do not restrict.</summary>
public sealed record EventFilter
{
    /// <summary>Only these aliases.</summary>
    public IReadOnlyCollection<string>? Types { get; init; }

    /// <summary>Only this stream.</summary>
    public string? StreamId { get; init; }

    /// <summary>Only events by this actor.</summary>
    public string? Actor { get; init; }

    /// <summary>Not before this moment.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Not after this moment.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Not beyond this position (inclusive).</summary>
    public long? UpTo { get; init; }

    /// <summary>Only the events at these positions: how an index of positions is turned into events.</summary>
    public IReadOnlyCollection<long>? Positions { get; init; }

    /// <summary>At most this many events.</summary>
    public int? Limit { get; init; }
}

/// <summary>The log cannot be reached or did not say whether an append happened. The message holds no connection string.</summary>
public sealed class EventStoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>
    /// Whether an exception of a module's own statements means the same: the connection, and not what was asked, is the reason. False
    /// for a statement that the database refused.
    /// </summary>
    public static bool IsMeantBy(Npgsql.NpgsqlException exception) => Connectivity.IsLost(exception);
}
