using System.Globalization;
using System.Text;

namespace Toolgate.Sessions;

/// <summary>
/// Makes other people's text fit to be shown to somebody who decides on it: without control, bidirectional, zero-width and other characters that are not seen but
/// change what is seen, and bounded.
/// </summary>
internal static class ShownText
{
    /// <summary>Whether a character shows itself, or is plain white space that its place allows.</summary>
    /// <param name="rune">The character.</param>
    /// <param name="lines">Whether line breaks and tabs may stand there.</param>
    public static bool IsShown(Rune rune, bool lines) => rune.Value switch
    {
        '\n' or '\r' or '\t' => lines,

        // Letters and marks that draw nothing: fillers, joiners, variation selectors.
        0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or 0x2800 or 0x3164 or 0xFFA0 or (>= 0x180B and <= 0x180F) or (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF) => false,
        _ => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned),
    };

    /// <summary>The text as it may be shown; an ellipsis stands where it was cut.</summary>
    /// <param name="text">Anybody's text.</param>
    /// <param name="longest">Most characters (UTF-16) of the result without the ellipsis.</param>
    /// <param name="lines">Whether line breaks and tabs stay; otherwise they are spaces.</param>
    /// <param name="altered">Set when something was left out.</param>
    public static string Of(string text, int longest, bool lines, ref bool altered)
    {
        var shown = new StringBuilder(Math.Min(text.Length, longest) + 1);
        foreach (var rune in text.EnumerateRunes())
        {
            var isBreak = rune.Value is '\n' or '\r' or '\t';
            if (!isBreak && (!IsShown(rune, lines) || (rune == Rune.ReplacementChar && !text.Contains('\uFFFD', StringComparison.Ordinal))))
            {
                altered = true;
                continue;
            }

            if (shown.Length + rune.Utf16SequenceLength > longest)
            {
                altered = true;
                return shown.Append('…').ToString();
            }

            shown.Append(isBreak && !lines ? " " : rune.ToString());
        }

        return shown.ToString();
    }

    /// <summary>One line of text.</summary>
    public static string Line(string text, int longest)
    {
        var altered = false;
        return Of(text, longest, lines: false, ref altered).Trim();
    }
}
