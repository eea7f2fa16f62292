namespace Toolgate.Rest;

/// <summary>
/// Identifiers of resources: <c>pol_01k…</c>, a prefix and a version 7 UUID (RFC 9562 section 5.7) in 26 lower-case base32 characters. They sort by the
/// time they were made; 74 of their bits come from the operating system's secure generator, so that nobody guesses one.
/// </summary>
public static class Ids
{
    /// <summary>Length of the part after <c>prefix_</c>.</summary>
    public const int Length = 26;

    /// <summary>Crockford's alphabet: its characters ascend bytewise, so that the text sorts as the number does.</summary>
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    /// <summary>A new identifier.</summary>
    /// <param name="prefix">Kind of the resource without the underscore: <c>pol</c>, <c>tk</c>.</param>
    /// <param name="time">The clock; the system's when null.</param>
    public static string New(string prefix, TimeProvider? time = null)
    {
        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7((time ?? TimeProvider.System).GetUtcNow()).TryWriteBytes(bytes, bigEndian: true, out _);
        var number = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
        Span<char> text = stackalloc char[Length];
        for (var i = Length - 1; i >= 0; i--)
        {
            text[i] = Alphabet[(int)(number & 31)];
            number >>= 5;
        }

        return string.Concat(prefix, "_", text);
    }
}
