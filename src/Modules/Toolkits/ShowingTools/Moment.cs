using System.Globalization;
using Toolgate.Connections;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>The moment that a question is about: now, a log position, or a time.</summary>
internal sealed class Moment(IEventStore store, IReadModels models, ICatalog catalog) : IDisposable
{
    /// <summary>Snapshots of the past that are kept: someone who looks at a moment usually looks twice.</summary>
    private const int Kept = 4;

    /// <summary>A fold reads the whole log: one at a time, however many ask, so that what runs now keeps its share of the machine.</summary>
    private readonly SemaphoreSlim turn = new(1);

    /// <summary>Newest use last. Only read and written in one's turn.</summary>
    private readonly List<ReadSnapshot> kept = [];

    /// <summary>The snapshot of <paramref name="at"/>: null for now, digits for a position, else an ISO 8601 time with its offset.</summary>
    /// <param name="at">What the client wrote.</param>
    /// <param name="pointer">Where it wrote it.</param>
    /// <param name="cancellationToken">Stops reading the log.</param>
    /// <returns>The snapshot, or the problem (422) when there is no such moment.</returns>
    public async Task<(ReadSnapshot Snapshot, ProblemResult? Problem)> Find(string? at, string pointer, CancellationToken cancellationToken)
    {
        var now = models.Current;
        if (at is null)
        {
            return (now, null);
        }

        long position;
        if (long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var given))
        {
            position = given;
            if (position > now.Position && position > await store.Head(cancellationToken))
            {
                return (now, Invalid(pointer, "The log has not reached that position."));
            }
        }
        else if (DateTimeOffset.TryParse(at, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && at.Contains('-', StringComparison.Ordinal))
        {
            position = await store.PositionAt(time, cancellationToken);
        }
        else
        {
            return (now, Invalid(pointer, "at must be a log position or an ISO 8601 time such as 2026-01-31T12:00:00Z."));
        }

        return (position == now.Position ? now : await Past(position, cancellationToken), null);
    }

    /// <inheritdoc/>
    public void Dispose() => turn.Dispose();

    private async Task<ReadSnapshot> Past(long position, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            var past = kept.Find(snapshot => snapshot.Position == position);
            if (past is null)
            {
                past = await models.At(position, cancellationToken);

                // The other half of the cost, in the same turn; the catalog is remembered for as long as the snapshot lives.
                catalog.At(past);
            }

            kept.Remove(past);
            kept.Add(past);
            if (kept.Count > Kept)
            {
                kept.RemoveAt(0);
            }

            return past;
        }
        finally
        {
            turn.Release();
        }
    }

    private static ProblemResult Invalid(string pointer, string detail)
        => Problem.Of(422, "validation", detail, new ProblemError(pointer, "invalid_at", detail));
}
