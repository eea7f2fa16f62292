using System.Text.Json;

namespace Toolgate.Sessions;

/// <summary>Reads what Toolgate needs to know of <c>params</c>; everything else stays bytes.</summary>
internal static class ParamsReader
{
    private static readonly MemberNames Names = new(
        "name", "arguments", "_meta", "cursor", "requestId", "protocolVersion", "capabilities", "clientInfo", "notifications", "uri", "taskId");

    private static readonly MemberNames MetaNames = new(
        MetaKeys.ProtocolVersion, MetaKeys.ClientCapabilities, MetaKeys.ClientInfo, "traceparent", "tracestate");

    private static readonly JsonReaderOptions Options = new() { MaxDepth = MessageReader.MaxDepth };

    /// <summary>What is wrong, or null.</summary>
    public static string? Read(ReadOnlyMemory<byte> parameters, McpMessage message)
    {
        var reader = new Utf8JsonReader(parameters.Span, Options);
        var members = new Members(Names);
        string? twice = null;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = members.Take(ref reader, ref twice);
            reader.Read();
            var (start, kind) = ((int)reader.TokenStartIndex, reader.TokenType);
            switch (member)
            {
                case "name":
                    message.Name = Text(ref reader);
                    break;
                case "cursor":
                    message.Cursor = Text(ref reader);
                    break;
                case "uri":
                    message.Uri = Text(ref reader);
                    break;
                case "taskId":
                    message.TaskId = Text(ref reader);
                    break;
                case "protocolVersion":
                    message.ProtocolVersion = Text(ref reader);
                    break;
            }

            reader.Skip();
            var value = kind == JsonTokenType.Null ? default : parameters[start..(int)reader.BytesConsumed];
            switch (member)
            {
                case "arguments":
                    message.Arguments = value;
                    break;
                case "cursor":
                    message.HasCursor = !value.IsEmpty;
                    break;
                case "requestId":
                    message.RequestId = value;
                    break;
                case "capabilities":
                    message.Capabilities = value;
                    break;
                case "clientInfo":
                    message.ClientInfo = value;
                    break;
                case "notifications":
                    message.Notifications = value;
                    break;
                case "_meta" when kind == JsonTokenType.StartObject:
                    ReadMeta(value, message, ref twice);
                    break;
            }
        }

        return twice is null ? null : $"The member '{twice}' stands more than once, or in another case.";
    }

    private static void ReadMeta(ReadOnlyMemory<byte> meta, McpMessage message, ref string? twice)
    {
        var reader = new Utf8JsonReader(meta.Span, Options);
        var members = new Members(MetaNames);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = members.Take(ref reader, ref twice);
            reader.Read();
            switch (member)
            {
                case MetaKeys.ProtocolVersion:
                    message.MetaVersion = Text(ref reader) ?? "";
                    break;
                case MetaKeys.ClientCapabilities:
                    message.HasMetaCapabilities = reader.TokenType == JsonTokenType.StartObject;
                    break;
                case "traceparent":
                    message.TraceParent = Text(ref reader);
                    break;
                case "tracestate":
                    message.TraceState = Text(ref reader);
                    break;
            }

            reader.Skip();
        }
    }

    private static string? Text(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
}

/// <summary>Reserved keys of <c>_meta</c> (2026-07-28, "General fields").</summary>
internal static class MetaKeys
{
    public const string ProtocolVersion = "io.modelcontextprotocol/protocolVersion";
    public const string ClientCapabilities = "io.modelcontextprotocol/clientCapabilities";
    public const string ClientInfo = "io.modelcontextprotocol/clientInfo";
}
