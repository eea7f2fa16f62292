using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Toolgate.Sessions;

/// <summary>Composes what is sent to a client while its request is under way; what the upstream wrote is copied, not written anew.</summary>
internal static class Notifications
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = MessageReader.MaxDepth };

    /// <summary>
    /// A progress notification with the client's own token; null for parameters without a number, or with one that is not larger than the last. The
    /// specification has progress increase, so whatever an upstream does, its client sees it increase.
    /// </summary>
    public static byte[]? Progress(ReadOnlySpan<byte> parameters, ReadOnlySpan<byte> token, ref double last)
    {
        try
        {
            var reader = new Utf8JsonReader(parameters, Options);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            double? progress = null;
            var output = new ArrayBufferWriter<byte>(parameters.Length + token.Length + 96);
            output.Write("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":"u8);
            output.Write(token);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (start, isToken, isProgress) = ((int)reader.TokenStartIndex, reader.ValueTextEquals("progressToken"u8), reader.ValueTextEquals("progress"u8));
                reader.Read();
                if (isProgress && reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var number))
                {
                    progress = number;
                }

                reader.Skip();
                if (!isToken)
                {
                    output.Write(","u8);
                    output.Write(parameters[start..(int)reader.BytesConsumed]);
                }
            }

            if (progress is not { } now || !(now > last))
            {
                return null;
            }

            last = now;
            output.Write("}}"u8);
            return output.WrittenSpan.ToArray();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The level of a log message; null when it has none.</summary>
    public static string? LevelOf(ReadOnlySpan<byte> parameters)
    {
        try
        {
            var reader = new Utf8JsonReader(parameters, Options);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isLevel = reader.ValueTextEquals("level"u8);
                reader.Read();
                if (isLevel)
                {
                    return reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                }

                reader.Skip();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // It is no message that anybody could read.
        }

        return null;
    }

    /// <summary>A notification as it stands.</summary>
    public static byte[] Compose(string method, ReadOnlySpan<byte> parameters) => Write(default, method, parameters);

    /// <summary>A request with an id of ours, a JSON string.</summary>
    public static byte[] Request(string id, string method, ReadOnlySpan<byte> parameters) => Write(id, method, parameters);

    /// <summary>Withdraws a request of ours.</summary>
    public static byte[] Cancelled(string id, string reason) => Encoding.UTF8.GetBytes(
        $$$"""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{{{id}}},"reason":"{{{reason}}}"}}""");

    private static byte[] Write(string? id, string method, ReadOnlySpan<byte> parameters)
    {
        var output = new ArrayBufferWriter<byte>(parameters.Length + 128);
        output.Write("{\"jsonrpc\":\"2.0\","u8);
        if (id is not null)
        {
            output.Write("\"id\":"u8);
            Encoding.UTF8.GetBytes(id, output);
            output.Write(","u8);
        }

        output.Write("\"method\":\""u8);
        Encoding.UTF8.GetBytes(method, output);
        output.Write("\""u8);
        if (!parameters.IsEmpty)
        {
            output.Write(",\"params\":"u8);
            output.Write(parameters);
        }

        output.Write("}"u8);
        return output.WrittenSpan.ToArray();
    }
}
