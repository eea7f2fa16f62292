using Toolgate.Connections;

namespace Toolgate.Toolkits;

/// <summary>Ranks tools for a query: every word of it must be found, and where it is found decides the place.</summary>
internal static class ToolSearch
{
    /// <summary>The words of a query, lower case.</summary>
    public static string[] Words(string query)
        => query.ToLowerInvariant().Split([' ', '.', '_', '-', '/', ',', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Points of a tool; 0 when a word is nowhere in it.</summary>
    public static int Score(Tool tool, string[] words)
    {
        var score = 0;
        foreach (var word in words)
        {
            var points =
                IsSegment(tool.Definition.Name, word) ? 12 :
                Has(tool.Definition.Name, word) ? 10 :
                Has(tool.Address, word) ? 8 :
                Has(tool.Definition.Title, word) ? 6 :
                Has(tool.Definition.Description, word) ? 4 : 0;
            if (points == 0)
            {
                return 0;
            }

            score += points;
        }

        return score;
    }

    private static bool Has(string? text, string word) => text is not null && text.Contains(word, StringComparison.OrdinalIgnoreCase);

    private static bool IsSegment(ReadOnlySpan<char> name, string word)
    {
        foreach (var segment in name.Split('.'))
        {
            if (name[segment].Equals(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
