using FsCheck;
using FsCheck.Fluent;

namespace Toolgate.Policies.Tests;

public sealed class PatternTests
{
    [Theory]
    [InlineData("*", "a", true)]
    [InlineData("*", "a.b.c.d.e", true)]
    [InlineData("a.*", "a", true)]
    [InlineData("a.*", "a.b.c", true)]
    [InlineData("a.*", "ab", false)]
    [InlineData("a.*", "b", false)]
    [InlineData("a.b", "a.b", true)]
    [InlineData("a.b", "a.b.c", false)]
    [InlineData("a.b", "a", false)]
    [InlineData("a.b", "a.B", false)]
    [InlineData("a.*.*.x", "a.org.m.x", true)]
    [InlineData("a.*.*.x", "a.org.m.x.y", false)]
    [InlineData("a.*.*.x", "a.org.m", false)]
    [InlineData("a.*.*.x.*", "a.org.m.x", true)]
    [InlineData("a.*.*.x.*", "a.org.m.x.y", true)]
    [InlineData("a.*.*.x.*", "a.org.m.y", false)]
    [InlineData("a.*.*", "a.b", true)]
    [InlineData("a.*.*", "a", false)]
    public void Patterns_match_as_the_table_says(string pattern, string address, bool matches)
        => Pattern.Parse(pattern).Matches(address).ShouldBe(matches);

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("me*")]
    [InlineData("*.x")]
    [InlineData("**")]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData("a.b*")]
    [InlineData("a.**")]
    [InlineData("a b.c")]
    [InlineData("a.b\n")]
    [InlineData("a.\u00a0b")]
    [InlineData("a.\u0085b")]
    public void What_is_not_a_pattern_is_refused_with_a_sentence(string? text)
    {
        Pattern.TryParse(text, out _, out var fault).ShouldBeFalse();
        fault.ShouldEndWith(".");
    }

    [Fact]
    public void A_pattern_holds_up_to_500_characters()
    {
        Pattern.TryParse(new string('a', 500), out _, out _).ShouldBeTrue();
        Pattern.TryParse(new string('a', 501), out _, out _).ShouldBeFalse();
    }

    [Fact]
    public void Matching_is_what_its_definition_says_segment_by_segment()
        => Prop.ForAll(PatternGen.Patterns.ToArbitrary(), PatternGen.Addresses.ToArbitrary(), (pattern, address)
            => Pattern.Parse(pattern).Matches(address) == Reference(pattern.Split('.'), address.Split('.'))).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));

    [Fact]
    public void Reach_promises_only_what_every_address_below_keeps()
        => Prop.ForAll(PatternGen.Patterns.ToArbitrary(), PatternGen.Addresses.ToArbitrary(), PatternGen.Addresses.ToArbitrary(), (text, prefix, rest) =>
        {
            var pattern = Pattern.Parse(text);
            var matches = pattern.Matches(prefix + "." + rest);
            return pattern.Reach(prefix) switch
            {
                PatternReach.All => matches,
                PatternReach.None => !matches,
                _ => true,
            };
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));

    [Fact]
    public void An_index_finds_what_trying_in_order_finds()
        => Prop.ForAll(PatternGen.Patterns.ListOf().ToArbitrary(), PatternGen.Addresses.ToArbitrary(), PatternGen.Addresses.ToArbitrary(), (texts, prefix, rest) =>
        {
            // The address itself stands at every place of the list once: what is looked up must meet what is tried in order.
            var address = prefix + "." + rest;
            var lists = Enumerable.Range(0, texts.Count + 1).Select(at => texts.Take(at).Append(address).Concat(texts.Skip(at))).Append(texts);
            return lists.Select(list => list.Select(Pattern.Parse).ToList()).All(patterns
                => new PatternIndex(patterns).Under(prefix).First(address) == patterns.FindIndex(pattern => pattern.Matches(address)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    /// <summary>The definition of SEMANTICS, written as recursion: nothing in common with the code under test.</summary>
    private static bool Reference(ReadOnlySpan<string> pattern, ReadOnlySpan<string> address) => pattern switch
    {
        ["*"] => true,
        [] => address.IsEmpty,
        ["*", .. var rest] => !address.IsEmpty && Reference(rest, address[1..]),
        [var first, .. var rest] => !address.IsEmpty && address[0] == first && Reference(rest, address[1..]),
    };
}

/// <summary>Patterns and addresses over few words, so that they meet often.</summary>
internal static class PatternGen
{
    private static readonly Gen<string> Word = Gen.Elements("a", "b", "ab", "org", "user");

    public static Gen<string> Addresses { get; } = Word.NonEmptyListOf().Select(words => string.Join('.', words.Take(5)));

    public static Gen<string> Patterns { get; } = Gen.Frequency(
        (1, Gen.Constant("*")),
        (9, Word.SelectMany(first => Gen.OneOf(Word, Gen.Constant("*")).ListOf().Select(rest => string.Join('.', rest.Take(4).Prepend(first))))));
}
