using System.Text;

namespace Toolgate.Connections;

/// <summary>Splits identifiers of any convention into words and joins them in camelCase. ASCII letters and digits only.</summary>
internal static class Words
{
    /// <summary><c>listHTTPServers-v2</c> → list, HTTP, Servers, v2.</summary>
    public static List<string> Split(string text)
    {
        var words = new List<string>();
        var start = -1;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (!char.IsAsciiLetterOrDigit(c))
            {
                Close(i);
                continue;
            }

            if (start >= 0 && char.IsAsciiLetterUpper(c)
                && (!char.IsAsciiLetterUpper(text[i - 1]) || (i + 1 < text.Length && char.IsAsciiLetterLower(text[i + 1]))))
            {
                Close(i);
            }

            if (start < 0)
            {
                start = i;
            }
        }

        Close(text.Length);
        return words;

        void Close(int end)
        {
            if (start >= 0)
            {
                words.Add(text[start..end]);
            }

            start = -1;
        }
    }

    /// <summary><c>listHttpServersV2</c>; empty when there are no words.</summary>
    public static string Camel(IEnumerable<string> words)
    {
        var name = new StringBuilder();
        foreach (var word in words)
        {
            AppendWord(name, word, capital: name.Length > 0);
        }

        return name.ToString();
    }

    /// <summary><c>ListHttpServersV2</c>; empty when there are no words.</summary>
    public static string Pascal(IEnumerable<string> words)
    {
        var name = new StringBuilder();
        foreach (var word in words)
        {
            AppendWord(name, word, capital: true);
        }

        return name.ToString();
    }

    private static void AppendWord(StringBuilder name, string word, bool capital)
    {
        var lower = word.ToLowerInvariant();
        name.Append(capital ? char.ToUpperInvariant(lower[0]) : lower[0]).Append(lower, 1, lower.Length - 1);
    }
}
