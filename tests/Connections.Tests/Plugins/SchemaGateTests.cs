using System.Text.Json.Nodes;

namespace Toolgate.Connections.Tests.Plugins;

/// <summary>The subset of JSON Schema: a schema with one fault gives that fault and no other.</summary>
public sealed class SchemaGateTests
{
    private const string Root = "/mcpTools/1/inputSchema";
    private const string Property = Root + "/properties/from";

    [Theory]
    [InlineData("""{ "type": "string", "enum": ["a", "b"], "format": "date-time", "minLength": 1, "maxLength": 2, "pattern": "^[a-z]$", "title": "T", "description": "D", "default": "a" }""")]
    [InlineData("""{ "type": "number", "minimum": -1.5, "maximum": 1.5, "default": 0.5 }""")]
    [InlineData("""{ "type": "integer", "enum": [1, 2], "default": 2 }""")]
    [InlineData("""{ "type": "boolean", "default": true }""")]
    [InlineData("""{ "type": "array", "items": { "type": "integer" }, "minItems": 1, "maxItems": 1, "default": [1] }""")]
    [InlineData("""{ "type": "string", "pattern": "(a+)+$" }""")]
    [InlineData("""{ "type": "string", "description": "Two\nlines." }""")]
    public void Every_keyword_of_the_subset_is_accepted(string schema) => Manifests.Valid(Manifests.With(manifest => manifest.Set(Property, schema)));

    [Fact]
    public void Objects_nest_and_say_what_else_they_take()
        => Manifests.Valid(Manifests.With(manifest => manifest.Set(
            "/mcpTools/0/inputSchema/properties/title",
            """{ "type": "object", "properties": { "a": { "type": "object", "additionalProperties": { "type": "string" } } }, "required": ["a"], "additionalProperties": true, "default": { "a": { "x": "y" } } }""")));

    [Theory]
    [InlineData("null", "", "wrong_type")]
    [InlineData("true", "", "wrong_type")]
    [InlineData("[]", "", "wrong_type")]
    [InlineData("{}", "/type", "required")]
    [InlineData("""{ "type": "strng" }""", "/type", "unknown_type")]
    [InlineData("""{ "type": "null" }""", "/type", "unknown_type")]
    [InlineData("""{ "type": "constructor" }""", "/type", "unknown_type")]
    [InlineData("""{ "type": ["string", "null"] }""", "/type", "unknown_type")]
    [InlineData("""{ "type": null }""", "/type", "unknown_type")]
    [InlineData("""{ "type": "string", "$ref": "#/x" }""", "/$ref", "unsupported_keyword")]
    [InlineData("""{ "type": "string", "anyOf": [] }""", "/anyOf", "unsupported_keyword")]
    [InlineData("""{ "type": "string", "const": "a" }""", "/const", "unsupported_keyword")]
    [InlineData("""{ "type": "string", "x-a/b~c": 1 }""", "/x-a~1b~0c", "unsupported_keyword")]
    [InlineData("""{ "type": "string", "minimum": 1 }""", "/minimum", "keyword_not_for_type")]
    [InlineData("""{ "type": "integer", "pattern": "a" }""", "/pattern", "keyword_not_for_type")]
    [InlineData("""{ "type": "boolean", "enum": [true] }""", "/enum", "keyword_not_for_type")]
    [InlineData("""{ "type": "string", "title": 5 }""", "/title", "invalid_keyword")]
    [InlineData("""{ "type": "string", "title": "a\nb" }""", "/title", "invalid_text")]
    [InlineData("""{ "type": "string", "description": "a\u202eb" }""", "/description", "invalid_text")]
    [InlineData("""{ "type": "string", "format": "Not A Format" }""", "/format", "invalid_keyword")]
    [InlineData("""{ "type": "string", "minLength": -1 }""", "/minLength", "invalid_keyword")]
    [InlineData("""{ "type": "string", "minLength": 1.5 }""", "/minLength", "invalid_keyword")]
    [InlineData("""{ "type": "string", "maxLength": "9" }""", "/maxLength", "invalid_keyword")]
    [InlineData("""{ "type": "string", "minLength": 3, "maxLength": 2 }""", "/minLength", "min_over_max")]
    [InlineData("""{ "type": "number", "minimum": 3, "maximum": 2.5 }""", "/minimum", "min_over_max")]
    [InlineData("""{ "type": "number", "minimum": "3" }""", "/minimum", "invalid_keyword")]
    [InlineData("""{ "type": "array", "items": { "type": "string" }, "minItems": 3, "maxItems": 2 }""", "/minItems", "min_over_max")]
    [InlineData("""{ "type": "string", "pattern": 5 }""", "/pattern", "invalid_keyword")]
    [InlineData("""{ "type": "string", "pattern": "[" }""", "/pattern", "invalid_pattern")]
    [InlineData("""{ "type": "string", "pattern": "(?=a)" }""", "/pattern", "invalid_pattern")]
    [InlineData("""{ "type": "string", "pattern": "(a)\\1" }""", "/pattern", "invalid_pattern")]
    [InlineData("""{ "type": "string", "pattern": "((a{1,100}){1,100}){1,100}" }""", "/pattern", "invalid_pattern")]
    [InlineData("""{ "type": "string", "enum": [] }""", "/enum", "invalid_enum")]
    [InlineData("""{ "type": "string", "enum": "a" }""", "/enum", "invalid_enum")]
    [InlineData("""{ "type": "string", "enum": ["a", 1] }""", "/enum/1", "invalid_enum")]
    [InlineData("""{ "type": "string", "enum": ["a", "a"] }""", "/enum/1", "invalid_enum")]
    [InlineData("""{ "type": "string", "enum": ["a", null] }""", "/enum/1", "invalid_enum")]
    [InlineData("""{ "type": "string", "enum": ["abc"], "maxLength": 2 }""", "/enum/0", "invalid_enum")]
    [InlineData("""{ "type": "integer", "enum": [1, 1.0] }""", "/enum/1", "invalid_enum")]
    [InlineData("""{ "type": "integer", "enum": [1, 1.5] }""", "/enum/1", "invalid_enum")]
    [InlineData("""{ "type": "integer", "default": "1" }""", "/default", "invalid_default")]
    [InlineData("""{ "type": "integer", "default": 1.5 }""", "/default", "invalid_default")]
    [InlineData("""{ "type": "string", "default": null }""", "/default", "invalid_default")]
    [InlineData("""{ "type": "string", "enum": ["a"], "default": "b" }""", "/default", "invalid_default")]
    [InlineData("""{ "type": "string", "pattern": "^a$", "default": "a\n" }""", "/default", "invalid_default")]
    [InlineData("""{ "type": "array", "items": { "type": "string" }, "default": [1] }""", "/default", "invalid_default")]
    [InlineData("""{ "type": "array", "items": true }""", "/items", "wrong_type")]
    [InlineData("""{ "type": "array", "items": [{ "type": "string" }] }""", "/items", "wrong_type")]
    public void One_broken_keyword_is_one_fault(string schema, string pointer, string code)
        => Manifests.Read(Manifests.With(manifest => manifest.Set(Property, schema))).Faults
            .Where(fault => fault.Code != "query_needs_scalars").Select(fault => (fault.Pointer, fault.Code)).ShouldBe([(Property + pointer, code)]);

    [Theory]
    [InlineData("""{ "type": "string" }""", "/type", "root_not_object")]
    [InlineData("""{ "type": "array" }""", "/type", "root_not_object")]
    [InlineData("""{ "properties": {} }""", "/type", "required")]
    [InlineData("[]", "", "wrong_type")]
    [InlineData("true", "", "wrong_type")]
    [InlineData("""{ "type": "object", "properties": [] }""", "/properties", "invalid_keyword")]
    [InlineData("""{ "type": "object", "properties": { "a": null } }""", "/properties/a", "wrong_type")]
    [InlineData("""{ "type": "object", "properties": { "1a": { "type": "string" } } }""", "/properties/1a", "invalid_property_name")]
    [InlineData("""{ "type": "object", "properties": { "": { "type": "string" } } }""", "/properties/", "invalid_property_name")]
    [InlineData("""{ "type": "object", "properties": { "a\n": { "type": "string" } } }""", "/properties/a\n", "invalid_property_name")]
    [InlineData("""{ "type": "object", "required": ["a"] }""", "/required/0", "required_undeclared")]
    [InlineData("""{ "type": "object", "properties": { "a": { "type": "string" } }, "required": ["toString"] }""", "/required/0", "required_undeclared")]
    [InlineData("""{ "type": "object", "properties": { "a": { "type": "string" } }, "required": ["a", "a"] }""", "/required/1", "duplicate")]
    [InlineData("""{ "type": "object", "required": "a" }""", "/required", "invalid_keyword")]
    [InlineData("""{ "type": "object", "required": [1] }""", "/required", "invalid_keyword")]
    [InlineData("""{ "type": "object", "additionalProperties": "no" }""", "/additionalProperties", "wrong_type")]
    [InlineData("""{ "type": "object", "default": [] }""", "/default", "invalid_default")]
    [InlineData("""{ "type": "object", "patternProperties": {} }""", "/patternProperties", "unsupported_keyword")]
    public void The_root_of_input_and_output_is_an_object_schema(string schema, string pointer, string code)
    {
        foreach (var member in new[] { "inputSchema", "outputSchema" })
        {
            Manifests.Read(Manifests.With(manifest => manifest.Set("/mcpTools/1/" + member, schema))).Faults
                .Select(fault => (fault.Pointer, fault.Code)).ShouldBe([($"/mcpTools/1/{member}{pointer}", code)]);
        }
    }

    [Fact]
    public void Eight_levels_are_accepted_and_nine_are_not()
    {
        Manifests.Valid(Manifests.With(manifest => manifest.Set("/mcpTools/0/outputSchema", Nested(8))));
        Manifests.Read(Manifests.With(manifest => manifest.Set("/mcpTools/0/outputSchema", Nested(9)))).Faults.ShouldHaveSingleItem().Code.ShouldBe("schema_too_deep");
    }

    [Fact]
    public void A_schema_of_ten_thousand_levels_is_one_fault_and_no_stack_overflow()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"type\":\"array\",\"items\":", 10_000)) + "1" + new string('}', 10_000);
        var text = Manifests.Calendar.Replace("\"inputSchema\": { \"type\": \"object\", \"properties\": { \"from\"", $"\"outputSchema\": {deep}, \"inputSchema\": {{ \"type\": \"object\", \"properties\": {{ \"from\"", StringComparison.Ordinal);
        text.Length.ShouldBeLessThan(PluginLimits.DocumentBytes * 2);
        var fault = Manifests.Read(text.Length <= PluginLimits.DocumentBytes ? text : new string('[', 10_000)).Faults.ShouldHaveSingleItem();
        fault.Code.ShouldBe("too_deep");
    }

    [Theory]
    [InlineData(256, null)]
    [InlineData(257, "schema_too_many_nodes")]
    public void A_schema_holds_256_schemas_and_no_more(int nodes, string? code)
    {
        // The root, four objects, and the rest in them.
        var left = nodes - 5;
        var groups = new JsonObject();
        for (var group = 0; group < 4; group++)
        {
            var count = group == 3 ? left - (3 * 63) : 63;
            groups["g" + group] = new JsonObject { ["type"] = "object", ["properties"] = Properties(count) };
        }

        Codes(new JsonObject { ["type"] = "object", ["properties"] = groups }).ShouldBe(code is null ? [] : [code]);
    }

    [Theory]
    [InlineData(64, null)]
    [InlineData(65, "too_many")]
    public void An_object_has_64_properties_and_no_more(int count, string? code)
        => Codes(new JsonObject { ["type"] = "object", ["properties"] = Properties(count) }).ShouldBe(code is null ? [] : [code]);

    [Theory]
    [InlineData(0, null)]
    [InlineData(1, "schema_too_large")]
    public void A_schema_has_32_kib_in_canonical_form_and_no_more(int more, string? code)
    {
        // An enum of long texts fills it up; the last text takes what is missing to the byte.
        var values = new JsonArray();
        for (var i = 0; i < 99; i++)
        {
            values.Add(i.ToString("d3", System.Globalization.CultureInfo.InvariantCulture) + new string('x', 253));
        }

        var schema = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["a"] = new JsonObject { ["type"] = "string", ["enum"] = values } } };
        var property = new JsonObject();
        schema["properties"]!["b"] = new JsonObject { ["type"] = "object", ["properties"] = property };
        for (var i = 0; Length(schema) < PluginLimits.SchemaBytes - 1_000; i++)
        {
            property["p" + i] = new JsonObject { ["type"] = "string", ["description"] = new string('y', 800) };
        }

        schema["description"] = "z";
        schema["description"] = new string('z', 1 + PluginLimits.SchemaBytes - Length(schema) + more);
        Length(schema).ShouldBe(PluginLimits.SchemaBytes + more);
        schema["description"]!.GetValue<string>().Length.ShouldBeInRange(1, PluginLimits.Description);
        Codes(schema).ShouldBe(code is null ? [] : [code]);
    }

    [Theory]
    [InlineData(100, 256, null)]
    [InlineData(101, 256, "invalid_enum")]
    [InlineData(100, 257, "invalid_enum")]
    public void An_enum_has_100_values_of_256_characters_and_no_more(int count, int length, string? code)
    {
        var values = new JsonArray();
        for (var i = 0; i < count; i++)
        {
            values.Add(i.ToString("d3", System.Globalization.CultureInfo.InvariantCulture) + (i == 0 ? new string('x', length - 3) : ""));
        }

        Codes(new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["a"] = new JsonObject { ["type"] = "string", ["enum"] = values } } })
            .ShouldBe(code is null ? [] : [code]);
    }

    [Theory]
    [InlineData(256, null)]
    [InlineData(257, "invalid_pattern")]
    public void A_pattern_has_256_characters_and_no_more(int length, string? code)
        => Codes(new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["a"] = new JsonObject { ["type"] = "string", ["pattern"] = new string('a', length) } } })
            .ShouldBe(code is null ? [] : [code]);

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void A_property_has_64_characters_and_no_more(int length, bool accepted)
        => Codes(new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { [new string('a', length)] = new JsonObject { ["type"] = "string" } } })
            .ShouldBe(accepted ? [] : ["invalid_property_name"]);

    private static string Nested(int levels)
        => string.Concat(Enumerable.Repeat("""{"type":"object","properties":{"a":""", levels - 1)) + """{"type":"object"}""" + string.Concat(Enumerable.Repeat("}}", levels - 1));

    private static JsonObject Properties(int count)
        => new(Enumerable.Range(0, count).Select(i => KeyValuePair.Create("p" + i, (JsonNode?)new JsonObject { ["type"] = "string" })));

    private static string[] Codes(JsonObject schema)
        => [.. Manifests.Read(Manifests.With(manifest => manifest.Set("/mcpTools/0/outputSchema", schema.ToJsonString()))).Faults.Select(fault => fault.Code)];

    private static int Length(JsonObject schema)
    {
        using var document = System.Text.Json.JsonDocument.Parse(schema.ToJsonString());
        return CanonicalJson.Of(document.RootElement).Length;
    }
}
