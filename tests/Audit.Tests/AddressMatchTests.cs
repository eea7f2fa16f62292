using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Toolgate.Policies;

namespace Toolgate.Audit.Tests;

public sealed class AddressMatchTests
{
    [Fact]
    public void conditions_of_a_pattern_hold_exactly_where_the_pattern_matches()
    {
        var segment = Gen.Elements("a", "b", "ab", "a-b", "a_b", "A", "a+", "é");
        var address = segment.NonEmptyListOf().Where(segments => segments.Count <= 5).Select(segments => string.Join('.', segments));
        var pattern = Gen.OneOf(segment, segment, Gen.Constant("*")).NonEmptyListOf().Where(segments => segments.Count <= 5)
            .Select(segments => string.Join('.', segments)).Where(text => Pattern.TryParse(text, out _, out _));

        Prop.ForAll(pattern.ToArbitrary(), address.ToArbitrary(), (text, candidate) =>
            Holds(AddressMatch.Of(Pattern.Parse(text)), candidate) == Pattern.Parse(text).Matches(candidate))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));
    }

    // What PostgreSQL does with them in collation "C", which compares bytes; for these segments characters sort the same.
    private static bool Holds(AddressMatch match, string address)
        => (match.Exact is null || address == match.Exact)
            && (match.From is null || string.CompareOrdinal(address, match.From) >= 0)
            && (match.Before is null || string.CompareOrdinal(address, match.Before) < 0)
            && (match.Regex is null || Regex.IsMatch(address, match.Regex, RegexOptions.NonBacktracking));
}
