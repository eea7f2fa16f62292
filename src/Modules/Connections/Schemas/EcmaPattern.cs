using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Toolgate.Connections;

/// <summary>
/// Patterns of schemas, which are written for ECMA 262, as linear-time expressions. What has no linear form (look-around, back-references) is
/// not checked here: the keyword is reported and left to the upstream, since dropping a tool for a pattern would help nobody.
/// </summary>
internal static class EcmaPattern
{
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;
    private const string Unit = @"[^\n\r\u2028\u2029]";
    private const string CodePoint = @"(?:[\uD800-\uDBFF][\uDC00-\uDFFF]|[^\n\r\u2028\u2029\uD800-\uDFFF])";
    private static readonly TimeSpan Belt = TimeSpan.FromSeconds(1);

    /// <summary>The expression, or nothing when there is no linear form of it.</summary>
    public static Regex? Compile(string pattern)
    {
        if (pattern.Length > 4_096)
        {
            return null;
        }

        // A dot means a code point; where that makes the automaton too large, a UTF-16 unit has to do.
        return TryCompile(Translate(pattern, CodePoint)) ?? TryCompile(Translate(pattern, Unit));
    }

    private static Regex? TryCompile(string pattern)
    {
        try
        {
            return new Regex(pattern, Options, Belt);
        }
        catch (Exception fault) when (fault is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    private static string Translate(string pattern, string dot)
    {
        var output = new StringBuilder(pattern.Length + 16);
        var inClass = false;
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (c == '\\' && i + 1 < pattern.Length)
            {
                i = Escape(pattern, i + 1, inClass, output);
            }
            else if (inClass)
            {
                inClass = c != ']';
                output.Append(c == '[' ? @"\[" : c.ToString());
            }
            else if (c == '[')
            {
                inClass = true;
                output.Append(c);
                if (i + 1 < pattern.Length && pattern[i + 1] == '^')
                {
                    output.Append(pattern[++i]);
                }
            }
            else
            {
                output.Append(c switch { '.' => dot, '$' => @"\z", '^' => @"\A", _ => c.ToString() });
            }
        }

        return output.ToString();
    }

    /// <summary>Writes one escape; returns the index of its last character.</summary>
    private static int Escape(string pattern, int at, bool inClass, StringBuilder output)
    {
        switch (pattern[at])
        {
            case 'd':
                output.Append(inClass ? "0-9" : "[0-9]");
                return at;
            case 'D':
                output.Append(inClass ? @"\x00-/:-\uFFFF" : "[^0-9]");
                return at;
            case 'w':
                output.Append(inClass ? "a-zA-Z0-9_" : "[a-zA-Z0-9_]");
                return at;
            case 'W':
                output.Append(inClass ? @"\x00-/:-@\[-\^`{-\uFFFF" : "[^a-zA-Z0-9_]");
                return at;
            case 'u' when at + 1 < pattern.Length && pattern[at + 1] == '{':
                var end = pattern.IndexOf('}', at);
                if (end > 0 && int.TryParse(pattern.AsSpan(at + 2, end - at - 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var point)
                    && Rune.IsValid(point))
                {
                    foreach (var unit in new Rune(point).ToString())
                    {
                        output.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:X4}");
                    }

                    return end;
                }

                break;
        }

        output.Append('\\').Append(pattern[at]);
        return at;
    }
}
