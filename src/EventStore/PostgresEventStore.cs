using System.Runtime.CompilerServices;

namespace Toolgate.EventStore;

/// <summary>The log's front door: appends go to the group-commit writer, reads to the database.</summary>
internal sealed class PostgresEventStore(GroupCommitWriter writer, LogReader reader, IReadModels readModels, EventTypes types) : IEventStore
{
    // Each conflict means that somebody else got ahead; this many in a row mean that the caller should see it.
    private const int MaxAttempts = 64;

    public ValueTask<AppendOutcome> Append(AppendRequest request, CancellationToken cancellationToken = default)
        => writer.Append(request, cancellationToken);

    public async Task<Decided<TState>> Decide<TState>(
        string streamId, string streamType, Fold<TState> fold, Func<Folded<TState>, Decision> decide, EventMetadata metadata,
        long? ifMatch = null, Func<AppendOutcome.NameTaken, Rejection>? nameTaken = null, CancellationToken cancellationToken = default)
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var folded = await FoldStream(streamId, fold, cancellationToken: cancellationToken);
            var decision = decide(folded);

            // "Not found" and "forbidden" come before the precondition: a version must not tell whether something hidden exists.
            if (decision is Decision.Rejected { Rejection: var hidden } && (folded.Version == 0 || hidden.Kind is RejectionKind.NotFound or RejectionKind.Forbidden))
            {
                return new Decided<TState>.Refused(hidden);
            }

            if (ifMatch is { } expected && expected != folded.Version)
            {
                return VersionMismatch<TState>();
            }

            switch (decision)
            {
                case Decision.Rejected { Rejection: var rejection }:
                    return new Decided<TState>.Refused(rejection);
                case Decision.Accepted accepted:
                    switch (await Append(Request(streamId, streamType, metadata, folded.Version, accepted), cancellationToken))
                    {
                        case AppendOutcome.Appended appended:
                            await readModels.WaitFor(appended.Position, cancellationToken);
                            return new Decided<TState>.Done(
                                accepted.Events.Aggregate(folded.State, fold.Evolve), appended.Version, appended.Position, Changed: true);
                        case AppendOutcome.NameTaken taken:
                            return new Decided<TState>.Refused(nameTaken?.Invoke(taken)
                                ?? Rejection.Conflict("name_taken", $"The name '{taken.Claim.Name}' is already in use."));
                        case AppendOutcome.VersionConflict when ifMatch is not null:
                            return VersionMismatch<TState>();
                    }

                    break;
                default:
                    await readModels.WaitFor(folded.Position, cancellationToken);
                    return new Decided<TState>.Done(folded.State, folded.Version, folded.Position, Changed: false);
            }
        }

        return new Decided<TState>.Refused(Rejection.Conflict("too_contended", "Too many writers change this at once. Try again."));
    }

    public async IAsyncEnumerable<StoredEvent> ReadStream(
        string streamId, long fromVersion = 1, long toVersion = long.MaxValue, DateTimeOffset? asOf = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var raw in reader.Stream(streamId, fromVersion, toVersion, asOf, cancellationToken))
        {
            if (EventRow.Decode(raw, types) is { } e)
            {
                yield return e;
            }
        }
    }

    public async Task<Folded<TState>> FoldStream<TState>(
        string streamId, Fold<TState> fold, long toVersion = long.MaxValue, DateTimeOffset? asOf = null, CancellationToken cancellationToken = default)
    {
        var (state, version, position) = (fold.Initial, 0L, 0L);
        await foreach (var raw in reader.Stream(streamId, 1, toVersion, asOf, cancellationToken))
        {
            // An event that nothing here knows still counts: the version is the stream's, not the fold's.
            (version, position) = (raw.Version, raw.Position);
            state = types.Decode(raw.Type, raw.Json) is { } data ? fold.Evolve(state, data) : state;
        }

        return new(state, version, position);
    }

    public async IAsyncEnumerable<StoredEvent> ReadAll(
        long after, EventFilter? filter = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var raw in reader.All(after, filter, seals: false, cancellationToken))
        {
            if (EventRow.Decode(raw, types) is { } e)
            {
                yield return e;
            }
        }
    }

    public IAsyncEnumerable<RawEvent> ReadAllRaw(long after, EventFilter? filter = null, CancellationToken cancellationToken = default)
        => reader.All(after, filter, seals: true, cancellationToken);

    public Task<long> Head(CancellationToken cancellationToken = default) => reader.Head(cancellationToken);

    public Task<long> PositionAt(DateTimeOffset moment, CancellationToken cancellationToken = default) => reader.PositionAt(moment, cancellationToken);

    private static AppendRequest Request(string streamId, string streamType, EventMetadata metadata, long version, Decision.Accepted accepted) => new()
    {
        StreamId = streamId,
        StreamType = streamType,
        Expected = ExpectedVersion.At(version),
        Events = accepted.Events,
        Metadata = metadata,
        Claims = accepted.Claims,
        Releases = accepted.Releases,
        Alongside = accepted.Alongside,
    };

    private static Decided<TState>.Refused VersionMismatch<TState>() => new(new Rejection(
        RejectionKind.PreconditionFailed, "version_mismatch", "It was changed since it was read: fetch it again and repeat the change."));
}
