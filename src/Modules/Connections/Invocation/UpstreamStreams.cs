using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>
/// Answers that may have no end: server-sent events and JSON by the line. A tool has one result, so what came within a window is it, cut after the
/// last whole event, with a word that there was more.
/// </summary>
internal static class UpstreamStreams
{
    private static readonly string[] Types = ["text/event-stream", "application/x-ndjson", "application/jsonl", "application/json-seq", "application/stream+json"];

    /// <summary>Whether an answer of this type may have no end.</summary>
    public static bool IsStream(MediaTypeHeaderValue? type) => type?.MediaType is { } media && Types.Contains(media, StringComparer.OrdinalIgnoreCase);

    /// <summary>The outcome of a stream that had not ended.</summary>
    public static ToolOutcome Begun(int status, ReadOnlySpan<byte> body)
    {
        var end = Math.Max(body.LastIndexOf("\n\n"u8), body.LastIndexOf("\r\n\r\n"u8));
        end = end < 0 ? body.LastIndexOf((byte)'\n') : end;
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            WriteText(json, Encoding.UTF8.GetString(body[..(end < 0 ? 0 : end + 1)]).TrimEnd());
            WriteText(json, "[The upstream was still sending when this was cut off.]");
            json.WriteEndArray();
        }

        return new ToolOutcome.Answered(buffer.ToArray(), default) { UpstreamStatus = status };
    }

    private static void WriteText(Utf8JsonWriter json, string text)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "text"u8);
        json.WriteString("text"u8, text);
        json.WriteEndObject();
    }
}
