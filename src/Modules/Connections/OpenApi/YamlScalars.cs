using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Toolgate.Connections;

/// <summary>Plain scalars by the core schema of YAML 1.2, section 10.3.2. Digits are kept as they are written: numbers lose nothing.</summary>
internal static partial class YamlScalars
{
    /// <summary>Writes what a plain scalar means.</summary>
    public static void Write(Utf8JsonWriter output, string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                output.WriteNullValue();
                return;
            case "true" or "True" or "TRUE":
                output.WriteBooleanValue(true);
                return;
            case "false" or "False" or "FALSE":
                output.WriteBooleanValue(false);
                return;
        }

        if (Number(text) is { } number)
        {
            output.WriteRawValue(number, skipInputValidation: true);
        }
        else
        {
            output.WriteStringValue(text);
        }
    }

    private static string? Number(string text)
    {
        if (!(char.IsAsciiDigit(text[0]) || text[0] is '-' or '+' or '.') || text.Length > 1_000)
        {
            return null;
        }

        if (Radix().IsMatch(text))
        {
            var bits = text[1] == 'x' ? 4 : 3;
            var value = text.AsSpan(2).ToArray().Aggregate(BigInteger.Zero, (sum, digit) => (sum << bits) + Convert.ToInt32(digit.ToString(), 16));
            return value.ToString(CultureInfo.InvariantCulture);
        }

        var match = Decimal().Match(text);
        if (!match.Success)
        {
            return null;
        }

        // The same digits in the narrower grammar of JSON: no plus, no leading zeros, a digit on both sides of the point.
        var whole = match.Groups["whole"].Value.TrimStart('0');
        var fraction = match.Groups["fraction"].Value;
        var exponent = match.Groups["exponent"].Value;
        return (match.Groups["sign"].Value == "-" ? "-" : "") + (whole.Length == 0 ? "0" : whole)
            + (fraction.Length == 0 ? "" : $".{fraction}") + (exponent.Length == 0 ? "" : $"e{exponent}");
    }

    [GeneratedRegex(@"\A0(?:o[0-7]+|x[0-9a-fA-F]+)\z", RegexOptions.NonBacktracking)]
    private static partial Regex Radix();

    [GeneratedRegex(@"\A(?<sign>[-+]?)(?:(?<whole>[0-9]+)(?:\.(?<fraction>[0-9]*))?|\.(?<fraction>[0-9]+))(?:[eE](?<exponent>[-+]?[0-9]+))?\z",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Decimal();
}
