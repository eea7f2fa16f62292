using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>The JSON Canonicalization Scheme (RFC 8785): equal values have equal bytes, so that a digest of them means the value and not its spelling.</summary>
internal static class CanonicalJson
{
    /// <summary>The canonical bytes of a value without doubled members, whose text is well-formed Unicode and whose numbers are finite.</summary>
    public static byte[] Of(JsonElement value)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        Write(output, value);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>SHA-256 of the canonical bytes, lower-case hex.</summary>
    public static string DigestOf(JsonElement value) => Convert.ToHexStringLower(SHA256.HashData(Of(value)));

    /// <summary>The text without blanks between its tokens, order and spelling kept. The text must be well-formed JSON.</summary>
    public static byte[] Minify(ReadOnlySpan<byte> json)
    {
        var output = new byte[json.Length];
        var length = 0;
        var inText = false;
        for (var i = 0; i < json.Length; i++)
        {
            var c = json[i];
            if (!inText && c is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            {
                continue;
            }

            output[length++] = c;
            if (c == '"')
            {
                inText = !inText;
            }
            else if (inText && c == '\\')
            {
                output[length++] = json[++i];
            }
        }

        return output.AsSpan(0, length).ToArray();
    }

    private static void Write(IBufferWriter<byte> output, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                output.Write("{"u8);
                var first = true;

                // Section 3.2.3: by UTF-16 code units, which is what ordinal comparison does.
                foreach (var member in value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
                {
                    output.Write(first ? default : ","u8);
                    first = false;
                    Write(output, member.Name);
                    output.Write(":"u8);
                    Write(output, member.Value);
                }

                output.Write("}"u8);
                break;
            case JsonValueKind.Array:
                output.Write("["u8);
                var index = 0;
                foreach (var item in value.EnumerateArray())
                {
                    output.Write(index++ == 0 ? default : ","u8);
                    Write(output, item);
                }

                output.Write("]"u8);
                break;
            case JsonValueKind.String:
                Write(output, value.GetString()!);
                break;
            case JsonValueKind.Number:
                output.Write(Encoding.ASCII.GetBytes(Number(value.GetDouble())));
                break;
            default:
                output.Write(Encoding.ASCII.GetBytes(value.GetRawText()));
                break;
        }
    }

    /// <summary>Section 3.2.2.2: only what must be escaped is, each in its shortest form.</summary>
    private static void Write(IBufferWriter<byte> output, string text)
    {
        var escaped = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => escaped.Append("\\\""),
                '\\' => escaped.Append(@"\\"),
                '\b' => escaped.Append(@"\b"),
                '\t' => escaped.Append(@"\t"),
                '\n' => escaped.Append(@"\n"),
                '\f' => escaped.Append(@"\f"),
                '\r' => escaped.Append(@"\r"),
                < ' ' => escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => escaped.Append(c),
            };
        }

        output.Write(Encoding.UTF8.GetBytes(escaped.Append('"').ToString()));
    }

    /// <summary>Section 3.2.2.3: as ECMAScript writes a number.</summary>
    internal static string Number(double value)
    {
        if (value == 0)
        {
            return "0";
        }

        // "E16" of the shortest digits that read back as the same number: d.ddd…E±xxx
        var shortest = Math.Abs(value).ToString("E16", CultureInfo.InvariantCulture);
        for (var precision = 0; precision < 17; precision++)
        {
            var candidate = Math.Abs(value).ToString("E" + precision.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            if (double.Parse(candidate, CultureInfo.InvariantCulture) == Math.Abs(value))
            {
                shortest = candidate;
                break;
            }
        }

        var mark = shortest.IndexOf('E', StringComparison.Ordinal);
        var digits = shortest[..mark].Replace(".", "", StringComparison.Ordinal);
        var point = int.Parse(shortest.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) + 1;
        var sign = value < 0 ? "-" : "";
        if (point is > 21 or <= -6)
        {
            var exponent = point - 1;
            var head = digits.Length == 1 ? digits : $"{digits[0]}.{digits[1..]}";
            return string.Create(CultureInfo.InvariantCulture, $"{sign}{head}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent)}");
        }

        return point <= 0 ? $"{sign}0.{new string('0', -point)}{digits}"
            : point >= digits.Length ? sign + digits.PadRight(point, '0')
            : $"{sign}{digits[..point]}.{digits[point..]}";
    }
}
