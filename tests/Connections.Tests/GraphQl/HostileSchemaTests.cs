using System.Text;

namespace Toolgate.Connections.Tests.GraphQl;

/// <summary>Schemas that mean harm, or whose makers did not mean it: a clear refusal or diagnostics, never a crash, and never more lost than what is broken.</summary>
public sealed class HostileSchemaTests
{
    private const string Whole = """{"kind":"OBJECT","name":"Query","fields":[{"name":"good","args":[],"type":{"kind":"SCALAR","name":"Int"}}REST]}""";

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("not a schema")]
    [InlineData("<html><body>Sign in</body></html>")]
    [InlineData("\0\0\0")]
    public void what_is_no_schema_is_refused(string text) => Api.Refused(text).Code.ShouldBe(text.Trim().Length == 0 ? "no_root_type" : "invalid_sdl");

    [Theory]
    [InlineData("{", "invalid_json")]
    [InlineData("{}", "not_introspection")]
    [InlineData("{\"data\":null,\"errors\":[]}", "not_introspection")]
    [InlineData("{\"__schema\":[]}", "not_introspection")]
    [InlineData("{\"__schema\":{}}", "no_root_type")]
    [InlineData("{\"__schema\":{\"types\":7,\"queryType\":\"Query\"}}", "no_root_type")]
    [InlineData("{\"__schema\":{\"queryType\":{\"name\":\"Query\"},\"types\":[]}}", "no_root_type")]
    [InlineData("{\"__schema\":{},\"__schema\":{}}", "invalid_json")]
    public void json_that_is_no_introspection_is_refused(string text, string code) => Api.Refused(text).Code.ShouldBe(code);

    [Fact]
    public void text_that_is_no_utf8_is_refused()
        => GraphQlCompiler.Compile(new byte[] { (byte)'t', 0xFF, 0xFE }, Api.Options).ShouldBeOfType<GraphQlImport.Refused>().Error.Code.ShouldBe("invalid_sdl");

    [Theory]
    [InlineData("""{"name":"bad","args":[],"type":{"kind":"SCALAR","name":"Nothing"}}""", "/Query/bad unknown_type")]
    [InlineData("""{"name":"bad name","args":[],"type":{"kind":"SCALAR","name":"Int"}}""", "/Query/bad name invalid_name")]
    [InlineData("""{"name":"bad","args":[],"type":null}""", "/Query/bad invalid_type")]
    [InlineData("""{"name":"bad","args":[],"type":{"kind":"LIST","ofType":null}}""", "/Query/bad invalid_type")]
    [InlineData("""{"name":"bad","args":[],"type":{"kind":"NON_NULL","ofType":{"kind":"NON_NULL","ofType":{"kind":"SCALAR","name":"Int"}}}}""", "/Query/bad invalid_type")]
    [InlineData("""{"name":"bad","args":[],"type":{"kind":"SCALAR","name":"Int!"}}""", "/Query/bad invalid_type")]
    [InlineData("""{"name":"bad","args":[{"name":"a","type":{"kind":"OBJECT","name":"Query"}}],"type":{"kind":"SCALAR","name":"Int"}}""", "/Query/bad/a invalid_type|/Query/bad invalid_argument")]
    [InlineData("""{"name":"bad","args":[{"name":"a","type":{"kind":"SCALAR","name":"Int"}},{"name":"a","type":{"kind":"SCALAR","name":"Int"}}],"type":{"kind":"SCALAR","name":"Int"}}""", "/Query/bad/a duplicate_name|/Query/bad invalid_argument")]
    [InlineData("""{"name":"good","args":[],"type":{"kind":"SCALAR","name":"String"}}""", "/Query/good duplicate_name")]
    [InlineData("""{"name":7,"args":[],"type":{"kind":"SCALAR","name":"Int"}}""", "/Query/fields/1 unreadable")]
    [InlineData("""{"name":"\uD800","args":[],"type":{"kind":"SCALAR","name":"Int"}}""", "/Query/fields/1 unreadable")]
    [InlineData("\"a field\"", "/Query/fields/1 unreadable")]
    [InlineData("null", "/Query/fields/1 unreadable")]
    public void a_fault_in_one_field_costs_that_field(string field, string codes)
    {
        var catalog = Introspected("," + field);
        catalog.Tools.ShouldHaveSingleItem().Name.ShouldBe("query.good");
        catalog.Codes().ShouldBe(codes.Split('|'));
    }

    [Theory]
    [InlineData("""{"kind":"OBJECT","name":"Query","fields":[]}""", "/Query duplicate_type")]
    [InlineData("""{"kind":"OBJECT","name":"no-name","fields":[]}""", "/no-name invalid_name")]
    [InlineData("""{"kind":"OBJECT","name":"Int","fields":[]}""", "/Int invalid_type")]
    [InlineData("""{"kind":"CLASS","name":"X"}""", "/types/1 unreadable")]
    [InlineData("""{"kind":"OBJECT"}""", "/types/1 unreadable")]
    [InlineData("[]", "/types/1 unreadable")]
    [InlineData("""{"kind":"ENUM","name":"E","enumValues":[{"name":"true"},{"name":"A"},{"name":"A"}]}""", "/E/true invalid_name|/E/A invalid_name")]
    [InlineData("""{"kind":"UNION","name":"U","possibleTypes":[{"name":"Query"},{"name":"Gone"}]}""", "/U/Gone unknown_type")]
    public void a_fault_in_one_type_costs_that_type(string type, string codes)
    {
        var catalog = Introspected("", "," + type);
        catalog.Tools.ShouldHaveSingleItem().Name.ShouldBe("query.good");
        catalog.Codes().ShouldBe(codes.Split('|'));
    }

    [Theory]
    [InlineData(17)]
    [InlineData(1_000)]
    public void wrappers_that_nest_without_end_cost_their_field(int depth)
    {
        var type = string.Concat(Enumerable.Repeat("""{"kind":"LIST","ofType":""", depth)) + """{"kind":"SCALAR","name":"Int"}""" + new string('}', depth);
        var catalog = Introspected(",{\"name\":\"deep\",\"args\":[],\"type\":" + type + "}");
        catalog.Codes().ShouldBe(["/Query/deep invalid_type"]);
        catalog.Tools.ShouldHaveSingleItem();
    }

    [Fact]
    public void json_that_nests_beyond_reason_is_refused() => Api.Refused("{\"__schema\":" + new string('[', 100_000)).Code.ShouldBe("invalid_json");

    [Fact]
    public void types_that_hold_themselves_end()
    {
        var catalog = Api.Import("""
            interface I implements I { i: I x: Int }
            type Query implements I { i: I x: Int u: U it(a: In!): A }
            type A { a: A! b: B! } type B { a: A! x: Int }
            union U = Query | A
            input In { self: In! list: [In!]! }
            """);
        catalog.Tool("query.it").Binding().Selection.ShouldBe("{ b { x } }");
        catalog.Tools.ShouldAllBe(tool => CompiledSchema.Compile(tool.InputSchema).Schema != null);
    }

    [Fact]
    public void names_beyond_measure_cost_what_they_name()
    {
        var name = new string('a', SchemaAssembly.MaxName + 1);
        var catalog = Api.Import($"type Query {{ good: Int {name}: Int fine({name}: Int): Int }} type {name} {{ x: Int }}");
        catalog.Tools.ShouldHaveSingleItem().Name.ShouldBe("query.good");
        catalog.Diagnostics.Length.ShouldBe(4);
        catalog.Diagnostics.ShouldAllBe(diagnostic => diagnostic.Pointer.Length < 400 && diagnostic.Message.Length < 400);
    }

    [Fact]
    public void a_hundred_thousand_faults_make_a_bounded_list()
    {
        var fields = new StringBuilder();
        for (var i = 0; i < 100_000; i++)
        {
            fields.Append(System.Globalization.CultureInfo.InvariantCulture, $" f{i}: Nothing");
        }

        var catalog = Api.Import($"type Query {{ good: Int {fields} }}");
        catalog.Tools.ShouldHaveSingleItem();
        catalog.Diagnostics.Length.ShouldBe(201);
        catalog.Diagnostics[^1].Code.ShouldBe("more_diagnostics");
    }

    [Fact]
    public void more_tools_than_anyone_can_use_are_cut_off()
    {
        var fields = string.Join(' ', Enumerable.Range(0, GraphQlCompiler.MaxTools + 5).Select(i => $"f{i}: Int"));
        var catalog = Api.Import($"type Query {{ {fields} }}");
        catalog.Tools.Length.ShouldBe(GraphQlCompiler.MaxTools);
        catalog.Codes().Count(code => code.EndsWith("too_many_tools", StringComparison.Ordinal)).ShouldBe(5);
    }

    [Fact]
    public void types_of_thousands_of_fields_that_lead_nowhere_cost_little()
    {
        // Followed to the third level these are 27 billion paths.
        var hub = string.Join(' ', Enumerable.Range(0, 3_000).Select(i => $"f{i}: B"));
        var roots = string.Join(' ', Enumerable.Range(0, 200).Select(i => $"type R{i} {{ a: A }}"));
        var catalog = Api.Import($"type Query {{ {string.Join(' ', Enumerable.Range(0, 200).Select(i => $"r{i}: R{i}"))} }} {roots} "
            + $"type A {{ {hub} }} type B {{ {hub.Replace(": B", ": C", StringComparison.Ordinal)} }} type C {{ {hub.Replace(": B", ": A", StringComparison.Ordinal)} }}");
        catalog.Tools.Length.ShouldBe(200);
        catalog.Tools.ShouldAllBe(tool => tool.Binding().Selection == "{ __typename }");
        catalog.Tools.ShouldAllBe(tool => tool.ListingMembers.Length < 4_096);
    }

    [Fact]
    public void a_default_of_a_megabyte_is_not_shown_and_holds_all_the_same()
    {
        var items = string.Join(' ', Enumerable.Range(0, 100_000).Select(i => $"V{i}"));
        var tool = Api.Import($"enum E {{ {items} }} type Query {{ it(a: [E!]! = [{items}], b: [E!]! = [V1]): Int }}").Tools.Single();
        tool.Schema()["required"].ShouldBeNull();
        tool.Schema()["properties"]!["a"]!.AsObject().ContainsKey("default").ShouldBeFalse();
        tool.Schema()["properties"]!["b"]!["default"]!.ToJsonString().ShouldBe("[\"V1\"]");
        tool.InputSchema.Length.ShouldBeLessThan(ArgumentTyping.MaxBytes);
    }

    [Fact]
    public void a_field_of_too_many_arguments_is_left_out()
    {
        var arguments = string.Join(' ', Enumerable.Range(0, 20_000).Select(i => $"argument{i}: Int"));
        var catalog = Api.Import($"type Query {{ good: Int bad({arguments}): Int }}");
        catalog.Tools.ShouldHaveSingleItem().Name.ShouldBe("query.good");
        catalog.Codes().ShouldBe(["/Query/bad schema_too_large"]);
    }

    [Fact]
    public void descriptions_of_a_megabyte_are_cut()
    {
        var text = new string('x', 1 << 20);
        var tool = Api.Import($"type Query {{ \"{text}\" it(\"{text}\" a: E): Int }} \"{text}\" enum E {{ \"{text}\" A }}").Tools.Single();
        tool.ListingMembers.Length.ShouldBeLessThan(16 * 1024);
    }

    private static SourceCatalog Introspected(string fields, string types = "")
        => Api.Import("{\"__schema\":{\"queryType\":{\"name\":\"Query\"},\"types\":[" + Whole.Replace("REST", fields, StringComparison.Ordinal) + types + "]}}");
}
