namespace Toolgate.Audit.Events;

/// <summary>A replay rebuilt every read model aside and compared it with the live one. Stream <c>replay-{replayId}</c>.</summary>
/// <param name="ReplayId"><c>rpl_…</c>.</param>
/// <param name="Equal">Whether every digest was equal.</param>
/// <param name="Position">Log position that both sides were compared at.</param>
/// <param name="Events">Events replayed.</param>
/// <param name="Unequal">Names of the models whose digests differ; empty when all are equal.</param>
public sealed record ReplayCompleted(string ReplayId, bool Equal, long Position, long Events, IReadOnlyList<string> Unequal);
