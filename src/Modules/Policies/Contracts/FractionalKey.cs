namespace Toolgate.Policies;

/// <summary>
/// Positions in a list that can always take one more between any two. A key is a number in base 62, compared bytewise as text:
/// <code>
/// head  digits      fraction
///  a    0           …          'a' has 1 digit, 'b' 2, … 'z' 26: they count up
///  Z    z           …          'Z' has 1 digit, 'Y' 2, … 'A' 26: they count down
/// </code>
/// The head fixes how many digits follow, so a whole number takes one character more only when the count of numbers grows 62-fold:
/// putting a thousand rules on top, one after another, makes keys of 3 characters. Only a place between two neighbours costs a fraction, which
/// never ends in <c>0</c> (otherwise nothing would fit below it). Keys are made by the server alone.
/// </summary>
public static class FractionalKey
{
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static readonly System.Buffers.SearchValues<char> AllDigits = System.Buffers.SearchValues.Create(Digits);
    private const string First = "a0";
    private const int MostDigits = 26;

    /// <summary>A key strictly between two keys.</summary>
    /// <param name="below">The key that must come before, or null for no bound.</param>
    /// <param name="above">The key that must come after, or null for no bound.</param>
    /// <exception cref="ArgumentException">A key was not made here, or <paramref name="below"/> does not come before <paramref name="above"/>.</exception>
    public static string Between(string? below, string? above)
    {
        if ((below is not null && !IsValid(below)) || (above is not null && !IsValid(above)))
        {
            throw new ArgumentException("A position is not a fractional key.");
        }

        if (below is not null && above is not null && string.CompareOrdinal(below, above) >= 0)
        {
            throw new ArgumentException("The lower position does not come before the upper one.");
        }

        return (below, above) switch
        {
            (null, null) => First,
            (null, _) => Before(above),
            (_, null) => After(below),
            _ => Inside(below, above),
        };
    }

    /// <summary>Keys for a whole list, evenly short: what a list whose keys grew long is rewritten to.</summary>
    public static IReadOnlyList<string> Spread(int count)
    {
        var keys = new string[count];
        for (var i = 0; i < count; i++)
        {
            keys[i] = i == 0 ? First : After(keys[i - 1]);
        }

        return keys;
    }

    /// <summary>Whether the text is a key that <see cref="Between"/> can have made.</summary>
    public static bool IsValid(string key)
    {
        if (key.Length < 2 || !char.IsAsciiLetter(key[0]) || key.Length < WholeLength(key) || key.AsSpan(1).ContainsAnyExcept(AllDigits))
        {
            return false;
        }

        // The lowest whole number alone has nothing below it; a fraction that ends in 0 has nothing between it and its stem.
        return key.Length == WholeLength(key) ? !IsLowest(key) : key[^1] != '0';
    }

    private static string Before(string above)
    {
        var whole = WholeOf(above);
        if (whole.Length < above.Length && !IsLowest(whole))
        {
            return whole;
        }

        return Step(whole, up: false) is { } lower && !IsLowest(lower) ? lower : Lowest + Middle("", whole == Lowest ? above[whole.Length..] : null);
    }

    private static string After(string below)
    {
        var whole = WholeOf(below);
        return Step(whole, up: true) ?? whole + Middle(below.AsSpan(whole.Length), null);
    }

    private static string Inside(string below, string above)
    {
        var low = WholeOf(below);
        var high = WholeOf(above);
        if (low == high)
        {
            return low + Middle(below.AsSpan(low.Length), above[high.Length..]);
        }

        return Step(low, up: true) is { } next && string.CompareOrdinal(next, above) < 0 ? next : low + Middle(below.AsSpan(low.Length), null);
    }

    /// <summary>The shortest digits strictly between two fractions, without a trailing 0. An upper bound of null is 1.</summary>
    private static string Middle(ReadOnlySpan<char> low, string? high)
    {
        var result = new System.Text.StringBuilder();
        for (var i = 0; ; i++)
        {
            var from = i < low.Length ? Digits.IndexOf(low[i], StringComparison.Ordinal) : 0;
            var to = high is null ? Digits.Length : i < high.Length ? Digits.IndexOf(high[i], StringComparison.Ordinal) : 0;
            if (to - from > 1)
            {
                return result.Append(Digits[(from + to) / 2]).ToString();
            }

            result.Append(Digits[from]);
            if (to > from)
            {
                // Below the upper bound from here on, whatever follows.
                high = null;
            }
        }
    }

    /// <summary>The neighbouring whole number; null when there are no more.</summary>
    private static string? Step(string whole, bool up)
    {
        var (limit, reset, step) = up ? ('z', '0', 1) : ('0', 'z', -1);
        var digits = whole.ToCharArray();
        for (var i = digits.Length - 1; i > 0; i--)
        {
            if (digits[i] != limit)
            {
                digits[i] = Digits[Digits.IndexOf(digits[i], StringComparison.Ordinal) + step];
                return new string(digits);
            }

            digits[i] = reset;
        }

        // Every digit rolled over: the next head. Between 'Z' and 'a' the bytes are not letters.
        var head = (whole[0], up) switch
        {
            ('Z', true) => 'a',
            ('a', false) => 'Z',
            ('z', true) or ('A', false) => '\0',
            var (c, _) => (char)(c + step),
        };
        return head == '\0' ? null : head + new string(reset, DigitsOf(head));
    }

    private static string Lowest { get; } = 'A' + new string('0', MostDigits);

    private static bool IsLowest(string whole) => whole == Lowest;

    private static string WholeOf(string key) => key[..WholeLength(key)];

    private static int WholeLength(string key) => 1 + DigitsOf(key[0]);

    private static int DigitsOf(char head) => head >= 'a' ? head - 'a' + 1 : 'Z' - head + 1;
}
