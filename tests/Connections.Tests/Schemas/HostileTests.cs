using System.Diagnostics;
using System.Text;

namespace Toolgate.Connections.Tests.Schemas;

/// <summary>What is made to hang or to crash a validator.</summary>
public sealed class HostileTests
{
    [Fact]
    public void deep_values_are_a_fault()
    {
        var schema = Schema.Of("""{"items":{"$ref":"#"}}""");
        schema.Validate(Encoding.UTF8.GetBytes(new string('[', 64) + new string(']', 64)).AsMemory()).ShouldBeEmpty();
        schema.Validate(Encoding.UTF8.GetBytes(new string('[', 65) + new string(']', 65)).AsMemory()).ShouldHaveSingleItem().Code.ShouldBe("json");
        schema.Validate(Encoding.UTF8.GetBytes(new string('[', 1_000_000)).AsMemory()).ShouldHaveSingleItem().Code.ShouldBe("json");
    }

    [Fact]
    public void exponential_patterns_are_linear()
    {
        var clock = Stopwatch.StartNew();
        Schema.Found("""{"pattern":"^(a+)+$"}""", $"\"{new string('a', 200_000)}!\"").ShouldBe(" pattern");
        Schema.Found("""{"pattern":"^(a|a)*b$"}""", $"\"{new string('a', 200_000)}\"").ShouldBe(" pattern");
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void exponential_schemas_are_abandoned()
    {
        // Each level asks the next one twice, two to the power of forty in all.
        var levels = string.Join(',', Enumerable.Range(0, 40).Select(i => $$"""
            "l{{i}}":{"anyOf":[{"$ref":"#/$defs/l{{i + 1}}"},{"$ref":"#/$defs/l{{i + 1}}"}]}
            """));
        var clock = Stopwatch.StartNew();
        Schema.Found("{\"$ref\":\"#/$defs/l0\",\"$defs\":{" + levels + ",\"l40\":false}}", "1").ShouldBe(" complexity");
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void a_chain_of_references_beyond_any_honest_one_is_abandoned_not_overflown()
    {
        var levels = string.Join(',', Enumerable.Range(0, 20_000).Select(i => $"\"l{i}\":{{\"$ref\":\"#/$defs/l{i + 1}\"}}"));
        Schema.Found("{\"$ref\":\"#/$defs/l0\",\"$defs\":{" + levels + ",\"l20000\":{}}}", "1").ShouldBe(" complexity");
    }

    [Fact]
    public void unique_items_with_one_hash_are_bounded()
    {
        var clock = Stopwatch.StartNew();
        Schema.Found("""{"uniqueItems":true}""", $"[{string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"{i}\""))}]").ShouldBe("");
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    [Theory]
    [InlineData("1e400", "")]
    [InlineData("-1e-999999999999999999999999", "")]
    [InlineData("1e99999999999999999999999999", " maximum")]
    [InlineData("0e999999999", "")]
    public void numbers_beyond_any_double_are_compared(string number, string expected) =>
        Schema.Found("""{"type":"number","maximum":1e500,"minimum":-1}""", number).ShouldBe(expected);

    [Fact]
    public void a_number_of_a_million_digits_is_a_fault() =>
        Schema.Found("""{"minimum":0}""", new string('9', 1_000_000)).ShouldBe(" type");

    [Fact]
    public void half_a_surrogate_pair_is_a_fault()
    {
        Schema.Found("""{"maxLength":5}""", "\"\\ud800\"").ShouldBe(" unicode");
        Schema.Found("""{"additionalProperties":false}""", "{\"\\udc00\":1}").ShouldBe(" unicode");
    }

    [Theory]
    [InlineData("^(?=a)b")]
    [InlineData("(a)\\\\1")]
    [InlineData("(?<!x)y")]
    [InlineData("[")]
    [InlineData("(((((a{1,1000}){1,1000}){1,1000}){1,1000}){1,1000})")]
    public void a_pattern_without_a_linear_form_is_reported_and_not_checked(string pattern)
    {
        var compiled = CompiledSchema.Compile(Encoding.UTF8.GetBytes($$"""{"pattern":"{{pattern}}","maxLength":3}""").AsMemory());
        compiled.Diagnostics.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            diagnostic => diagnostic.Code.ShouldBe("unsupported_pattern"), diagnostic => diagnostic.Pointer.ShouldBe("/pattern"));
        compiled.Schema.ShouldNotBeNull().Validate("\"zzz\""u8.ToArray().AsMemory()).ShouldBeEmpty();
        compiled.Schema.Validate("\"zzzz\""u8.ToArray().AsMemory()).ShouldHaveSingleItem().Code.ShouldBe("maxLength");
    }

    [Fact]
    public void properties_of_an_unchecked_pattern_are_not_taken_for_additional_ones()
    {
        var compiled = CompiledSchema.Compile("""{"patternProperties":{"^(?!x)":{}},"additionalProperties":false}"""u8.ToArray().AsMemory());
        compiled.Diagnostics.ShouldHaveSingleItem().Pointer.ShouldBe("/patternProperties/^(?!x)");
        compiled.Schema.ShouldNotBeNull().Validate("""{"a":1}"""u8.ToArray().AsMemory()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("^\\d+$", "12", "١٢")]
    [InlineData("^\\w+$", "a_1", "é")]
    [InlineData("^[\\d-]+$", "1-2", "a")]
    [InlineData("^\\D$", "٣", "3")]
    [InlineData("^[\\W]$", "é", "a")]
    [InlineData("^.$", "😀", "ab")]
    [InlineData("^\\u{1F600}$", "😀", "😁")]
    [InlineData("^\\u0061$", "a", "b")]
    [InlineData("^[[]$", "[", "]")]
    [InlineData("^a|b$", "ax", "xa")]
    [InlineData("^\\/\\$$", "/$", "/")]
    public void patterns_are_those_of_ecmascript(string pattern, string good, string bad)
    {
        var regex = EcmaPattern.Compile(pattern).ShouldNotBeNull();
        regex.IsMatch(good).ShouldBeTrue();
        regex.IsMatch(bad).ShouldBeFalse();
    }
}
