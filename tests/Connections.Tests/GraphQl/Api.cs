using System.Text.Json.Nodes;

namespace Toolgate.Connections.Tests.GraphQl;

/// <summary>Compiles schemas and builds requests of their tools.</summary>
internal static class Api
{
    public static readonly GraphQlOptions Options = new("https://api.example/graphql");

    public static SourceCatalog Import(string schema) => GraphQlCompiler.Compile(schema, Options).ShouldBeOfType<GraphQlImport.Imported>().Catalog;

    public static Diagnostic Refused(string schema) => GraphQlCompiler.Compile(schema, Options).ShouldBeOfType<GraphQlImport.Refused>().Error;

    public static ToolDefinition Tool(this SourceCatalog catalog, string name) => catalog.Tools.Single(tool => tool.Name == name);

    public static GraphQlBinding Binding(this ToolDefinition tool) => (GraphQlBinding)tool.Binding;

    public static JsonNode Schema(this ToolDefinition tool) => JsonNode.Parse(tool.InputSchema.Span)!;

    /// <summary>The members of a property as JSON text, with spaces left out.</summary>
    public static string Property(this ToolDefinition tool, string name) => tool.Schema()["properties"]![name]!.ToJsonString();

    public static string Selection(string type, string rest = "") => Import($"type Query {{ it: {type} }} {rest}").Tool("query.it").Binding().Selection;

    public static JsonNode Body(this ToolDefinition tool, string arguments)
    {
        var plan = GraphQlRequestBuilder.Build(tool.Binding(), arguments.Utf8());
        plan.Fault.ShouldBeNull();
        return JsonNode.Parse(plan.Body.Span)!;
    }

    public static ArgumentFault Fault(this ToolDefinition tool, string arguments) => GraphQlRequestBuilder.Build(tool.Binding(), arguments.Utf8()).Fault.ShouldNotBeNull();

    public static string[] Codes(this SourceCatalog catalog) => [.. catalog.Diagnostics.Select(diagnostic => $"{diagnostic.Pointer} {diagnostic.Code}")];
}
