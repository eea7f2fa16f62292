namespace Toolgate.EventStore;

/// <summary>
/// What one transaction will write, decided in request order from what the log holds. Pure. Later requests see the effects of
/// earlier ones; a request that conflicts has no effect at all.
/// </summary>
internal sealed class BatchPlan
{
    private readonly Dictionary<string, long> versions;
    private readonly Dictionary<NameClaim, string?> holders;
    private readonly Dictionary<NameClaim, string> heldBefore;

    private BatchPlan(IReadOnlyDictionary<string, long> versions, IReadOnlyDictionary<NameClaim, string> holders)
    {
        this.versions = new(versions, StringComparer.Ordinal);
        this.holders = holders.ToDictionary(h => h.Key, h => (string?)h.Value);
        heldBefore = new(holders);
    }

    /// <summary>One outcome for each request, in order.</summary>
    public List<AppendOutcome> Outcomes { get; } = [];

    /// <summary>Index of the request of each event to write, with its index in the request, position and version.</summary>
    public List<PlannedEvent> Events { get; } = [];

    /// <summary>Streams to create or move, with the type of a new one.</summary>
    public Dictionary<string, (string? Type, long Version)> Streams { get; } = new(StringComparer.Ordinal);

    /// <summary>Names that change hands: the new holder, or null for a name given back.</summary>
    public IEnumerable<(NameClaim Claim, string? Holder)> ClaimChanges
        => holders.Where(h => h.Value != heldBefore.GetValueOrDefault(h.Key)).Select(h => (h.Key, h.Value));

    /// <summary>Decides every request.</summary>
    /// <param name="requests">In arrival order.</param>
    /// <param name="versions">Version of each stream that exists.</param>
    /// <param name="holders">Holder of each name that is taken.</param>
    /// <param name="positions">Drawn sequence numbers, increasing, enough for every event.</param>
    public static BatchPlan Of(
        IReadOnlyList<AppendRequest> requests, IReadOnlyDictionary<string, long> versions, IReadOnlyDictionary<NameClaim, string> holders,
        ReadOnlySpan<long> positions)
    {
        var plan = new BatchPlan(versions, holders);
        for (var i = 0; i < requests.Count; i++)
        {
            plan.Outcomes.Add(plan.Decide(i, requests[i], positions));
        }

        return plan;
    }

    private AppendOutcome Decide(int index, AppendRequest request, ReadOnlySpan<long> positions)
    {
        var version = versions.GetValueOrDefault(request.StreamId);
        if (request.Expected.Value >= 0 && request.Expected.Value != version)
        {
            return new AppendOutcome.VersionConflict(version);
        }

        foreach (var claim in request.Claims)
        {
            if (holders.GetValueOrDefault(claim) is { } holder && holder != request.StreamId)
            {
                return new AppendOutcome.NameTaken(claim, holder);
            }
        }

        foreach (var release in request.Releases)
        {
            if (holders.GetValueOrDefault(release) == request.StreamId)
            {
                holders[release] = null;
            }
        }

        // After the releases: a name both given back and claimed stays.
        foreach (var claim in request.Claims)
        {
            holders[claim] = request.StreamId;
        }

        for (var i = 0; i < request.Events.Count; i++)
        {
            Events.Add(new(index, i, positions[Events.Count], ++version));
        }

        versions[request.StreamId] = version;
        Streams[request.StreamId] = (Streams.TryGetValue(request.StreamId, out var known) ? known.Type : request.StreamType, version);
        return new AppendOutcome.Appended(Events[^1].Position, version);
    }
}

/// <summary>An event's place in the log and in its stream.</summary>
internal readonly record struct PlannedEvent(int Request, int Index, long Position, long Version);
