using System.Text;
using System.Text.Json;

namespace Toolgate.Connections.Tests.Plugins;

/// <summary>RFC 8785, by its own examples.</summary>
public sealed class CanonicalJsonTests
{
    [Fact]
    public void The_example_of_section_3_2_2()
        => Canonical("""
            {
              "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
              "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
              "literals": [null, true, false]
            }
            """).ShouldBe("""{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}""");

    [Fact]
    public void Members_are_ordered_by_their_utf_16_units()
        => Canonical("""{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}""")
            .ShouldBe("{\"\\r\":2,\"1\":4,\"\u0080\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\ufb33\":3}");

    [Theory]
    [InlineData("0", "0")]
    [InlineData("-0", "0")]
    [InlineData("-0.0", "0")]
    [InlineData("1.0", "1")]
    [InlineData("1e0", "1")]
    [InlineData("10", "10")]
    [InlineData("100000000000000000000", "100000000000000000000")]
    [InlineData("1e21", "1e+21")]
    [InlineData("123456789012345680000", "123456789012345680000")]
    [InlineData("0.000001", "0.000001")]
    [InlineData("1e-7", "1e-7")]
    [InlineData("-1.5e-9", "-1.5e-9")]
    [InlineData("9007199254740992", "9007199254740992")]
    [InlineData("0.1", "0.1")]
    [InlineData("5e-324", "5e-324")]
    [InlineData("1.7976931348623157e308", "1.7976931348623157e+308")]
    public void Numbers_are_written_as_ecmascript_writes_them(string number, string canonical) => Canonical(number).ShouldBe(canonical);

    [Fact]
    public void Spelling_and_order_do_not_change_the_digest_and_values_do()
    {
        var digest = Digest("""{"a":1.0,"b":"A"}""");
        Digest("""{ "b" : "\u0041", "a" : 1 }""").ShouldBe(digest);
        Digest("""{"a":1,"b":"B"}""").ShouldNotBe(digest);
        Digest("""{"a":[1],"b":"A"}""").ShouldNotBe(digest);
    }

    [Fact]
    public void Minified_text_keeps_order_and_spelling()
        => Encoding.UTF8.GetString(CanonicalJson.Minify(Encoding.UTF8.GetBytes("{ \"b\" :\t[ 1.0 ,\n \"a \\\" \\\\\" ] ,\r\n\"a\" : \"\\u0041 b\" }")))
            .ShouldBe("{\"b\":[1.0,\"a \\\" \\\\\"],\"a\":\"\\u0041 b\"}");

    private static string Canonical(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Encoding.UTF8.GetString(CanonicalJson.Of(document.RootElement));
    }

    private static string Digest(string json)
    {
        using var document = JsonDocument.Parse(json);
        return CanonicalJson.DigestOf(document.RootElement);
    }
}
