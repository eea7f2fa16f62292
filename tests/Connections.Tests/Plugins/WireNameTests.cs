using FsCheck;
using FsCheck.Fluent;

namespace Toolgate.Connections.Tests.Plugins;

/// <summary>Names of plugin tools: the production functions against literal strings, boundaries, and every pair of a small alphabet.</summary>
public sealed class WireNameTests
{
    [Theory]
    [InlineData("calendar-sync", "create_event", "calendar-sync__create_event")]
    [InlineData("a", "b", "a__b")]
    [InlineData("a-b", "c", "a-b__c")]
    [InlineData("a", "b_c", "a__b_c")]
    [InlineData("a1", "b2_3", "a1__b2_3")]
    [InlineData("constructor", "constructor", "constructor__constructor")]
    public void Golden_names(string id, string tool, string name)
    {
        PluginWireName.Of(id, tool).ShouldBe(name);
        PluginWireName.Parse(name).ShouldBe((id, tool));
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("a0", true)]
    [InlineData("a-0", true)]
    [InlineData("a-b-c", true)]
    [InlineData("", false)]
    [InlineData("-", false)]
    [InlineData("-a", false)]
    [InlineData("a-", false)]
    [InlineData("a--b", false)]
    [InlineData("0a", false)]
    [InlineData("A", false)]
    [InlineData("aB", false)]
    [InlineData("a_b", false)]
    [InlineData("a.b", false)]
    [InlineData("@a", false)]
    [InlineData("a/b", false)]
    [InlineData("a\n", false)]
    [InlineData("a\r\n", false)]
    [InlineData("\na", false)]
    [InlineData(" a", false)]
    [InlineData("a\u0661", false)]
    [InlineData("\u00e4", false)]
    [InlineData("\u0430", false)]
    [InlineData("__proto__", false)]
    public void An_id_is_words_of_lower_case_letters_and_digits_joined_by_single_dashes(string text, bool isId) => PluginWireName.IsId(text).ShouldBe(isId);

    [Theory]
    [InlineData("a", true)]
    [InlineData("a0", true)]
    [InlineData("a_0", true)]
    [InlineData("a_b_c", true)]
    [InlineData("", false)]
    [InlineData("_", false)]
    [InlineData("_a", false)]
    [InlineData("a_", false)]
    [InlineData("a__b", false)]
    [InlineData("0a", false)]
    [InlineData("a-b", false)]
    [InlineData("A", false)]
    [InlineData("a.b", false)]
    [InlineData("a\n", false)]
    [InlineData("a\u0661", false)]
    [InlineData("__proto__", false)]
    public void A_tool_is_words_of_lower_case_letters_and_digits_joined_by_single_underscores(string text, bool isTool) => PluginWireName.IsTool(text).ShouldBe(isTool);

    [Fact]
    public void Ids_of_28_and_tools_of_34_characters_are_the_longest_and_together_make_64()
    {
        PluginWireName.IsId(new string('a', 28)).ShouldBeTrue();
        PluginWireName.IsId(new string('a', 29)).ShouldBeFalse();
        PluginWireName.IsTool(new string('a', 34)).ShouldBeTrue();
        PluginWireName.IsTool(new string('a', 35)).ShouldBeFalse();
        PluginWireName.Of(new string('a', 28), new string('b', 34)).Length.ShouldBe(64);
    }

    [Theory]
    [InlineData("a_b")]
    [InlineData("a__")]
    [InlineData("__a")]
    [InlineData("a__b__c")]
    [InlineData("a___b")]
    [InlineData("a__b\n")]
    [InlineData("a.b__c")]
    [InlineData("")]
    public void What_is_no_wire_name_cannot_be_taken_apart(string name) => PluginWireName.Parse(name).ShouldBeNull();

    [Fact]
    public void No_two_pairs_of_a_small_alphabet_share_a_name_and_every_name_can_be_taken_apart()
    {
        var ids = Words("ab0-", 5).Where(PluginWireName.IsId).ToArray();
        var tools = Words("ab0_", 5).Where(PluginWireName.IsTool).ToArray();
        ids.Length.ShouldBeGreaterThan(300);
        tools.Length.ShouldBeGreaterThan(300);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var id in ids)
        {
            foreach (var tool in tools)
            {
                var name = PluginWireName.Of(id, tool);
                names.Add(name).ShouldBeTrue(name);
                PluginWireName.Parse(name).ShouldBe((id, tool));
            }
        }
    }

    [Fact]
    public void Every_string_of_a_small_alphabet_that_can_be_taken_apart_is_the_name_of_its_parts()
    {
        foreach (var name in Words("a0_-", 7))
        {
            if (PluginWireName.Parse(name) is var (id, tool))
            {
                PluginWireName.Of(id, tool).ShouldBe(name);
            }
        }
    }

    [Fact]
    public void Generated_names_have_at_most_64_characters_that_every_client_takes()
    {
        var words = Gen.Elements("abcdefghijklmnopqrstuvwxyz".ToCharArray()).ListOf(5).Select(letters => string.Concat(letters));
        var ids = words.ListOf(4).Select(list => string.Join('-', list)[..Math.Min(28, string.Join('-', list).Length)].Trim('-')).Where(PluginWireName.IsId);
        var tools = words.ListOf(5).Select(list => string.Join('_', list)[..Math.Min(34, string.Join('_', list).Length)].Trim('_')).Where(PluginWireName.IsTool);
        Prop.ForAll(Arb.From(ids.SelectMany(id => tools.Select(tool => (id, tool)))), pair =>
        {
            var name = PluginWireName.Of(pair.id, pair.tool);
            return name.Length <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') && PluginWireName.Parse(name) == pair;
        }).QuickCheckThrowOnFailure();
    }

    private static IEnumerable<string> Words(string alphabet, int longest)
    {
        IEnumerable<string> words = [""];
        for (var length = 1; length <= longest; length++)
        {
            words = [.. words.SelectMany(word => alphabet.Select(letter => word + letter))];
            foreach (var word in words)
            {
                yield return word;
            }
        }
    }
}
