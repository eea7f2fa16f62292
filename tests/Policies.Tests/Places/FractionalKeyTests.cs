using FsCheck;
using FsCheck.Fluent;

namespace Toolgate.Policies.Tests;

public sealed class FractionalKeyTests
{
    [Theory]
    [InlineData(null, null, "a0")]
    [InlineData("a0", null, "a1")]
    [InlineData("az", null, "b00")]
    [InlineData(null, "a0", "Zz")]
    [InlineData(null, "Z0", "Yzz")]
    [InlineData("a0", "a1", "a0V")]
    [InlineData("a0", "a0V", "a0F")]
    [InlineData("Zz", "a0", "ZzV")]
    [InlineData("a0", "a2", "a1")]
    [InlineData(null, "a0V", "a0")]
    public void Keys_between_two_are_these(string? below, string? above, string key) => FractionalKey.Between(below, above).ShouldBe(key);

    [Theory]
    [InlineData("!!!")]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("a00")]
    [InlineData("b0")]
    [InlineData("a-")]
    public void A_key_of_another_make_is_refused(string key)
    {
        FractionalKey.IsValid(key).ShouldBeFalse();
        Should.Throw<ArgumentException>(() => FractionalKey.Between(key, null));
        Should.Throw<ArgumentException>(() => FractionalKey.Between(null, key));
    }

    [Fact]
    public void Keys_out_of_order_are_refused()
    {
        Should.Throw<ArgumentException>(() => FractionalKey.Between("a1", "a0"));
        Should.Throw<ArgumentException>(() => FractionalKey.Between("a1", "a1"));
    }

    [Fact]
    public void Any_number_of_insertions_anywhere_keeps_a_total_order()
        => Prop.ForAll(Gen.Choose(0, 1_000).ListOf().Resize(300).ToArbitrary(), places =>
        {
            var keys = new List<string>();
            foreach (var place in places)
            {
                var index = place % (keys.Count + 1);
                var (below, above) = (index == 0 ? null : keys[index - 1], index == keys.Count ? null : keys[index]);
                var key = FractionalKey.Between(below, above);
                if (!FractionalKey.IsValid(key) || (below is not null && string.CompareOrdinal(below, key) >= 0) || (above is not null && string.CompareOrdinal(key, above) >= 0))
                {
                    return false;
                }

                keys.Insert(index, key);
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    [Fact]
    public void A_thousand_insertions_on_top_make_keys_of_three_characters()
    {
        string? top = null;
        for (var i = 0; i < 1_000; i++)
        {
            var key = FractionalKey.Between(null, top);
            (top is null || string.CompareOrdinal(key, top) < 0).ShouldBeTrue();
            key.Length.ShouldBeLessThanOrEqualTo(3);
            top = key;
        }
    }

    [Fact]
    public void The_lowest_and_the_highest_numbers_still_have_room_beyond()
    {
        var lowest = "A" + new string('0', 25) + "1";
        var below = FractionalKey.Between(null, lowest);
        string.CompareOrdinal(below, lowest).ShouldBeLessThan(0);
        string.CompareOrdinal(FractionalKey.Between(null, below), below).ShouldBeLessThan(0);
        var highest = "z" + new string('z', 26);
        var above = FractionalKey.Between(highest, null);
        string.CompareOrdinal(above, highest).ShouldBeGreaterThan(0);
        string.CompareOrdinal(FractionalKey.Between(above, null), above).ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_spread_is_ordered_and_short()
    {
        var keys = FractionalKey.Spread(1_000);
        keys.ShouldBe(keys.Order(StringComparer.Ordinal));
        keys.Distinct().Count().ShouldBe(1_000);
        keys.ShouldAllBe(key => key.Length <= 3);
    }
}
