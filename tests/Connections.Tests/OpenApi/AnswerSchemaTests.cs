using System.Text;
using System.Text.Json;

namespace Toolgate.Connections.Tests.OpenApi;

/// <summary>What a tool says of its answer: enough to read, never a reason to refuse.</summary>
public sealed class AnswerSchemaTests
{
    private const string Documented = """{"type":"object","anyOf":[$,{}]}""";

    private static string Answer(string schema, string rest = "", string version = "3.1.0", string status = "200", string type = "application/json") =>
        Text(Documents.Tool($"{{ responses: {{ '{status}': {{ description: ok, content: {{ {type}: {{ schema: {schema} }} }} }} }} }}", rest: rest, version: version));

    private static string Text(ToolDefinition tool) => Encoding.UTF8.GetString(tool.OutputSchema.Span);

    [Theory]
    [InlineData("{ type: object, required: [a], additionalProperties: false, properties: { a: { type: string, format: email, pattern: '[', minLength: 1, description: ' Who ' }, b: { type: integer, writeOnly: true } } }",
        """{"type":"object","properties":{"a":{"description":"Who","type":"string"}}}""")]
    [InlineData("{ properties: { a: { type: [string, 'null'], enum: [x, null] }, l: { type: array, items: { type: object, properties: { n: { type: number } } } } } }",
        """{"properties":{"a":{"type":["string","null"],"enum":["x",null]},"l":{"type":"array","items":{"type":"object","properties":{"n":{"type":"number"}}}}}}""")]
    [InlineData("{ allOf: [{ type: object }, { properties: { m: { additionalProperties: { type: string } } } }] }",
        """{"allOf":[{"type":"object"},{"properties":{"m":{"additionalProperties":{"type":"string"}}}}]}""")]
    [InlineData("{ oneOf: [{ type: object, properties: { a: {} } }, { type: object }] }", """{"oneOf":[{"type":"object","properties":{"a":{}}},{"type":"object"}]}""")]
    public void the_shape_of_an_object_is_told_without_what_could_be_held_against_it(string schema, string expected) =>
        Answer(schema).ShouldBe(Documented.Replace("$", expected, StringComparison.Ordinal));

    [Fact]
    public void nullable_of_3_0_is_honoured_and_default_speaks_when_no_success_does()
    {
        Answer("{ type: object, properties: { a: { type: string, nullable: true, enum: [x] } } }", version: "3.0.3", status: "default")
            .ShouldBe(Documented.Replace("$", """{"type":"object","properties":{"a":{"type":["string","null"],"enum":["x",null]}}}""", StringComparison.Ordinal));
        Answer("{ type: object }", status: "2XX", type: "application/vnd.x+json").ShouldBe(Documented.Replace("$", """{"type":"object"}""", StringComparison.Ordinal));
    }

    [Fact]
    public void cycles_end_with_the_depth() =>
        Answer("{ $ref: '#/components/schemas/Node' }", "components: { schemas: { Node: { type: object, properties: { next: { $ref: '#/components/schemas/Node' } } } } }")
            .ShouldBe(Documented.Replace("$", """{"type":"object","properties":{"next":{"type":"object","properties":{"next":{"type":"object","properties":{"next":{"type":"object","properties":{"next":{"type":"object"}}}}}}}}}""", StringComparison.Ordinal));

    [Fact]
    public void a_large_schema_loses_depth_and_words_until_it_is_short_and_else_is_not_told()
    {
        var fields = string.Join(", ", Enumerable.Range(0, 40).Select(i => $"field{i}: {{ type: object, description: 'The {i}th of many fields', properties: {{ inner: {{ type: string }} }} }}"));
        var answer = Answer($"{{ type: object, properties: {{ {fields} }} }}");
        Encoding.UTF8.GetByteCount(answer).ShouldBeLessThanOrEqualTo(AnswerSchema.MaxBytes);
        answer.ShouldContain("\"field39\":{\"type\":\"object\"}");
        answer.ShouldNotContain("inner");
        Answer($"{{ type: object, properties: {{ {string.Join(", ", Enumerable.Range(0, 400).Select(i => $"field{i}: {{ type: string }}"))} }} }}").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("{ type: array, items: { type: object } }")]
    [InlineData("{ type: string }")]
    [InlineData("{}")]
    [InlineData("{ oneOf: [{ type: object }, { type: string }] }")]
    [InlineData("{ $ref: '#/components/schemas/Missing' }")]
    [InlineData("{ $ref: 'other.yaml' }")]
    [InlineData("7")]
    public void an_answer_that_is_no_object_or_is_described_badly_has_none_and_costs_no_tool(string schema) => Answer(schema).ShouldBeEmpty();

    [Fact]
    public void text_and_errors_are_no_structured_answers()
    {
        Answer("{ type: object }", type: "application/xml").ShouldBeEmpty();
        Answer("{ type: object }", status: "404").ShouldBeEmpty();
        Text(Documents.Tool("{ responses: { 204: { description: none }, default: { description: error, content: { application/json: { schema: { type: object } } } } } }")).ShouldBeEmpty();
    }

    [Fact]
    public void it_stands_in_the_listing_is_stored_and_belongs_to_the_digest()
    {
        const string operation = "{ parameters: [{ name: outputSchema, in: query, schema: {} }], responses: { 200: { description: ok, content: { application/json: { schema: { type: object, title: T } } } } } }";
        var catalog = Documents.Import(Documents.Of($"{{ /a: {{ get: {operation} }} }}"));
        var stored = CatalogCodec.Decode(CatalogCodec.Encode(catalog)).Tools.ShouldHaveSingleItem();
        Text(stored).ShouldBe(Documented.Replace("$", """{"type":"object"}""", StringComparison.Ordinal));
        stored.Schema().GetProperty("properties").GetProperty("outputSchema").ShouldBeJson("{}");
        using var listing = JsonDocument.Parse("{" + Encoding.UTF8.GetString(stored.ListingMembers.Span) + "}");
        listing.RootElement.GetProperty("outputSchema").GetRawText().ShouldBe(Text(stored));
        Documents.Import(Documents.Of($"{{ /a: {{ get: {operation.Replace("type: object", "type: object, properties: { a: {} }", StringComparison.Ordinal)} }} }}"))
            .Tools[0].Digest.ShouldNotBe(stored.Digest);
        Documents.Import(Documents.Of($"{{ /a: {{ get: {operation.Replace(", title: T", "", StringComparison.Ordinal)} }} }}")).Tools[0].Digest.ShouldBe(stored.Digest);
    }
}
