using System.Buffers;
using System.Collections.Frozen;

namespace Toolgate.Toolkits;

/// <summary>
/// Splits texts and identifiers into the terms that are searched. <c>listPullRequests</c>, <c>list_pull_requests</c> and "list of pull requests" give
/// the same terms: words are split at case and at everything that is no letter or digit, lower-cased, freed of stop words, abbreviations written out,
/// and stemmed.
/// </summary>
internal static class SearchWords
{
    /// <summary>Words that say nothing about which tool is meant.</summary>
    private static readonly FrozenSet<string> Stop = new[]
    {
        "a", "an", "and", "another", "any", "are", "as", "at", "be", "been", "by", "can", "could", "did", "do", "does", "each", "every", "for", "from", "had", "has", "have", "how", "if", "in",
        "into", "is", "it", "its", "just", "many", "much", "need", "of", "off", "on", "one", "onto", "or", "other", "out", "please", "should", "so", "some", "than", "that", "the",
        "their", "them", "then", "there", "these", "they", "this", "those", "to", "up", "us", "want", "was", "we", "were", "what", "when", "where", "which", "who",
        "whom", "whose", "why", "will", "with", "would", "you", "your",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Abbreviations of the trade, written out on both sides so that either form finds the other.</summary>
    private static readonly FrozenDictionary<string, string[]> WrittenOut = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["repo"] = ["repository"],
        ["repos"] = ["repository"],
        ["org"] = ["organization"],
        ["orgs"] = ["organization"],
        ["organisation"] = ["organization"],
        ["organisations"] = ["organization"],
        ["pr"] = ["pull", "request"],
        ["prs"] = ["pull", "request"],
        ["pulls"] = ["pull"],
        ["config"] = ["configuration"],
        ["configs"] = ["configuration"],
        ["env"] = ["environment"],
        ["envs"] = ["environment"],
        ["var"] = ["variable"],
        ["vars"] = ["variable"],
        ["auth"] = ["authentication"],
        ["docs"] = ["documentation"],
        ["doc"] = ["documentation"],
        ["dir"] = ["directory"],
        ["dirs"] = ["directory"],
        ["msg"] = ["message"],
        ["msgs"] = ["message"],
        ["db"] = ["database"],
        ["app"] = ["application"],
        ["apps"] = ["application"],
        ["info"] = ["information"],
        ["perms"] = ["permission"],
        ["licence"] = ["license"],
        ["licences"] = ["license"],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Longest run of letters and digits that is still a word; what is longer is data.</summary>
    private const int LongestWord = 40;

    private static readonly SearchValues<char> Whole = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    /// <summary>Calls <paramref name="found"/> for each word, lower-case, abbreviations written out, stop words left out, not stemmed.</summary>
    public static void Each(ReadOnlySpan<char> text, Action<string> found)
    {
        var start = -1;
        for (var i = 0; i <= text.Length; i++)
        {
            var inside = i < text.Length && (char.IsAscii(text[i]) ? Whole.Contains(text[i]) : char.IsLetterOrDigit(text[i]));
            if (start >= 0 && (!inside || BeginsWord(text, i)))
            {
                Take(text[start..i], found);
                start = -1;
            }

            if (inside && start < 0)
            {
                start = i;
            }
        }
    }

    /// <summary>The stemmed terms of a text, in order, repeated as they repeat.</summary>
    public static List<string> Terms(string text)
    {
        var terms = new List<string>();
        Each(text, word => terms.Add(EnglishStem.Of(word)));
        return terms;
    }

    /// <summary>
    /// An upper-case letter after a lower-case one or a digit, or the last upper-case letter before a lower-case one: <c>HTTPServer</c>, but not <c>PRs</c>.
    /// </summary>
    private static bool BeginsWord(ReadOnlySpan<char> text, int i)
        => char.IsUpper(text[i]) && (!char.IsUpper(text[i - 1]) || (i + 1 < text.Length && char.IsLower(text[i + 1]) && !IsPlural(text[(i + 1)..])));

    private static bool IsPlural(ReadOnlySpan<char> rest) => rest[0] == 's' && (rest.Length == 1 || !char.IsLetter(rest[1]));

    private static void Take(ReadOnlySpan<char> raw, Action<string> found)
    {
        if (raw.Length > LongestWord)
        {
            return;
        }

        var word = string.Create(raw.Length, raw, static (output, source) => source.ToLowerInvariant(output));
        if (WrittenOut.TryGetValue(word, out var whole))
        {
            Array.ForEach(whole, found);
        }
        else if (!Stop.Contains(word))
        {
            found(word);
        }
    }
}
