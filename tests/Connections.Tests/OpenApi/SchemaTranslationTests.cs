using System.Text.Json;

namespace Toolgate.Connections.Tests.OpenApi;

/// <summary>Schemas of documents as schemas of tools.</summary>
public sealed class SchemaTranslationTests
{
    [Theory]
    [InlineData("{ type: string, nullable: true }", """{"type":["string","null"]}""")]
    [InlineData("{ type: string, nullable: true, enum: [a, b] }", """{"type":["string","null"],"enum":["a","b",null]}""")]
    [InlineData("{ type: string, nullable: true, enum: [a, null] }", """{"type":["string","null"],"enum":["a",null]}""")]
    [InlineData("{ nullable: true, oneOf: [{ type: string }] }", """{"anyOf":[{"oneOf":[{"type":"string"}]},{"type":"null"}]}""")]
    [InlineData("{ type: integer, minimum: 1, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: false }", """{"type":"integer","exclusiveMinimum":1,"maximum":9}""")]
    [InlineData("{ type: string, example: x, xml: {}, externalDocs: {}, discriminator: {}, x-own: 1 }", """{"type":"string","examples":["x"]}""")]
    [InlineData("{ type: string, format: binary }", """{"type":"string","contentEncoding":"base64"}""")]
    [InlineData("{ type: object, properties: { type: { type: string } }, additionalProperties: false }", """{"type":"object","properties":{"type":{"type":"string"}},"additionalProperties":false}""")]
    public void openapi_3_0_words_are_translated(string schema, string expected) =>
        Body(schema, version: "3.0.3").ShouldBeJson(expected);

    [Theory]
    [InlineData("{ type: [string, 'null'], exclusiveMinimum: 1, const: 5 }", """{"type":["string","null"],"exclusiveMinimum":1,"const":5}""")]
    [InlineData("true", "true")]
    [InlineData("{ prefixItems: [{ type: string }], items: false }", """{"prefixItems":[{"type":"string"}],"items":false}""")]
    [InlineData("{ if: { required: [a] }, then: { required: [b] }, patternProperties: { '^x': true } }", """{"if":{"required":["a"]},"then":{"required":["b"]},"patternProperties":{"^x":true}}""")]
    [InlineData("{ type: string, nullable: true }", """{"type":"string"}""")]
    public void openapi_3_1_is_json_schema_already(string schema, string expected) => Body(schema).ShouldBeJson(expected);

    [Fact]
    public void references_become_definitions_of_this_tool_only_and_cycles_are_fine()
    {
        var tool = Documents.Tool(
            "{ requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Node' } } } } }",
            rest: "components: { schemas: { Node: { type: object, properties: { next: { $ref: '#/components/schemas/Node' }, leaf: { $ref: '#/components/schemas/Leaf' } } }, Leaf: { type: string }, Other: { type: string } } }");
        tool.Schema().ShouldBeJson("""
            {"type":"object","properties":{"body":{"$ref":"#/$defs/Node"}},"required":["body"],"additionalProperties":false,
             "$defs":{"Node":{"type":"object","properties":{"next":{"$ref":"#/$defs/Node"},"leaf":{"$ref":"#/$defs/Leaf"}}},"Leaf":{"type":"string"}}}
            """);
        ToolSchemas.Check(tool, """{"body":{"next":{"next":{"leaf":1}}}}"""u8.ToArray()).ShouldHaveSingleItem().ShouldBe(
            new ArgumentFault("/body/next/next/leaf", "type", "This must be a string, not a number."));
    }

    [Fact]
    public void definitions_whose_names_meet_are_numbered_and_odd_names_are_made_plain()
    {
        var schema = Documents.Tool("{ parameters: [{ name: a, in: query, schema: { $ref: '#/components/schemas/A' } }, { name: b, in: query, schema: { $ref: '#/components/x-more/A' } }, { name: c, in: query, schema: { $ref: '#/components/schemas/Odd%20~1Name' } }] }",
            rest: "components: { schemas: { A: { type: string }, 'Odd /Name': {} }, x-more: { A: { type: integer } } }").Schema();
        schema.GetProperty("$defs").ShouldBeJson("""{"A":{"type":"string"},"Odd__Name":{},"A_2":{"type":"integer"}}""");
        schema.GetProperty("properties").GetProperty("b").ShouldBeJson("""{"$ref":"#/$defs/A_2"}""");
    }

    [Fact]
    public void read_only_properties_leave_with_what_requires_them()
    {
        Body("{ allOf: [{ $ref: '#/components/schemas/Base' }, { type: object, required: [id, name], properties: { stamp: { $ref: '#/components/schemas/Stamp' }, name: {} } }] }",
            "components: { schemas: { Base: { required: [id], properties: { id: { type: integer, readOnly: true }, secret: { type: string, writeOnly: true } } }, Stamp: { type: string, readOnly: true } } }")
            .ShouldBeJson("""{"allOf":[{"$ref":"#/$defs/Base"},{"type":"object","required":["name"],"properties":{"name":{}}}]}""");
    }

    [Fact]
    public void a_schema_that_only_refers_to_itself_drops_its_operation()
    {
        var catalog = Documents.Import(Documents.Of("{ /a: { post: { requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/A' } } } } } } }",
            "components: { schemas: { A: { $ref: '#/components/schemas/B' }, B: { allOf: [{ $ref: '#/components/schemas/A' }] } } }"));
        catalog.Tools.ShouldBeEmpty();
        catalog.Diagnostics.ShouldHaveSingleItem().Message.ShouldContain("refers to itself");
    }

    [Fact]
    public void a_chain_of_ten_thousand_references_takes_no_stack()
    {
        var schemas = string.Join(", ", Enumerable.Range(0, 10_000).Select(i => $"S{i}: {{ properties: {{ n: {{ $ref: '#/components/schemas/S{i + 1}' }} }} }}"));
        var tool = Documents.Tool("{ requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/S0' } } } } }", rest: $"components: {{ schemas: {{ {schemas}, S10000: {{ type: string }} }} }}");
        ToolSchemas.Check(tool, """{"body":{"n":{"n":{}}}}"""u8.ToArray()).ShouldBeEmpty();
    }

    private static JsonElement Body(string schema, string rest = "", string version = "3.1.0") => Documents.Tool(
        $"{{ requestBody: {{ content: {{ application/json: {{ schema: {schema} }} }} }} }}", rest: rest, version: version).Schema().GetProperty("properties").GetProperty("body");
}
