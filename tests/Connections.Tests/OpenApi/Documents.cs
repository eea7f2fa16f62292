using System.Text;
using System.Text.Json;

namespace Toolgate.Connections.Tests.OpenApi;

/// <summary>Small documents, in YAML because it is short.</summary>
internal static class Documents
{
    public static SourceCatalog Import(string text, string? baseUrl = null, string? source = null) =>
        OpenApiCompiler.Compile(text, new OpenApiOptions(baseUrl is null ? null : new Uri(baseUrl), source is null ? null : new Uri(source)))
            .ShouldBeOfType<OpenApiImport.Imported>().Catalog;

    public static Diagnostic Refusal(string text) => OpenApiCompiler.Compile(text).ShouldBeOfType<OpenApiImport.Refused>().Error;

    /// <summary>A document around <c>paths</c> in flow style.</summary>
    public static string Of(string paths, string rest = "", string version = "3.1.0") => $"""
        openapi: {version}
        info: {"{"} title: Test, version: '1' {"}"}
        servers: [{"{"} url: 'https://api.example.com/base' {"}"}]
        {rest}
        paths: {paths}
        """;

    /// <summary>The only tool of a document with one operation.</summary>
    public static ToolDefinition Tool(string operation, string path = "/items", string method = "post", string rest = "", string version = "3.1.0")
    {
        var catalog = Import(Of($"{{ '{path}': {{ {method}: {operation} }} }}", rest, version));
        catalog.Diagnostics.ShouldBeEmpty();
        return catalog.Tools.ShouldHaveSingleItem();
    }

    public static HttpBinding Http(this ToolDefinition tool) => tool.Binding.ShouldBeOfType<HttpBinding>();

    public static JsonElement Schema(this ToolDefinition tool)
    {
        using var document = JsonDocument.Parse(tool.InputSchema);
        return document.RootElement.Clone();
    }

    public static HttpRequestPlan Plan(this ToolDefinition tool, string arguments) =>
        HttpRequestBuilder.Build(tool.Http(), Encoding.UTF8.GetBytes(arguments));

    public static HttpRequestMessage Request(this ToolDefinition tool, string arguments)
    {
        var plan = tool.Plan(arguments);
        plan.Fault.ShouldBeNull();
        return plan.Request.ShouldNotBeNull();
    }

    public static string Body(this HttpRequestMessage request)
    {
        using var reader = new StreamReader(request.Content.ShouldNotBeNull().ReadAsStream());
        return reader.ReadToEnd();
    }

    /// <summary>JSON is compared as a value, so that the order of members does not matter.</summary>
    public static void ShouldBeJson(this JsonElement actual, string expected)
    {
        using var document = JsonDocument.Parse(expected);
        JsonElement.DeepEquals(actual, document.RootElement).ShouldBeTrue($"expected {expected}\nbut was {actual.GetRawText()}");
    }
}
