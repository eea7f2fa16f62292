using System.Buffers;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Toolgate.Toolkits;

/// <summary>Renders lists: entries as their servers sent them, except for the one member that names them when it is another one here.</summary>
internal static class OfferRenderer
{
    private static readonly JsonReaderOptions Reading = new() { MaxDepth = 256 };
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The JSON array. An entry that cannot be renamed is taken from <paramref name="entries"/>: the others stand without it.</summary>
    public static byte[] Render(ref ImmutableArray<OfferEntry> entries, ReadOnlySpan<byte> member)
    {
        var output = new ArrayBufferWriter<byte>(256);
        var rendered = ImmutableArray.CreateBuilder<OfferEntry>(entries.Length);
        output.Write("["u8);
        foreach (var entry in entries)
        {
            var json = entry.Item.Key == entry.Item.UpstreamKey ? entry.Json : Renamed(entry.Json, member, entry.Item.Key);
            if (json.IsEmpty)
            {
                continue;
            }

            output.Write(rendered.Count > 0 ? ","u8 : default);
            output.Write(json.Span);
            rendered.Add(entry);
        }

        output.Write("]"u8);
        entries = rendered.ToImmutable();
        return output.WrittenSpan.ToArray();
    }

    /// <summary>The entry with another value of one member, every other byte as it was; empty when it is not an object that has the member.</summary>
    private static ReadOnlyMemory<byte> Renamed(ReadOnlyMemory<byte> entry, ReadOnlySpan<byte> member, string name)
    {
        var output = new ArrayBufferWriter<byte>(entry.Length + name.Length);
        var written = 0;
        try
        {
            var reader = new Utf8JsonReader(entry.Span, Reading);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var names = reader.ValueTextEquals(member);
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                if (names)
                {
                    output.Write(entry.Span[written..start]);
                    output.Write(JsonSerializer.SerializeToUtf8Bytes(name, Readable));
                    written = (int)reader.BytesConsumed;
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return default;
        }

        if (written == 0)
        {
            return default;
        }

        output.Write(entry.Span[written..]);
        return output.WrittenMemory;
    }
}
