namespace Toolgate.Connections;

/// <summary>Texts of a schema on their way to people and agents.</summary>
internal static class GraphQlTexts
{
    /// <summary>The first characters of a text; a pair of surrogates is never cut in two.</summary>
    public static string Shorten(string text, int most)
    {
        if (text.Length <= most)
        {
            return text;
        }

        return string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[most - 1]) ? most - 1 : most), "…");
    }

    /// <summary>The text without control characters, line ends and tabs aside.</summary>
    public static string Plain(string text) => string.Concat(text.Select(c => char.IsControl(c) && c is not ('\n' or '\t') ? ' ' : c));
}
