using System.Text;
using System.Text.Json;

namespace Toolgate.Sessions.Tests;

/// <summary>What people see of arguments: no secret, nothing invisible, nothing endless.</summary>
public sealed class ShownArgumentsTests
{
    [Theory]
    [InlineData("password", true)]
    [InlineData("userPassword", true)]
    [InlineData("X-Api-Key", true)]
    [InlineData("apiKey", true)]
    [InlineData("access_token", true)]
    [InlineData("accessToken", true)]
    [InlineData("Authorization", true)]
    [InlineData("client_secret", true)]
    [InlineData("privateKey", true)]
    [InlineData("set-cookie", true)]
    [InlineData("passwords", true)]
    [InlineData("maxTokens", false)]
    [InlineData("keyboard", false)]
    [InlineData("compass", false)]
    [InlineData("spinning", false)]
    [InlineData("secretary", false)]
    [InlineData("title", false)]
    public void a_name_tells_whether_it_holds_a_secret(string name, bool secret) => ShownArguments.SoundsSecret(name).ShouldBe(secret);

    [Theory]
    [InlineData("""{"properties":{"a":{"writeOnly":true}}}""")]
    [InlineData("""{"properties":{"a":{"format":"password"}}}""")]
    [InlineData("""{"allOf":[{"properties":{"a":{"writeOnly":true}}}]}""")]
    [InlineData("""{"anyOf":[{},{"oneOf":[{"properties":{"a":{"writeOnly":true}}}]}]}""")]
    [InlineData("""{"$ref":"#/$defs/x","$defs":{"x":{"properties":{"a":{"$ref":"#/$defs/y"}}},"y":{"writeOnly":true}}}""")]
    [InlineData("""{"if":{},"then":{"properties":{"a":{"writeOnly":true}}}}""")]
    [InlineData("""{"additionalProperties":{"writeOnly":true}}""")]
    [InlineData("""{"patternProperties":{"^a$":{"writeOnly":true}}}""")]
    [InlineData("""{"properties":{"a":{"type":"array","items":{"writeOnly":true}}}}""")]
    public void a_schema_marks_a_secret_wherever_it_says_so(string schema)
    {
        Shown(schema, """{"a":["canary"]}""").Json.ShouldNotContain("canary");
        Shown(schema, """{"a":{"deep":"canary"}}""").Altered.ShouldBeFalse();
    }

    [Fact]
    public void a_schema_that_never_ends_ends()
        => Shown("""{"$ref":"#","allOf":[{"$ref":"#"},{"$ref":"#/allOf/0"}],"properties":{"a":{"$ref":"#"}}}""", """{"a":{"a":{"a":1}}}""").Json.ShouldBe("""{"a":{"a":{"a":1}}}""");

    [Fact]
    public void what_cannot_be_seen_is_left_out_and_that_is_said()
    {
        var shown = Shown("{}", """{"a\u200b":"x\u202ey\u0000\u2066z\u3164\ufeff","line":"one\ntwo"}""");
        JsonDocument.Parse(shown.Json).RootElement.GetRawText().ShouldBe("""{"a":"xyz","line":"one\ntwo"}""");
        shown.Altered.ShouldBeTrue();

        const string plain = """{"name":"Zoë 東京 👍","n":1.50,"t":true,"z":null}""";
        var seen = Shown("{}", plain);
        seen.Altered.ShouldBeFalse();
        JsonElement.DeepEquals(JsonDocument.Parse(seen.Json).RootElement, JsonDocument.Parse(plain).RootElement).ShouldBeTrue(seen.Json);
    }

    [Fact]
    public void what_is_endless_is_cut_and_that_is_said()
    {
        var long1 = Shown("{}", JsonSerializer.Serialize(new { text = new string('x', 100_000) }));
        (long1.Json.Length < 3_000, long1.Altered).ShouldBe((true, true));
        var many = Shown("{}", JsonSerializer.Serialize(Enumerable.Range(0, 5_000).ToDictionary(i => "k" + i, _ => new string('y', 500))));
        (many.Json.Length < 20_000, many.Altered).ShouldBe((true, true));
        var deep = Shown("{}", "{\"a\":" + new string('[', 50) + new string(']', 50) + "}");
        (deep.Altered, JsonDocument.Parse(deep.Json).RootElement.ValueKind).ShouldBe((true, JsonValueKind.Object));
    }

    [Fact]
    public void a_line_has_no_breaks_and_an_end() => ShownText.Line(" a\r\nb\u2028c" + new string('d', 50), 10).ShouldBe("a  bcdddd…");

    private static ShownArguments Shown(string schema, string arguments) => ShownArguments.Of(Encoding.UTF8.GetBytes(schema), Encoding.UTF8.GetBytes(arguments));
}
