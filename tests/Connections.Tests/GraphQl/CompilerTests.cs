using System.Text.Json.Nodes;
using Toolgate.Connections.Tests.Hosting;

namespace Toolgate.Connections.Tests.GraphQl;

public sealed class CompilerTests
{
    private const string Types = """
        "A moment."
        scalar DateTime @specifiedBy(url: "https://example.com/dt")
        "Colours." enum Color { "Warm." RED BLUE @deprecated(reason: "Use RED.") }
        input Tree { name: String! = "x" children: [Tree!] color: Color when: DateTime! old: Int @deprecated }
        input One @oneOf { a: Int b: String }
        type Thing { id: ID! }
        """;

    [Theory]
    [InlineData("Int", """{"type":["integer","null"],"minimum":-2147483648,"maximum":2147483647}""")]
    [InlineData("Int!", """{"type":"integer","minimum":-2147483648,"maximum":2147483647}""")]
    [InlineData("Float!", """{"type":"number"}""")]
    [InlineData("String", """{"type":["string","null"]}""")]
    [InlineData("Boolean! = true", """{"default":true,"type":"boolean"}""")]
    [InlineData("ID!", """{"type":["string","integer"]}""")]
    [InlineData("[[Float!]]!", """{"type":"array","items":{"type":["array","null"],"items":{"type":"number"}}}""")]
    [InlineData("Color! = RED", """{"default":"RED","$ref":"#/$defs/Color"}""")]
    [InlineData("Color", """{"anyOf":[{"$ref":"#/$defs/Color"},{"type":"null"}]}""")]
    [InlineData("[Tree!]! = []", """{"default":[],"type":"array","items":{"$ref":"#/$defs/Tree"}}""")]
    [InlineData("DateTime", """{"description":"Scalar DateTime: A moment. Specified by https://example.com/dt"}""")]
    [InlineData("DateTime!", """{"description":"Scalar DateTime: A moment. Specified by https://example.com/dt","type":["string","number","boolean","object","array"]}""")]
    [InlineData("Int = \"no number\"", """{"type":["integer","null"],"minimum":-2147483648,"maximum":2147483647}""")]
    [InlineData("Int @deprecated(reason: \"r\")", """{"description":"Deprecated: r","deprecated":true,"type":["integer","null"],"minimum":-2147483648,"maximum":2147483647}""")]
    public void an_argument_has_the_schema_of_its_type(string type, string schema)
    {
        var tool = Api.Import($"type Query {{ it(a: {type}): Int }} {Types}").Tool("query.it");
        JsonNode.DeepEquals(JsonNode.Parse(tool.Property("a")), JsonNode.Parse(schema)).ShouldBeTrue(tool.Property("a"));
        CompiledSchema.Compile(tool.InputSchema).Diagnostics.ShouldBeEmpty();
    }

    [Fact]
    public void what_must_be_given_is_required_and_nothing_else_is()
    {
        var schema = Api.Import($"type Query {{ it(a: Int!, b: Int! = 1, c: Int, d: Tree): Int }} {Types}").Tool("query.it").Schema();
        schema["required"].Strings().ShouldBe(["a"]);
        schema["additionalProperties"]!.GetValue<bool>().ShouldBeFalse();
        schema["$defs"]!["Tree"]!["required"].Strings().ShouldBe(["when"]);
    }

    [Fact]
    public void recursive_input_objects_and_enums_stand_once_in_defs()
    {
        var definitions = Api.Import($"type Query {{ it(a: Tree, b: [Tree]): Int }} {Types}").Tool("query.it").Schema()["$defs"]!.AsObject();
        definitions.Select(definition => definition.Key).ShouldBe(["Tree", "Color"]);
        definitions["Tree"]!["properties"]!["children"]!["items"]!["$ref"]!.GetValue<string>().ShouldBe("#/$defs/Tree");
        definitions["Tree"]!["properties"]!["old"]!["deprecated"]!.GetValue<bool>().ShouldBeTrue();
        definitions["Color"]!["enum"].Strings().ShouldBe(["RED", "BLUE"]);
        definitions["Color"]!["description"]!.GetValue<string>().ShouldBe("Colours.\n- RED: Warm.\n- BLUE: Deprecated: Use RED.");
    }

    [Theory]
    [InlineData("""{"a":{"when":"2026"}}""", true)]
    [InlineData("""{"a":{"when":"2026","children":[{"when":1,"color":"BLUE"}]}}""", true)]
    [InlineData("""{"a":null}""", true)]
    [InlineData("""{"a":{"when":null}}""", false)]
    [InlineData("""{"a":{"when":"2026","name":null}}""", false)]
    [InlineData("""{"a":{"when":"2026","color":"GREEN"}}""", false)]
    [InlineData("""{"a":{"when":"2026","more":1}}""", false)]
    [InlineData("""{"b":{"a":1}}""", true)]
    [InlineData("""{"b":{"a":1,"b":"x"}}""", false)]
    [InlineData("""{"b":{"a":null}}""", false)]
    [InlineData("""{"b":{}}""", false)]
    public void arguments_are_checked_as_the_server_would(string arguments, bool fits)
        => (ToolSchemas.Check(Api.Import($"type Query {{ it(a: Tree, b: One): Int }} {Types}").Tool("query.it"), arguments.Utf8()).Count == 0).ShouldBe(fits);

    [Fact]
    public void a_tool_says_what_it_is_and_what_it_does()
    {
        var catalog = Api.Import("""
            type Query { "Finds it." it: Thing plain: Int @deprecated(reason: "Use it.") }
            type Mutation { make(a: Int): Thing! }
            type Subscription { watch: Int }
            type Thing { id: ID! }
            """);
        catalog.Diagnostics.ShouldBeEmpty();
        catalog.Tools.Select(tool => tool.Name).ShouldBe(["mutation.make", "query.it", "query.plain"]);
        catalog.Tool("query.it").Description.ShouldBe("Finds it.\n\nReturns Thing.");
        catalog.Tool("query.plain").Description.ShouldBe("Deprecated: Use it.\n\nThe query plain.\n\nReturns Int.");
        var make = catalog.Tool("mutation.make");
        (make.ApprovalText, make.AsksByDefault, make.ChangesSomething).ShouldBe(("mutation make", true, true));
        System.Text.Encoding.UTF8.GetString(make.ListingMembers.Span).ShouldContain("\"readOnlyHint\":false,\"destructiveHint\":true");
        (catalog.Tool("query.it").AsksByDefault, catalog.Tool("query.it").ChangesSomething).ShouldBe((false, false));
    }

    [Theory]
    [InlineData("it: Int", null)]
    [InlineData("it: Thing", "select")]
    [InlineData("it(select: Int): Thing", "selection")]
    [InlineData("it(select: Int, selection: Int): Thing", "select_2")]
    [InlineData("it(select: Int): Int", null)]
    public void an_argument_that_is_named_select_keeps_its_name(string field, string? name)
    {
        var tool = Api.Import($"type Query {{ {field} }} {Types}").Tool("query.it");
        tool.Binding().SelectArgument.ShouldBe(name);
        foreach (var argument in tool.Binding().Variables)
        {
            tool.Property(argument).ShouldContain("integer");
        }
    }

    [Fact]
    public void a_variable_with_a_default_may_be_left_out()
    {
        var binding = Api.Import("type Query { it(a: Int! = 1, b: [Int!]!): Int }").Tool("query.it").Binding();
        binding.Operation(binding.Selection).ShouldBe("query it($a: Int, $b: [Int!]!) { it(a: $a, b: $b) }");
    }

    [Fact]
    public void the_digest_changes_with_what_a_caller_relies_on_and_with_nothing_else()
    {
        string Digest(string schema) => Api.Import(schema).Tool("query.it").Digest;
        var digest = Digest("type Query { it(a: Int): Thing } type Thing { id: ID! }");
        Digest("type Thing { id: ID! } type Query { it(a: Int): Thing }").ShouldBe(digest);
        Digest("type Query { other: Int it(a: Int): Thing } type Thing { id: ID! } type More { x: Int }").ShouldBe(digest);
        Digest("type Query { it(a: Int!): Thing } type Thing { id: ID! }").ShouldNotBe(digest);
        Digest("type Query { it(a: Int): Thing } type Thing { id: ID! name: String }").ShouldNotBe(digest);
        Digest("type Query { \"Text.\" it(a: Int): Thing } type Thing { id: ID! }").ShouldNotBe(digest);
    }

    [Fact]
    public void a_schema_that_reaches_all_of_itself_from_every_argument_stays_small()
    {
        var types = string.Join('\n', Enumerable.Range(0, 400).Select(i =>
            $"input T{i} {{ {string.Join(' ', Enumerable.Range(0, 20).Select(j => $"field{j}: T{(i * 7 + j * 13) % 400}"))} }}"));
        var tool = Api.Import($"type Query {{ it(where: T0): Int }} {types}").Tool("query.it");
        tool.InputSchema.Length.ShouldBeInRange(32 * 1024, 256 * 1024);
        CompiledSchema.Compile(tool.InputSchema).Diagnostics.ShouldBeEmpty();
        ToolSchemas.Check(tool, """{"where":{"field0":{"field1":{}}}}""".Utf8()).ShouldBeEmpty();
    }

    [Fact]
    public void the_stored_form_is_the_catalog_and_holds_the_types_once()
    {
        var catalog = Api.Import($"type Query {{ {string.Join(' ', Enumerable.Range(0, 100).Select(i => $"thing{i}(at: DateTime): Thing"))} }} {Types}");
        var encoded = CatalogCodec.Encode(catalog);
        var decoded = CatalogCodec.Decode(encoded);
        CatalogCodec.Encode(decoded).ShouldBe(encoded);
        decoded.Tools.Select(tool => tool.Binding().Types).Distinct().ShouldHaveSingleItem();
        decoded.Tools[0].Body("""{"select":"id"}""")["query"]!.GetValue<string>().ShouldBe("query thing0($at: DateTime) { thing0(at: $at) { id } }");
    }

    [Theory]
    [InlineData("""{"data":{"__schema":{"queryType":{"name":"Query"},"types":[{"kind":"OBJECT","name":"Query","fields":[{"name":"a","args":[],"type":{"kind":"SCALAR","name":"Int"}}]}]}}}""")]
    [InlineData("""  {"__schema":{"queryType":{"name":"Query"},"types":[{"kind":"OBJECT","name":"Query","fields":[{"name":"a","args":[],"type":{"kind":"SCALAR","name":"Int"}}]}]}}""")]
    public void introspection_is_read_with_and_without_its_envelope(string json) => Api.Import(json).Tools.ShouldHaveSingleItem().Name.ShouldBe("query.a");
}
