using System.Text.Json;

namespace Toolgate.Sessions;

/// <summary>Writes JSON so that two texts of one value are one: members ordered, no space between tokens. Numbers stay as they were written.</summary>
internal static class CanonicalJson
{
    /// <summary>The canonical form of a JSON value; of nothing, that of the empty object.</summary>
    public static byte[] Of(ReadOnlyMemory<byte> json)
    {
        using var buffer = new MemoryStream();
        using (var document = JsonDocument.Parse(json.IsEmpty ? "{}"u8.ToArray() : json, new JsonDocumentOptions { MaxDepth = MessageReader.MaxDepth }))
        using (var writer = new Utf8JsonWriter(buffer, ToolErrors.Relaxed))
        {
            Write(document.RootElement, writer);
        }

        return buffer.ToArray();
    }

    private static void Write(JsonElement value, Utf8JsonWriter writer)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(member.Name);
                    Write(member.Value, writer);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Write(item, writer);
                }

                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
