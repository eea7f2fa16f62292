using System.Text.Json;
using Npgsql;

namespace Toolgate.EventStore;

/// <summary>Reads rows of <c>events.mt_events</c>, in the column order of <see cref="Columns"/>.</summary>
internal static class EventRow
{
    public const string Columns =
        "e.seq_id, e.id, e.stream_id, e.version, e.type, e.data::text, e.timestamp, e.user_name, e.correlation_id, e.causation_id, e.headers::text";

    public static RawEvent Raw(NpgsqlDataReader row, string? seal) => new(
        row.GetInt64(0), row.GetGuid(1), Text(row, 2) ?? "", row.GetInt64(3), row.GetString(4), row.GetString(5), Time(row, 6), Metadata(row), seal);

    public static StoredEvent? Decode(RawEvent raw, EventTypes types)
        => types.Decode(raw.Type, raw.Json) is { } data
            ? new(raw.Position, raw.Id, raw.StreamId, raw.Version, raw.Type, data, raw.Timestamp, raw.Metadata)
            : null;

    public static DateTimeOffset Time(NpgsqlDataReader row, int ordinal) => new(row.GetDateTime(ordinal), TimeSpan.Zero);

    public static string? Text(NpgsqlDataReader row, int ordinal) => row.IsDBNull(ordinal) ? null : row.GetString(ordinal);

    private static EventMetadata Metadata(NpgsqlDataReader row)
    {
        var actor = Text(row, 7);
        var correlation = Text(row, 8);
        var causation = Text(row, 9);
        var headers = Text(row, 10);
        return actor is null && correlation is null && causation is null && headers is null
            ? EventMetadata.None
            : new(actor, correlation, causation, headers is null ? null : JsonSerializer.Deserialize<Dictionary<string, string>>(headers, EventTypes.Json));
    }
}
