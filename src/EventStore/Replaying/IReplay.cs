namespace Toolgate.EventStore;

/// <summary>Rebuilds every read model and projection aside, from the log alone, and compares them with the live ones.</summary>
public interface IReplay
{
    /// <summary>Runs a replay. Calls nobody outside, changes nothing that is live.</summary>
    /// <param name="progress">Told events read so far and the head to reach.</param>
    /// <param name="cancellationToken">Stops it; shadows are dropped.</param>
    Task<ReplayReport> Run(IProgress<(long Done, long Total)>? progress = null, CancellationToken cancellationToken = default);
}

/// <summary>The result of a replay.</summary>
/// <param name="Position">The log position that both sides of every read model were compared at.</param>
/// <param name="Events">Events replayed.</param>
/// <param name="Duration">Time it took.</param>
/// <param name="Models">One row for each model.</param>
public sealed record ReplayReport(long Position, long Events, TimeSpan Duration, IReadOnlyList<ReplayedModel> Models)
{
    /// <summary>True when every digest is equal.</summary>
    public bool Equal => Models.All(m => m.Equal);
}

/// <summary>A read model or projection rebuilt aside.</summary>
/// <param name="Name">Its name.</param>
/// <param name="LiveDigest">SHA-256 of the live state's canonical bytes (of a projection: of its rows), lower-case hex.</param>
/// <param name="RebuiltDigest">The same of the rebuilt state.</param>
/// <param name="Position">The position that both reflect: the report's for a read model, a projection's own checkpoint for a projection.</param>
public sealed record ReplayedModel(string Name, string LiveDigest, string RebuiltDigest, long Position)
{
    /// <summary>True when both are equal.</summary>
    public bool Equal => LiveDigest == RebuiltDigest;
}
