using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Toolgate.Connections;

/// <summary>
/// Turns an answer of GraphQL over HTTP into an outcome. Without errors it is <c>data</c>, byte for byte. With errors it is
/// <c>graphql_errors</c>, whose details hold the errors, bounded, and what data there is: an agent never takes a part for the whole.
/// </summary>
internal static class GraphQlResults
{
    private const int MaxJsonDepth = 512;
    private const int MaxErrors = 20;
    private const int MaxMessage = 500;
    private const int MaxFirstMessage = 300;
    private const int MaxPath = 24;
    private const int MaxWord = 100;
    private static readonly JsonWriterOptions Writing = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly SearchValues<byte> EmptyList = SearchValues.Create("[] \t\r\n"u8);
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    /// <summary>Whether an answer with this status may hold errors of GraphQL: the caller's mistakes do, in JSON; refused credentials are told as such.</summary>
    public static bool MayHoldErrors(HttpResponseMessage response) => (int)response.StatusCode is >= 400 and < 500 and not (401 or 403 or 407 or 429)
        && response.Content.Headers.ContentType?.MediaType is "application/json" or "application/graphql-response+json";

    /// <summary>The outcome of an answer.</summary>
    /// <param name="response">Its head.</param>
    /// <param name="uri">Where it came from, without credentials.</param>
    /// <param name="body">Its whole body, decompressed.</param>
    /// <param name="auth">The credentials, hidden wherever the upstream repeats them in an error.</param>
    public static ToolOutcome Of(HttpResponseMessage response, Uri uri, ReadOnlyMemory<byte> body, PreparedAuth auth)
    {
        var status = (int)response.StatusCode;
        if (Read(body) is not { } answer)
        {
            return Failed("invalid_upstream_output", "The upstream sent no answer of GraphQL.");
        }

        if (answer.Errors.Length > 0)
        {
            return Errors(answer, status, auth);
        }

        if (!response.IsSuccessStatusCode)
        {
            return Failed("upstream_http_error", $"The upstream answered with status {status}.", UpstreamResults.Details(status, excerpt: null));
        }

        return answer.HasData ? UpstreamResults.Of(status, Json, uri, answer.Data.Span) : Failed("invalid_upstream_output", "The upstream sent neither data nor errors.");

        ToolOutcome.Failed Failed(string code, string message, byte[]? details = null) =>
            new(new ToolError(code, message, Retryable: false, details ?? []) { UpstreamStatus = status });
    }

    private static ToolOutcome.Failed Errors(Answer answer, int status, PreparedAuth auth)
    {
        using var errors = JsonDocument.Parse(answer.Errors, new JsonDocumentOptions { MaxDepth = MaxJsonDepth });
        var count = errors.RootElement.ValueKind == JsonValueKind.Array ? errors.RootElement.GetArrayLength() : 1;
        var first = "";
        var buffer = new ArrayBufferWriter<byte>(512 + answer.Data.Length);
        using (var json = new Utf8JsonWriter(buffer, Writing))
        {
            json.WriteStartObject();
            json.WriteNumber("count"u8, count);
            json.WriteStartArray("errors"u8);
            foreach (var error in errors.RootElement.ValueKind == JsonValueKind.Array ? errors.RootElement.EnumerateArray().Take(MaxErrors) : [])
            {
                var message = Said(error.Member("message"), MaxMessage, auth) ?? "no message";
                first = first.Length == 0 ? message : first;
                WriteError(json, error, message, auth);
            }

            if (errors.RootElement.ValueKind == JsonValueKind.String)
            {
                // Not what the specification says, but what some say.
                WriteError(json, errors.RootElement, first = Said(errors.RootElement, MaxMessage, auth) ?? "", auth);
            }

            json.WriteEndArray();
            if (answer.HasData)
            {
                json.WritePropertyName("data"u8);
                json.WriteRawValue(answer.Data.Span, skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        var text = $"The upstream answered with {(count == 1 ? "an error" : $"{count} errors")}: {GraphQlTexts.Shorten(first.Length == 0 ? "no message" : first, MaxFirstMessage)}";
        return new ToolOutcome.Failed(new ToolError("graphql_errors", text, Retryable: false, buffer.WrittenMemory) { UpstreamStatus = status });
    }

    /// <summary>Message, place and code. Whatever else an error holds (stacks, queries, hosts) is the upstream's own.</summary>
    private static void WriteError(Utf8JsonWriter json, JsonElement error, string message, PreparedAuth auth)
    {
        json.WriteStartObject();
        json.WriteString("message"u8, message);
        if (error.Member("path") is { ValueKind: JsonValueKind.Array } path)
        {
            json.WriteStartArray("path"u8);
            foreach (var step in path.EnumerateArray().Take(MaxPath))
            {
                if (step.ValueKind == JsonValueKind.Number && step.TryGetInt64(out var index))
                {
                    json.WriteNumberValue(index);
                }
                else
                {
                    json.WriteStringValue(Said(step, MaxWord, auth) ?? "?");
                }
            }

            json.WriteEndArray();
        }

        if (Said(error.Member("extensions")?.Member("code"), MaxWord, auth) is { } code)
        {
            json.WriteString("code"u8, code);
        }

        json.WriteEndObject();
    }

    /// <summary>A text of the upstream: bounded, without credentials and control characters; null when it is none.</summary>
    private static string? Said(JsonElement? element, int most, PreparedAuth auth)
    {
        try
        {
            return element is { ValueKind: JsonValueKind.String } text && text.GetString() is { } said
                ? GraphQlTexts.Plain(said.Length > most ? auth.Mask(said, char.IsHighSurrogate(said[most - 1]) ? most - 1 : most) + "…" : auth.Mask(said, said.Length))
                : null;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair: it has no text form.
            return null;
        }
    }

    /// <summary>The members of an answer. Anything but one well-formed object with each member once is none.</summary>
    private static Answer? Read(ReadOnlyMemory<byte> body)
    {
        var text = body.Span.StartsWith("\uFEFF"u8) ? body[3..] : body;
        if (!Utf8.IsValid(text.Span))
        {
            return null;
        }

        var reader = new Utf8JsonReader(text.Span, new JsonReaderOptions { MaxDepth = MaxJsonDepth });
        ReadOnlyMemory<byte>? data = null;
        ReadOnlyMemory<byte>? errors = null;
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (isData, isErrors) = (reader.ValueTextEquals("data"u8), reader.ValueTextEquals("errors"u8));
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                var value = text[start..(int)reader.BytesConsumed];
                if ((isData && data is not null) || (isErrors && errors is not null))
                {
                    return null;
                }

                data = isData ? value : data;
                errors = isErrors ? value : errors;
            }

            while (reader.Read())
            {
            }
        }
        catch (JsonException)
        {
            return null;
        }

        return new Answer(data ?? default, errors is { } found && !IsNothing(found.Span) ? found : default);
    }

    private static bool IsNothing(ReadOnlySpan<byte> errors) => errors.SequenceEqual("null"u8) || errors.IndexOfAnyExcept(EmptyList) < 0;

    /// <summary>The members that count; <c>errors</c> is empty when there are none.</summary>
    private readonly record struct Answer(ReadOnlyMemory<byte> Data, ReadOnlyMemory<byte> Errors)
    {
        public bool HasData => !Data.IsEmpty && !Data.Span.SequenceEqual("null"u8);
    }
}
