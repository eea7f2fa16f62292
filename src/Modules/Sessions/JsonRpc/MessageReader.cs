using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Toolgate.Sessions;

/// <summary>
/// Reads one JSON-RPC message from a request's bytes. Strict where two readers could understand two things: invalid UTF-8, and
/// members that stand twice or differ only in case, are refused.
/// </summary>
internal static class MessageReader
{
    /// <summary>Deepest nesting of a message.</summary>
    public const int MaxDepth = 64;

    /// <summary>Longest id as sent, in bytes.</summary>
    public const int MaxIdBytes = 256;

    private static readonly MemberNames EnvelopeNames = new("jsonrpc", "id", "method", "params", "result", "error");
    private static readonly JsonReaderOptions Options = new() { MaxDepth = MaxDepth };

    /// <summary>The message, or null and what is wrong with it.</summary>
    public static McpMessage? Read(ReadOnlyMemory<byte> body, out MessageFault fault)
    {
        fault = default;
        if (!Utf8.IsValid(body.Span))
        {
            fault = new(ErrorCodes.Parse, "The body is not valid UTF-8.");
            return null;
        }

        var message = new McpMessage { Body = body };
        try
        {
            return ReadEnvelope(body, message, ref fault) ? message : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text that has to be read holds half a surrogate pair.
            fault = new(ErrorCodes.Parse, "The body is not valid JSON, or is nested deeper than 64 levels.", fault.Id);
            return null;
        }
    }

    private static bool ReadEnvelope(ReadOnlyMemory<byte> body, McpMessage message, ref MessageFault fault)
    {
        var reader = new Utf8JsonReader(body.Span, Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            fault = Invalid(reader.TokenType == JsonTokenType.EndArray
                ? "Batches are not supported: send one message in each POST."
                : "A JSON-RPC message must be an object.");
            return false;
        }

        var seen = new Members(EnvelopeNames);
        ReadOnlyMemory<byte> parameters = default;
        var (version, idKind, paramsKind, methodKind) = (false, JsonTokenType.None, JsonTokenType.None, JsonTokenType.None);
        string? twice = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = seen.Take(ref reader, ref twice);
            reader.Read();
            var (start, kind) = ((int)reader.TokenStartIndex, reader.TokenType);
            switch (member)
            {
                case "jsonrpc":
                    version = kind == JsonTokenType.String && reader.ValueTextEquals("2.0"u8);
                    break;
                case "method":
                    methodKind = kind;
                    message.Method = kind == JsonTokenType.String ? MethodOf(ref reader) : "";
                    break;
                case "id":
                    idKind = kind;
                    break;
                case "params":
                    paramsKind = kind;
                    break;
            }

            reader.Skip();
            var value = body[start..(int)reader.BytesConsumed];
            switch (member)
            {
                case "id":
                    message.Id = value;
                    break;
                case "params":
                    parameters = value;
                    break;
                case "result":
                    message.Result = value;
                    break;
                case "error":
                    message.Error = value;
                    break;
            }
        }

        reader.Read();
        if (idKind is not (JsonTokenType.String or JsonTokenType.Number) || message.Id.Length > MaxIdBytes)
        {
            message.Id = default;
        }

        if (twice is not null)
        {
            fault = Invalid($"The member '{twice}' stands more than once, or in another case.");
        }
        else if (!version)
        {
            fault = Invalid("The member 'jsonrpc' must be \"2.0\".", message.Id);
        }
        else if (idKind != JsonTokenType.None && message.Id.IsEmpty)
        {
            fault = Invalid($"The member 'id' must be a string or a number of at most {MaxIdBytes} bytes.");
        }
        else if (seen.Has("result") && seen.Has("error"))
        {
            fault = Invalid("A response holds a result or an error, not both.", message.Id);
        }
        else if (methodKind == JsonTokenType.None && (seen.Has("result") || seen.Has("error")) && !message.Id.IsEmpty)
        {
            message.Kind = MessageKind.Response;
        }
        else if (methodKind != JsonTokenType.String || message.Method.Length == 0)
        {
            fault = Invalid("The member 'method' must be a text.", message.Id);
        }
        else if (paramsKind is not (JsonTokenType.None or JsonTokenType.StartObject))
        {
            fault = Invalid("The member 'params' must be an object.", message.Id);
        }
        else
        {
            message.Kind = message.Id.IsEmpty ? MessageKind.Notification : MessageKind.Request;
            message.Params = parameters;
            if (!parameters.IsEmpty && ParamsReader.Read(parameters, message) is { } wrong)
            {
                fault = Invalid(wrong, message.Id);
            }
        }

        return fault.Code == 0;
    }

    private static MessageFault Invalid(string message, ReadOnlyMemory<byte> id = default) => new(ErrorCodes.InvalidRequest, message, id);

    private static string MethodOf(ref Utf8JsonReader reader)
        => (reader.ValueIsEscaped ? null : McpMethods.Find(reader.ValueSpan)) ?? Bounded(ref reader);

    /// <summary>A method that is unknown or written with escapes; the longest known one could take 6 bytes for each letter.</summary>
    private static string Bounded(ref Utf8JsonReader reader)
    {
        if (reader.ValueSpan.Length > 600)
        {
            return "(too long)";
        }

        var text = reader.GetString()!;
        return McpMethods.Find(Encoding.UTF8.GetBytes(text)) ?? text;
    }
}
