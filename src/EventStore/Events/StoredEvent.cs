namespace Toolgate.EventStore;

/// <summary>One event as the log holds it, its payload decoded (and upcast) to the record of today.</summary>
/// <param name="Position">Global sequence number: strictly increasing in commit order, gaps allowed.</param>
/// <param name="Id">Identity of the event, a version 7 UUID.</param>
/// <param name="StreamId">The stream it belongs to.</param>
/// <param name="Version">Its place in the stream, from 1 without gaps.</param>
/// <param name="Type">Alias under which the payload is stored.</param>
/// <param name="Data">The payload: a sealed record registered with <see cref="EventTypes"/>.</param>
/// <param name="Timestamp">When it was written, by the database's clock, UTC; never earlier than the event before it in the log.</param>
/// <param name="Metadata">Who and why.</param>
public sealed record StoredEvent(
    long Position, Guid Id, string StreamId, long Version, string Type, object Data, DateTimeOffset Timestamp, EventMetadata Metadata);

/// <summary>One event as the log holds it, its payload the stored JSON text: what is sealed, shown and exported.</summary>
/// <param name="Position">Global sequence number.</param>
/// <param name="Id">Identity of the event.</param>
/// <param name="StreamId">The stream it belongs to.</param>
/// <param name="Version">Its place in the stream, from 1.</param>
/// <param name="Type">Alias of the payload.</param>
/// <param name="Json">The payload exactly as PostgreSQL renders the stored <c>jsonb</c>.</param>
/// <param name="Timestamp">When it was written, UTC.</param>
/// <param name="Metadata">Who and why.</param>
/// <param name="Seal">The link of the hash chain over this event, lower-case hex; null while it is not sealed.</param>
public sealed record RawEvent(
    long Position, Guid Id, string StreamId, long Version, string Type, string Json, DateTimeOffset Timestamp, EventMetadata Metadata, string? Seal);
