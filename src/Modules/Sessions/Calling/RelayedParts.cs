using System.Text.Json;
using Toolgate.Connections;

namespace Toolgate.Sessions;

/// <summary>Finds content and structured content in a result of an MCP upstream, for callers who are not MCP clients.</summary>
internal static class RelayedParts
{
    private static readonly byte[] NoContent = "[]"u8.ToArray();

    /// <summary>The parts, as windows of the result.</summary>
    public static (ReadOnlyMemory<byte> Content, ReadOnlyMemory<byte> Structured, bool IsError) Of(ToolOutcome.Relayed relayed)
    {
        ReadOnlyMemory<byte> content = NoContent, structured = default;
        var reader = new Utf8JsonReader(relayed.Result.Span, new JsonReaderOptions { MaxDepth = MessageReader.MaxDepth });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isContent, isStructured) = (reader.ValueTextEquals("content"u8), reader.ValueTextEquals("structuredContent"u8));
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            var value = relayed.Result[start..(int)reader.BytesConsumed];
            content = isContent ? value : content;
            structured = isStructured ? value : structured;
        }

        return (content, structured, relayed.IsError);
    }
}
