using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Toolgate.Sessions;

/// <summary>
/// Gives an upstream's result what 2026-07-28 asks of every result, where it is missing: its type, and who answered; for a resource also how long it may be
/// kept. What the upstream wrote stays as it is, byte for byte.
/// </summary>
internal static class ModernResult
{
    private static readonly byte[] Type = "\"resultType\":\"complete\""u8.ToArray();
    private static readonly byte[] Server = Encoding.UTF8.GetBytes($$"""
        "_meta":{"io.modelcontextprotocol/serverInfo":{{ServerIdentity.InfoJson}}}
        """);

    /// <summary>Writes the result.</summary>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> result, string method)
    {
        var (type, meta, ttl, scope, complete, any) = (false, false, false, false, true, false);
        var reader = new Utf8JsonReader(result, new JsonReaderOptions { MaxDepth = 1_000 });
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                any = true;
                var isType = reader.ValueTextEquals("resultType"u8);
                type |= isType;
                meta |= reader.ValueTextEquals("_meta"u8);
                ttl |= reader.ValueTextEquals("ttlMs"u8);
                scope |= reader.ValueTextEquals("cacheScope"u8);
                reader.Read();
                complete &= !isType || (reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("complete"u8));
                reader.Skip();
            }
        }
        catch (JsonException)
        {
            // Not ours to repair.
            output.Write(result);
            return;
        }

        output.Write(result[..(int)reader.TokenStartIndex]);
        Add(output, type, Type, ref any);
        Add(output, meta, Server, ref any);
        if (method == McpMethods.ReadResource && complete)
        {
            Add(output, ttl, "\"ttlMs\":0"u8, ref any);
            Add(output, scope, "\"cacheScope\":\"private\""u8, ref any);
        }

        output.Write(result[(int)reader.TokenStartIndex..]);
    }

    private static void Add(IBufferWriter<byte> output, bool present, ReadOnlySpan<byte> member, ref bool any)
    {
        if (present)
        {
            return;
        }

        output.Write(any ? ","u8 : default);
        output.Write(member);
        any = true;
    }
}
