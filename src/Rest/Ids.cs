using System.Security.Cryptography;

namespace Toolgate.Rest;

/// <summary>Identifiers that clients see: a prefix that names the kind, and 26 characters that sort by time and cannot be guessed.</summary>
public static class Ids
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    /// <summary>A new identifier, <c>tk_01jd…</c>: a version 7 UUID (its random part from a CSPRNG) in Crockford's base 32, lower case.</summary>
    public static string New(string prefix)
    {
        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7().TryWriteBytes(bytes, bigEndian: true, out _);
        RandomNumberGenerator.Fill(bytes[8..]);
        Span<char> text = stackalloc char[26];
        var bits = new UInt128(
            System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes), System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
        for (var i = text.Length - 1; i >= 0; i--)
        {
            text[i] = Alphabet[(int)(bits & 31)];
            bits >>= 5;
        }

        return $"{prefix}_{text}";
    }
}
