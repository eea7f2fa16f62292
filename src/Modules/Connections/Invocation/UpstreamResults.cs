using System.Buffers;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Toolgate.Connections;

/// <summary>Turns a successful answer into MCP content: JSON as itself and as text, text as text, everything else as what it is in base64.</summary>
internal static class UpstreamResults
{
    private const int MaxJsonDepth = 512;
    private const int KeptBuffer = 1024 * 1024;
    private static readonly byte[] EmptyText = """[{"type":"text","text":""}]"""u8.ToArray();
    private static readonly JsonWriterOptions Writing = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [ThreadStatic]
    private static Scratch? scratch;

    /// <summary>The outcome of a 2xx answer.</summary>
    /// <param name="status">Its status.</param>
    /// <param name="type">Its media type, when it names one.</param>
    /// <param name="uri">Where it came from, without credentials.</param>
    /// <param name="body">Its whole body, decompressed.</param>
    public static ToolOutcome Of(int status, MediaTypeHeaderValue? type, Uri uri, ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty)
        {
            return new ToolOutcome.Answered(EmptyText, default) { UpstreamStatus = status };
        }

        var media = type?.MediaType ?? "";
        if (IsJson(media))
        {
            return Json(status, body);
        }

        if (IsText(media) || (media.Length == 0 && Utf8.IsValid(body)))
        {
            return new ToolOutcome.Answered(Render(TextBlock, Decoded(type, body)), default) { UpstreamStatus = status };
        }

        var kind = media.StartsWith("image/", StringComparison.OrdinalIgnoreCase) ? "image" : media.StartsWith("audio/", StringComparison.OrdinalIgnoreCase) ? "audio" : null;
        return new ToolOutcome.Answered(
            Render((json, bytes) => Binary(json, kind, media.Length == 0 ? "application/octet-stream" : media, uri, bytes), body), default) { UpstreamStatus = status };
    }

    /// <summary>
    /// The outcome of a tool that declares an output schema: clients refuse a result of it without structured content, and older ones one that is no
    /// object. What the upstream sent instead stands in there as <c>value</c> when it is JSON; the content holds it in any case.
    /// </summary>
    public static ToolOutcome AsDeclared(ToolOutcome outcome)
    {
        if (outcome is not ToolOutcome.Answered answered)
        {
            return outcome;
        }

        var structured = answered.StructuredContent.Span;
        var start = structured.IndexOfAnyExcept(" \t\r\n"u8);
        return start >= 0 && structured[start] == (byte)'{' ? outcome : answered with
        {
            StructuredContent = Render((json, value) =>
            {
                json.WriteStartObject();
                if (!value.IsEmpty)
                {
                    json.WritePropertyName("value"u8);
                    json.WriteRawValue(value, skipInputValidation: true);
                }

                json.WriteEndObject();
            }, structured),
        };
    }

    /// <summary>The details of an error as a JSON object.</summary>
    public static byte[] Details(int status, string? excerpt) => Render((json, _) =>
    {
        json.WriteStartObject();
        json.WriteNumber("status"u8, status);
        if (excerpt is not null)
        {
            json.WriteString("excerpt"u8, excerpt);
        }

        json.WriteEndObject();
    }, []);

    /// <summary>The faults of arguments as the details of an error.</summary>
    public static byte[] Details(ArgumentFault fault) => Render((json, _) =>
    {
        json.WriteStartObject();
        json.WriteStartArray("faults"u8);
        json.WriteStartObject();
        json.WriteString("pointer"u8, fault.Pointer);
        json.WriteString("code"u8, fault.Code);
        json.WriteString("message"u8, fault.Message);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }, []);

    private static ToolOutcome Json(int status, ReadOnlySpan<byte> body)
    {
        var text = body.StartsWith("\uFEFF"u8) ? body[3..] : body;
        if (!IsWellFormed(text))
        {
            return new ToolOutcome.Failed(new ToolError("invalid_upstream_output", "The upstream announced JSON and sent something else.", Retryable: false) { UpstreamStatus = status });
        }

        return new ToolOutcome.Answered(Render(TextBlock, text), text.ToArray()) { UpstreamStatus = status };
    }

    /// <summary>Reads to the end without building anything; strings must be UTF-8, which the reader itself does not check.</summary>
    private static bool IsWellFormed(ReadOnlySpan<byte> text)
    {
        if (!Utf8.IsValid(text))
        {
            return false;
        }

        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = MaxJsonDepth });
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static void TextBlock(Utf8JsonWriter json, ReadOnlySpan<byte> text)
    {
        json.WriteStartArray();
        json.WriteStartObject();
        json.WriteString("type"u8, "text"u8);
        json.WriteString("text"u8, text);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void Binary(Utf8JsonWriter json, string? kind, string media, Uri uri, ReadOnlySpan<byte> bytes)
    {
        json.WriteStartArray();
        json.WriteStartObject();
        if (kind is not null)
        {
            json.WriteString("type"u8, kind);
            json.WriteBase64String("data"u8, bytes);
            json.WriteString("mimeType"u8, media);
        }
        else
        {
            json.WriteString("type"u8, "resource"u8);
            json.WriteStartObject("resource"u8);
            json.WriteString("uri"u8, uri.OriginalString);
            json.WriteString("mimeType"u8, media);
            json.WriteBase64String("blob"u8, bytes);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static bool IsJson(string media) => media.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        || media.EndsWith("+json", StringComparison.OrdinalIgnoreCase) || media.Equals("text/json", StringComparison.OrdinalIgnoreCase);

    private static bool IsText(string media) => media.StartsWith("text/", StringComparison.OrdinalIgnoreCase)
        || media.EndsWith("+xml", StringComparison.OrdinalIgnoreCase) || media.EndsWith("+yaml", StringComparison.OrdinalIgnoreCase)
        || media.ToLowerInvariant() is "application/xml" or "application/yaml" or "application/x-yaml" or "application/javascript" or "application/x-ndjson"
            or "application/jsonl" or "application/x-www-form-urlencoded" or "application/graphql";

    /// <summary>The text in UTF-8. An unknown charset is read as UTF-8; what is not valid there becomes U+FFFD.</summary>
    private static ReadOnlySpan<byte> Decoded(MediaTypeHeaderValue? type, ReadOnlySpan<byte> body)
    {
        var charset = type?.CharSet?.Trim('"');
        if (charset is null || charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) || charset.Equals("us-ascii", StringComparison.OrdinalIgnoreCase))
        {
            return Utf8.IsValid(body) ? body : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(body));
        }

        try
        {
            return Encoding.UTF8.GetBytes(Encoding.GetEncoding(charset).GetString(body));
        }
        catch (ArgumentException)
        {
            return Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(body));
        }
    }

    private delegate void Rendering(Utf8JsonWriter json, ReadOnlySpan<byte> bytes);

    /// <summary>Renders on a buffer and a writer that this thread keeps.</summary>
    private static byte[] Render(Rendering render, ReadOnlySpan<byte> bytes)
    {
        var own = scratch ?? new Scratch();
        scratch = null;
        own.Buffer.ResetWrittenCount();
        own.Json.Reset(own.Buffer);
        render(own.Json, bytes);
        own.Json.Flush();
        var result = own.Buffer.WrittenSpan.ToArray();
        scratch = own.Buffer.Capacity <= KeptBuffer ? own : null;
        return result;
    }

    private sealed class Scratch
    {
        public Scratch() => Json = new Utf8JsonWriter(Buffer, Writing);

        public ArrayBufferWriter<byte> Buffer { get; } = new(4096);

        public Utf8JsonWriter Json { get; }
    }
}
