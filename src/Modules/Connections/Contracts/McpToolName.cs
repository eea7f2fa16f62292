using System.Security.Cryptography;
using System.Text;

namespace Toolgate.Connections;

/// <summary>
/// The MCP name of an address: at most 64 characters of <c>[a-zA-Z0-9_-]</c>, from the address alone, injective. Three forms that
/// cannot meet, told apart by their longest run of underscores:
/// <code>
/// one    a.b.c   → a_b_c                   an address without underscores
/// two    a.b.c_d → a__b__c_d               with underscores, none doubled or at the edge of a segment
/// three  a.b.…   → a_b_…___&lt;20 base32&gt;     anything else, or too long: 100 bits of SHA-256 of the whole address
/// </code>
/// </summary>
public static class McpToolName
{
    /// <summary>Longest name, in characters.</summary>
    public const int MaxLength = 64;

    private const int DigestLength = 20;
    private const string DigestMark = "___";

    /// <summary>The name of <paramref name="address"/>.</summary>
    public static string Of(string address)
    {
        if (!IsPlain(address))
        {
            return Digested(address);
        }

        var name = address.Contains('_') ? address.Replace(".", "__", StringComparison.Ordinal) : address.Replace('.', '_');
        return name.Length <= MaxLength ? name : Digested(address);
    }

    /// <summary>Dots and underscores only between letters, digits and dashes: replacing the dots then loses nothing.</summary>
    private static bool IsPlain(string address)
    {
        var mark = true;
        foreach (var c in address)
        {
            var isMark = c is '.' or '_';
            if ((isMark && mark) || !(isMark || char.IsAsciiLetterOrDigit(c) || c == '-'))
            {
                return false;
            }

            mark = isMark;
        }

        return !mark && address.Contains('.');
    }

    private static string Digested(string address)
    {
        const int room = MaxLength - DigestLength - 3;
        var readable = new StringBuilder(room);
        foreach (var c in address)
        {
            if (readable.Length == room)
            {
                break;
            }

            var safe = char.IsAsciiLetterOrDigit(c) || c == '-' ? c : '_';
            if (safe != '_' || (readable.Length > 0 && readable[^1] != '_'))
            {
                readable.Append(safe);
            }
        }

        while (readable.Length > 0 && readable[^1] == '_')
        {
            readable.Length--;
        }

        return $"{readable}{DigestMark}{Base32(SHA256.HashData(Encoding.UTF8.GetBytes(address)))}";
    }

    private static string Base32(ReadOnlySpan<byte> bytes)
    {
        const string alphabet = "abcdefghijklmnopqrstuvwxyz234567";
        return string.Create(DigestLength, bytes.ToArray(), static (output, bytes) =>
        {
            for (var i = 0; i < output.Length; i++)
            {
                var bit = i * 5;
                var pair = (bytes[bit / 8] << 8) | bytes[(bit / 8) + 1];
                output[i] = alphabet[(pair >> (11 - (bit % 8))) & 31];
            }
        });
    }
}
