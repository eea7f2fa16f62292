using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>
/// Writes values in the styles of OpenAPI 3.1 section 4.8.12.3 (RFC 6570 behind it). Everything that comes from an argument is
/// percent-encoded, member names too; delimiters are only ever ours.
/// </summary>
internal static class ParameterWriting
{
    /// <summary>One <c>name=value</c> of a query or form, both encoded; <paramref name="PlainName"/> is the name before encoding.</summary>
    internal readonly record struct Pair(string PlainName, string Name, string Value);

    /// <summary>A value for the path.</summary>
    public static string Path(HttpParameter parameter, JsonElement value)
    {
        var (prefix, separator) = parameter.Style switch
        {
            ParameterStyle.Label => (".", parameter.Explode ? "." : ","),
            ParameterStyle.Matrix => ($";{Encode(parameter.Name)}=", parameter.Explode ? $";{Encode(parameter.Name)}=" : ","),
            _ => ("", Encoded(ParameterStyles.Delimiter(parameter.Style))),
        };
        if (parameter is { Style: ParameterStyle.Matrix, Explode: true } && value.ValueKind == JsonValueKind.Object)
        {
            return string.Concat(value.EnumerateObject().Select(member => $";{Encode(member.Name)}={Encode(Text(member.Value))}"));
        }

        return prefix + string.Join(separator, Items(parameter, value, Encode));
    }

    /// <summary>A value for a header, not encoded: the caller refuses what a header cannot hold.</summary>
    public static string Header(HttpParameter parameter, JsonElement value) =>
        string.Join(ParameterStyles.Delimiter(parameter.Style), Items(parameter, value, text => text));

    /// <summary>The pairs of a query parameter, a cookie or a styled form field.</summary>
    public static IEnumerable<Pair> Pairs(HttpParameter parameter, JsonElement value)
    {
        Func<string, string> encode = parameter.AllowReserved ? EncodeReserved : Encode;
        if (parameter.AsJson)
        {
            return [Of(parameter.Name, encode(value.GetRawText()))];
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Null:
                return [];
            case JsonValueKind.Object when parameter.Style == ParameterStyle.DeepObject:
                return value.EnumerateObject().SelectMany(member => Deep($"{parameter.Name}[{member.Name}]", member.Value, encode));
            case JsonValueKind.Array when parameter.Style == ParameterStyle.DeepObject:
                return Deep(parameter.Name, value, encode);
            case JsonValueKind.Object when parameter.Explode:
                return value.EnumerateObject().Where(member => member.Value.ValueKind != JsonValueKind.Null)
                    .Select(member => Of(member.Name, encode(Text(member.Value))));
            case JsonValueKind.Array when parameter.Explode:
                return value.EnumerateArray().Select(item => Of(parameter.Name, encode(Text(item))));
            case JsonValueKind.Object or JsonValueKind.Array:
                var delimiter = Encoded(ParameterStyles.Delimiter(parameter.Style));
                var items = Items(parameter, value, encode).ToList();
                return items.Count == 0 ? [] : [Of(parameter.Name, string.Join(delimiter, items))];
            default:
                return [Of(parameter.Name, encode(Text(value)))];
        }
    }

    /// <summary>The text of a value: strings as they are, everything else as JSON.</summary>
    public static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Null => "",
        _ => value.GetRawText(),
    };

    /// <summary>Percent-encodes everything but unreserved characters (RFC 3986 section 2.3).</summary>
    public static string Encode(string text) => Uri.EscapeDataString(text);

    /// <summary>As <see cref="Encode"/>, but keeps reserved characters that cannot end the value, its query or its meaning.</summary>
    private static string EncodeReserved(string text)
    {
        const string kept = ":/?@!$'()*,;";
        var encoded = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.IsAscii && kept.Contains((char)rune.Value, StringComparison.Ordinal))
            {
                encoded.Append((char)rune.Value);
            }
            else
            {
                encoded.Append(Encode(rune.ToString()));
            }
        }

        return encoded.ToString();
    }

    /// <summary>A delimiter in a URL: the comma means itself there, the others have no place.</summary>
    private static string Encoded(char delimiter) => delimiter == ',' ? "," : Encode(delimiter.ToString());

    private static Pair Of(string name, string value) => new(name, Encode(name), value);

    private static IEnumerable<Pair> Deep(string name, JsonElement value, Func<string, string> encode) => value.ValueKind switch
    {
        JsonValueKind.Null => [],
        JsonValueKind.Object => value.EnumerateObject().SelectMany(member => Deep($"{name}[{member.Name}]", member.Value, encode)),
        JsonValueKind.Array => value.EnumerateArray().SelectMany((item, index) => item.ValueKind is JsonValueKind.Object or JsonValueKind.Array
            ? Deep(string.Create(CultureInfo.InvariantCulture, $"{name}[{index}]"), item, encode)
            : Deep($"{name}[]", item, encode)),
        _ => [Of(name, encode(Text(value)))],
    };

    private static IEnumerable<string> Items(HttpParameter parameter, JsonElement value, Func<string, string> encode) => value.ValueKind switch
    {
        _ when parameter.AsJson => [encode(value.GetRawText())],
        JsonValueKind.Array => value.EnumerateArray().Select(item => encode(Text(item))),
        JsonValueKind.Object when parameter.Explode => value.EnumerateObject().Select(member => $"{encode(member.Name)}={encode(Text(member.Value))}"),
        JsonValueKind.Object => value.EnumerateObject().SelectMany(member => new[] { encode(member.Name), encode(Text(member.Value)) }),
        _ => [encode(Text(value))],
    };
}
