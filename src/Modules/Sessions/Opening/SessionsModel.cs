using System.Collections.Immutable;
using System.Text.Json;
using Toolgate.EventStore;

namespace Toolgate.Sessions;

/// <summary>Folds sessions from the log, so that any node, after any restart, knows those that are live.</summary>
internal sealed class SessionsModel : ReadModel<SessionsState>
{
    public override string Name => "live-sessions";

    public override int SchemaVersion => 1;

    public override IReadOnlyCollection<Type> Handles => [typeof(SessionOpened), typeof(SessionEnded)];

    public override SessionsState Empty => SessionsState.None;

    public override SessionsState Evolve(SessionsState state, StoredEvent e) => e.Data switch
    {
        SessionOpened opened => state.With(LiveSession.From(opened, e.Timestamp, e.Position)),
        SessionEnded ended => state.Without(ended.SessionId, ended.Reason, e.Timestamp),
        _ => state,
    };

    public override byte[] Serialize(SessionsState state) => JsonSerializer.SerializeToUtf8Bytes(
        new Stored([.. state.Live.Values.OrderBy(session => session.Id, StringComparer.Ordinal)], [.. state.Recent], state.Ended));

    public override SessionsState Deserialize(ReadOnlySpan<byte> bytes)
    {
        var stored = JsonSerializer.Deserialize<Stored>(bytes)!;
        return new SessionsState(
            SessionsState.None.Live.AddRange(stored.Live.Select(session => KeyValuePair.Create(session.Id, session))),
            ImmutableQueue.CreateRange(stored.Recent), stored.Recent.Length, stored.Ended);
    }

    /// <summary>The canonical form.</summary>
    internal sealed record Stored(LiveSession[] Live, LiveSession[] Recent, long Ended);
}
