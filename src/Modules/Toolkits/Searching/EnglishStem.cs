namespace Toolgate.Toolkits;

/// <summary>
/// A light English stemmer after Porter's algorithm (1980): plurals, past and progressive forms, a final y or e, and the few noun endings that names of
/// operations are made with (<c>-ation -ator -ate -ment -ion -er -or</c>). It conflates <c>invite</c> with <c>invitation</c> and <c>merged</c> with
/// <c>merge</c>; what it leaves is a key, not a word.
/// </summary>
internal static class EnglishStem
{
    private const int Longest = 40;

    /// <summary>The stem of a word of lower-case ASCII letters; any other word is returned as it is.</summary>
    public static string Of(string word)
    {
        if (word.Length is < 3 or > Longest || !word.All(char.IsAsciiLetterLower))
        {
            return word;
        }

        Span<char> buffer = stackalloc char[Longest + 1];
        word.CopyTo(buffer);
        var length = Plural(buffer, word.Length);
        length = Tense(buffer, length);
        length = Noun(buffer, length);
        length = FinalLetter(buffer, length);
        return length == word.Length && buffer[..length].SequenceEqual(word) ? word : new string(buffer[..length]);
    }

    private static int Plural(ReadOnlySpan<char> word, int length)
    {
        word = word[..length];
        return word.EndsWith("sses") ? length - 2
            : word.EndsWith("ies") && length > 4 ? length - 2
            : word.EndsWith("s") && length > 3 && word[^2] is not ('s' or 'u' or 'i') ? length - 1
            : length;
    }

    private static int Tense(Span<char> word, int length)
    {
        var whole = word[..length];
        if (whole.EndsWith("eed"))
        {
            return Measure(whole[..^3]) > 0 ? length - 1 : length;
        }

        var cut = whole.EndsWith("ed") ? 2 : whole.EndsWith("ing") ? 3 : 0;
        if (cut == 0 || !HasVowel(whole[..^cut]))
        {
            return length;
        }

        length -= cut;
        var stem = word[..length];
        if (stem.EndsWith("at") || stem.EndsWith("bl") || stem.EndsWith("iz") || (Measure(stem) == 1 && EndsShort(stem)))
        {
            word[length] = 'e';
            return length + 1;
        }

        return length > 2 && stem[^1] == stem[^2] && !IsVowel(stem, length - 1) && stem[^1] is not ('l' or 's' or 'z') ? length - 1 : length;
    }

    private static int Noun(ReadOnlySpan<char> word, int length)
    {
        word = word[..length];
        foreach (var ending in (ReadOnlySpan<string>)["ation", "ator", "ment", "ate"])
        {
            if (word.EndsWith(ending))
            {
                return Measure(word[..^ending.Length]) > 1 ? length - ending.Length : length;
            }
        }

        return word.EndsWith("ion") && length > 4 && word[^4] is 's' or 't' && Measure(word[..^3]) > 0 ? length - 3
            : (word.EndsWith("er") || word.EndsWith("tor")) && Measure(word[..^2]) > 1 ? length - 2
            : length;
    }

    private static int FinalLetter(Span<char> word, int length)
    {
        var whole = word[..length];
        if (whole[^1] == 'y' && HasVowel(whole[..^1]))
        {
            word[length - 1] = 'i';
        }
        else if (whole[^1] == 'e')
        {
            var measure = Measure(whole[..^1]);
            return measure > 1 || (measure == 1 && !EndsShort(whole[..^1])) ? length - 1 : length;
        }

        return length;
    }

    /// <summary>Porter's m: how often a vowel is followed by a consonant.</summary>
    private static int Measure(ReadOnlySpan<char> stem)
    {
        var (measure, vowel) = (0, false);
        for (var i = 0; i < stem.Length; i++)
        {
            var now = IsVowel(stem, i);
            measure += vowel && !now ? 1 : 0;
            vowel = now;
        }

        return measure;
    }

    private static bool HasVowel(ReadOnlySpan<char> stem)
    {
        for (var i = 0; i < stem.Length; i++)
        {
            if (IsVowel(stem, i))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Consonant, vowel, consonant, and the last none of w, x and y: such a stem lost its e.</summary>
    private static bool EndsShort(ReadOnlySpan<char> stem)
        => stem.Length > 2 && !IsVowel(stem, stem.Length - 3) && IsVowel(stem, stem.Length - 2) && !IsVowel(stem, stem.Length - 1) && stem[^1] is not ('w' or 'x' or 'y');

    private static bool IsVowel(ReadOnlySpan<char> word, int at) => word[at] switch
    {
        'a' or 'e' or 'i' or 'o' or 'u' => true,
        'y' => at > 0 && !IsVowel(word, at - 1),
        _ => false,
    };
}
