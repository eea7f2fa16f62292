namespace Toolgate.Connections.Tests.GraphQl;

public sealed class SyntaxTests
{
    [Theory]
    [InlineData("\"a\\u0041\\u{1F600}\\n\\\"\"", "aA😀\n\"")]
    [InlineData("\"\\uD83D\\uDE00\"", "😀")]
    [InlineData("\"\"\"\n    first\n      second\n\n    third \\\"\"\"\n  \"\"\"", "first\n  second\n\nthird \"\"\"")]
    [InlineData("\"\"", "")]
    [InlineData("\"\"\"\"\"\"", "")]
    [InlineData("\"# , no comment\" # a comment", "# , no comment")]
    public void strings_mean_what_the_specification_says(string text, string value)
    {
        var token = new GraphQlLexer(text).Next();
        (token.Kind, token.Text).ShouldBe((GraphQlTokenKind.String, value));
    }

    [Theory]
    [InlineData("\"open")]
    [InlineData("\"line\nend\"")]
    [InlineData("\"\\x\"")]
    [InlineData("\"\\u00\"")]
    [InlineData("\"\\u{110000}\"")]
    [InlineData("\"\\uD83D\"")]
    [InlineData("\"\u0001\"")]
    [InlineData("\"\"\"open")]
    [InlineData("01")]
    [InlineData("1.")]
    [InlineData("1e")]
    [InlineData("-")]
    [InlineData("1a")]
    [InlineData("1.5.2")]
    [InlineData("..")]
    [InlineData("?")]
    [InlineData("é")]
    public void what_is_no_token_is_refused(string text) => Should.Throw<GraphQlSyntaxException>(() => new GraphQlLexer(text).Next());

    [Theory]
    [InlineData("[1, -2.5e3, \"a\\nb\", true, null, RED, {a: 1 b: [{}]}]", "[1,-2.5e3,\"a\\nb\",true,null,\"RED\",{\"a\":1,\"b\":[{}]}]")]
    public void constants_become_json(string text, string json)
    {
        var buffer = new MemoryStream();
        using (var writer = new System.Text.Json.Utf8JsonWriter(buffer))
        {
            new GraphQlTokens(text).Constant().Write(writer);
        }

        System.Text.Encoding.UTF8.GetString(buffer.ToArray()).ShouldBe(json);
    }

    [Fact]
    public void an_error_says_where()
        => Should.Throw<GraphQlSyntaxException>(() => SdlReading.Read("type Query {\n  a: [Int\n}", new DiagnosticList())).Place.ShouldBe("line 3, column 1");

    [Fact]
    public void every_definition_of_the_schema_language_is_read()
    {
        var diagnostics = new DiagnosticList();
        var schema = SdlReading.Read(""""
            """
            The whole.
            """
            schema @a { query: Q mutation: M }
            extend schema @b { subscription: S }
            directive @a(x: Int = 1 @b, "y" y: [String!]) repeatable on | SCHEMA | FIELD_DEFINITION
            scalar Url @specifiedBy(url: "https://example.com/url")
            interface Node implements Base & Other @a { id: ID! }
            interface Base { id: ID! } interface Other { id: ID! }
            type Q implements Node & Base & Other { id: ID! "text" f(a: Int = 1, b: In! = {x: [1]}): [U!]! @deprecated }
            extend type Q { more: Url }
            type M { m: E } type S { s: Int }
            union U @a = | Q | M
            extend union U = S
            enum E { A "b" B @deprecated(reason: "old") }
            extend enum E { C }
            input In @oneOf { x: [Int] y: E = A }
            extend input In { z: Boolean }
            type Empty
            """", diagnostics)!;
        diagnostics.All.ShouldBeEmpty();
        (schema.Query, schema.Mutation, schema.Subscription, schema.Description).ShouldBe(("Q", "M", "S", "The whole."));
        schema.Types["Url"].SpecifiedBy.ShouldBe("https://example.com/url");
        schema.Types["U"].Possible.ShouldBe(["M", "Q", "S"]);
        schema.Types["Node"].Possible.ShouldBe(["Q"]);
        schema.Types["E"].Values.Select(value => value.Name).ShouldBe(["A", "B", "C"]);
        schema.Types["E"].Values[1].Deprecation.ShouldBe("old");
        (schema.Types["In"].IsOneOf, schema.Types["In"].Inputs.Length).ShouldBe((true, 3));
        var field = schema.Types["Q"].Field("f")!;
        (field.Type.Text, field.Description, field.Deprecation).ShouldBe(("[U!]!", "text", "No longer supported"));
        schema.Types["Q"].Field("more").ShouldNotBeNull();
    }

    [Theory]
    [InlineData("query { a }")]
    [InlineData("fragment F on T { a }")]
    [InlineData("type Query { a }")]
    [InlineData("type Query { a(): Int }  type X {")]
    [InlineData("type { a: Int }")]
    [InlineData("directive @a")]
    [InlineData("type Query { a(b: Int = $v): Int }")]
    [InlineData("\"only a description\"")]
    [InlineData("type Query { a: [[[[[[[[[Int]]]]]]]]] }")]
    public void a_text_that_breaks_the_grammar_is_refused(string text) => Api.Refused(text).Code.ShouldBe("invalid_sdl");

    [Fact]
    public void names_of_root_types_are_assumed_only_without_a_schema_definition()
    {
        Api.Import("type Query { a: Int } type Mutation { b: Int }").Tools.Select(tool => tool.Name).ShouldBe(["mutation.b", "query.a"]);
        Api.Import("schema { query: Query } type Query { a: Int } type Mutation { b: Int }").Tools.Select(tool => tool.Name).ShouldBe(["query.a"]);
        Api.Refused("type Other { a: Int }").Code.ShouldBe("no_root_type");
    }
}
