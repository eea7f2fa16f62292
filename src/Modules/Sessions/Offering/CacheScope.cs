using System.Text.Json;

namespace Toolgate.Sessions;

/// <summary>
/// What an upstream says everybody may keep (2026-07-28, "Caching") was read here for one principal, whose access can end: others must not get it from a
/// cache in between. Only that one value changes.
/// </summary>
internal static class CacheScope
{
    private static readonly JsonReaderOptions Reading = new() { MaxDepth = 256 };

    /// <summary>The result with <c>"cacheScope":"private"</c> where it says anything else; itself otherwise.</summary>
    public static ReadOnlyMemory<byte> Private(ReadOnlyMemory<byte> result)
    {
        if (result.Span.IndexOf("cacheScope"u8) < 0)
        {
            return result;
        }

        try
        {
            var reader = new Utf8JsonReader(result.Span, Reading);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isScope = reader.ValueTextEquals("cacheScope"u8);
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                var isPrivate = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("private"u8);
                reader.Skip();
                if (isScope && !isPrivate)
                {
                    var end = (int)reader.BytesConsumed;
                    return (byte[])[.. result.Span[..start], .. "\"private\""u8, .. result.Span[end..]];
                }
            }
        }
        catch (JsonException)
        {
            // Deeper than anybody reads: passed on as it is.
        }

        return result;
    }
}
