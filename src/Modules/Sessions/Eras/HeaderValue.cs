using System.Text;
using Microsoft.Extensions.Primitives;

namespace Toolgate.Sessions;

/// <summary>Reads values that clients mirror into headers (2026-07-28, "Value Encoding").</summary>
internal static class HeaderValue
{
    private const string Prefix = "=?base64?";
    private const string Suffix = "?=";

    /// <summary>The one plain value of a header; null when it is absent, repeated or not visible ASCII.</summary>
    public static string? Plain(StringValues header)
    {
        if (header is not [{ } value])
        {
            return null;
        }

        value = value.Trim(' ', '\t');
        foreach (var c in value)
        {
            if (c is (< ' ' or > '~') and not '\t')
            {
                return null;
            }
        }

        return value;
    }

    /// <summary>The value that a header stands for: plain, or in the Base64 sentinel.</summary>
    public static string? Decoded(StringValues header)
    {
        var plain = Plain(header);
        if (plain is null || plain.Length < Prefix.Length + Suffix.Length
            || !plain.StartsWith(Prefix, StringComparison.Ordinal) || !plain.EndsWith(Suffix, StringComparison.Ordinal))
        {
            return plain;
        }

        var encoded = plain.AsSpan(Prefix.Length, plain.Length - Prefix.Length - Suffix.Length);
        var bytes = new byte[encoded.Length];
        if (!Convert.TryFromBase64Chars(encoded, bytes, out var written))
        {
            return null;
        }

        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes, 0, written);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
