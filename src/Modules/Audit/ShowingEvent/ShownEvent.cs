using System.Text.Json;
using System.Text.Json.Serialization;
using Toolgate.EventStore;

namespace Toolgate.Audit;

/// <summary>An event as it is shown.</summary>
/// <param name="Position">Place in the log.</param>
/// <param name="Id">Identity.</param>
/// <param name="Stream">The stream; withheld with the payload, for its name may hold what the payload says.</param>
/// <param name="Version">Place in the stream.</param>
/// <param name="Type">Alias; docs/events.md lists them.</param>
/// <param name="At">When it was written, UTC.</param>
/// <param name="Actor">Who caused it.</param>
/// <param name="CorrelationId">The trace that it belongs to.</param>
/// <param name="CausationId">The request or event that led to it.</param>
/// <param name="Data">The payload as stored.</param>
/// <param name="Seal">The link of the hash chain, lower-case hex.</param>
/// <param name="Withheld"><c>personal</c> when it is about somebody else's personal row: then stream and data are null.</param>
internal sealed record ShownEvent(
    long Position, Guid Id, string? Stream, long Version, string Type, DateTimeOffset At, string? Actor, string? CorrelationId, string? CausationId,
    StoredJson? Data, string? Seal, string? Withheld)
{
    public const string Personal = "personal";

    /// <summary>What <paramref name="reader"/> sees of an event about a row of <paramref name="personalOf"/> (null: the workspace's).</summary>
    public static ShownEvent Of(RawEvent e, string? personalOf, string reader)
    {
        var withheld = personalOf is not null && personalOf != reader;
        return new ShownEvent(
            e.Position, e.Id, withheld ? null : e.StreamId, e.Version, e.Type, e.Timestamp, e.Metadata.Actor, e.Metadata.CorrelationId, e.Metadata.CausationId,
            withheld ? null : new StoredJson(e.Json), e.Seal, withheld ? Personal : null);
    }
}

/// <summary>JSON that is written as PostgreSQL gave it, neither parsed nor formatted.</summary>
/// <param name="Text">Valid JSON.</param>
[JsonConverter(typeof(StoredJsonConverter))]
internal sealed record StoredJson(string Text);

/// <summary>Copies the text; for tests it reads it too.</summary>
internal sealed class StoredJsonConverter : JsonConverter<StoredJson>
{
    public override StoredJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return new StoredJson(document.RootElement.GetRawText());
    }

    public override void Write(Utf8JsonWriter writer, StoredJson value, JsonSerializerOptions options)
        => writer.WriteRawValue(value.Text, skipInputValidation: true);
}
