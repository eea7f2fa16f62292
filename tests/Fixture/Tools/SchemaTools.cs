using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>Tools whose schemas matter.</summary>
internal static class SchemaTools
{
    public static IReadOnlyList<Entry> All { get; } =
    [
        Entry.Tool(
            "json_schema_2020_12_tool", "Tool with JSON Schema 2020-12 features", call => new(Reply.Text($"Called with {call.Arguments.ToJsonString()}")),
            """
            {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",
             "$defs":{"address":{"$anchor":"addressDef","type":"object","properties":{"street":{"type":"string"},"city":{"type":"string"}}}},
             "properties":{"name":{"type":"string"},"address":{"$ref":"#/$defs/address"},"contactMethod":{"type":"string","enum":["phone","email"]},"phone":{"type":"string"},"email":{"type":"string"}},
             "allOf":[{"anyOf":[{"required":["phone"]},{"required":["email"]}]}],
             "if":{"properties":{"contactMethod":{"const":"phone"}},"required":["contactMethod"]},"then":{"required":["phone"]},"else":{"required":["email"]},
             "additionalProperties":false}
            """),
        Entry.Tool(
            "fixture_structured", "Returns structured content that its output schema describes",
            call =>
            {
                var city = call.Text("city", "Oslo");
                var result = Reply.Text($"{city}: 21.50");
                // The number keeps its trailing zero only where nobody rewrites the result.
                result["structuredContent"] = Rpc.Parse($$$"""{"city":{{{JsonValue.Create(city).ToJsonString()}}},"temperature":21.50,"unknown":{"kept":true}}""");
                return new(result);
            },
            """{"type":"object","properties":{"city":{"type":"string"}}}""",
            """
            {"outputSchema":{"type":"object","properties":{"city":{"type":"string"},"temperature":{"type":"number"}},"required":["city","temperature"]},
             "annotations":{"title":"Weather","readOnlyHint":true,"futureHint":"kept"}}
            """),
        Entry.Tool(
            "fixture_header_parameters", "Takes parameters that 2026-07-28 clients repeat in headers", call => new(Reply.Text(call.Arguments.ToJsonString())),
            """
            {"type":"object","properties":{
              "region":{"type":"string","x-mcp-header":"Region"},
              "count":{"type":"integer","x-mcp-header":"Count"},
              "exact":{"type":"boolean","x-mcp-header":"Exact"},
              "nested":{"type":"object","properties":{"tenant":{"type":"string","x-mcp-header":"Tenant"}}}}}
            """),
        Entry.Tool(
            "fixture_echo", "Returns its arguments and the _meta of the call",
            call =>
            {
                var result = Reply.Text(call.Arguments.ToJsonString());
                result["_meta"] = new JsonObject { ["example.com/meta"] = call.Meta.DeepClone() };
                return new(result);
            },
            """{"type":"object","additionalProperties":true}"""),
    ];
}
