namespace Toolgate.Audit;

/// <summary>States of a replay.</summary>
internal enum ReplayStatus
{
    /// <summary>It reads the log.</summary>
    Running,

    /// <summary>It was finished; whether everything was equal is another question.</summary>
    Succeeded,

    /// <summary>It could not be finished.</summary>
    Failed,
}

/// <summary>A replay as it is shown.</summary>
/// <param name="Id"><c>rpl_…</c>.</param>
/// <param name="Status">Where it is.</param>
/// <param name="Progress">Events read, and how many there are to read.</param>
/// <param name="StartedAt">When it was started, UTC.</param>
/// <param name="FinishedAt">When it ended; null while it runs.</param>
/// <param name="Equal">Whether every rebuilt model is equal to the live one; null until it succeeded.</param>
/// <param name="Position">Log position that both sides were compared at; null until it succeeded.</param>
/// <param name="Models">One row for each model; empty until it succeeded.</param>
/// <param name="Error">Why it failed.</param>
internal sealed record ReplayJob(
    string Id, ReplayStatus Status, ReplayProgress Progress, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt, bool? Equal, long? Position,
    IReadOnlyList<ReplayJobModel> Models, string? Error);

/// <summary>How far a replay is.</summary>
/// <param name="Done">Log position read up to.</param>
/// <param name="Total">Log position to reach; 0 until it is known.</param>
internal sealed record ReplayProgress(long Done, long Total);

/// <summary>A model that was rebuilt aside.</summary>
/// <param name="Name">Its name.</param>
/// <param name="LiveDigest">SHA-256 of the live state, lower-case hex.</param>
/// <param name="RebuiltDigest">SHA-256 of the rebuilt state.</param>
/// <param name="Equal">Whether both are equal.</param>
/// <param name="Position">Log position that both reflect: a projection in the database has its own.</param>
internal sealed record ReplayJobModel(string Name, string LiveDigest, string RebuiltDigest, bool Equal, long Position);
