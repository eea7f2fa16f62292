using System.Text;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>What a schema does not say.</summary>
/// <param name="Endpoint">Absolute URL that operations are posted to.</param>
internal sealed record GraphQlOptions(string Endpoint);

/// <summary>How an import ended.</summary>
internal abstract record GraphQlImport
{
    private GraphQlImport() { }

    /// <summary>The schema was read; single parts may have been dropped with a diagnostic.</summary>
    internal sealed record Imported(SourceCatalog Catalog) : GraphQlImport;

    /// <summary>The text is no schema that Toolgate understands.</summary>
    internal sealed record Refused(Diagnostic Error) : GraphQlImport;
}

/// <summary>
/// Compiles a GraphQL schema into tools: every field of the query and of the mutation type is one, its operation written once and for all. Pure:
/// reads nothing but the text. Subscriptions are no tools: a call has one answer.
/// </summary>
internal static class GraphQlCompiler
{
    /// <summary>Most tools of a schema.</summary>
    public const int MaxTools = 10_000;

    private const int MaxDepth = 4_096;
    private const int MaxSchemaBytes = 1 << 20;
    private const int MaxCatalogBytes = 64 << 20;

    /// <summary>Compiles a schema.</summary>
    public static GraphQlImport Compile(string text, GraphQlOptions options) => Compile(Encoding.UTF8.GetBytes(text), options);

    /// <summary>Compiles a schema.</summary>
    /// <param name="text">The result of an introspection query as JSON, or the schema in the schema language; UTF-8.</param>
    /// <param name="options">What the text does not say.</param>
    public static GraphQlImport Compile(ReadOnlyMemory<byte> text, GraphQlOptions options)
    {
        if (text.Span is [0xEF, 0xBB, 0xBF, ..])
        {
            text = text[3..];
        }

        var diagnostics = new DiagnosticList();
        var first = text.Span.IndexOfAnyExcept(" \t\r\n"u8);

        // A schema in the schema language never begins with a brace: that would be a query.
        var (schema, error) = first >= 0 && text.Span[first] == (byte)'{' ? FromIntrospection(text, diagnostics) : FromText(text, diagnostics);
        return error is not null ? new GraphQlImport.Refused(error)
            : schema is null ? new GraphQlImport.Refused(new Diagnostic("", "no_root_type", "This schema has neither a query nor a mutation type."))
            : new GraphQlImport.Imported(Catalog(schema, options, diagnostics));
    }

    /// <summary>The catalog of an endpoint whose schema is not known.</summary>
    public static SourceCatalog Unknown(GraphQlOptions options, Diagnostic why) =>
        new(Title(options), null, "", [options.Endpoint], [], [AuthTemplate.None], [why]);

    private static (GraphQlSchema? Schema, Diagnostic? Error) FromIntrospection(ReadOnlyMemory<byte> text, DiagnosticList diagnostics)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            return IntrospectionReading.SchemaOf(document.RootElement) is { } schema
                ? (IntrospectionReading.Read(schema, diagnostics), null)
                : (null, new Diagnostic("", "not_introspection", "This JSON is no result of an introspection query: it has no member \"__schema\"."));
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            return (null, new Diagnostic("", "invalid_json", "This is no well-formed JSON, it nests too deep, or a member stands in it twice."));
        }
    }

    private static (GraphQlSchema? Schema, Diagnostic? Error) FromText(ReadOnlyMemory<byte> text, DiagnosticList diagnostics)
    {
        try
        {
            return (SdlReading.Read(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(text.Span), diagnostics), null);
        }
        catch (GraphQlSyntaxException fault)
        {
            return (null, new Diagnostic("", "invalid_sdl", $"This is no schema in the GraphQL schema language: {fault.Message} ({fault.Place})"));
        }
        catch (DecoderFallbackException)
        {
            return (null, new Diagnostic("", "invalid_sdl", "A schema must be UTF-8 text."));
        }
    }

    private static SourceCatalog Catalog(GraphQlSchema schema, GraphQlOptions options, DiagnosticList diagnostics)
    {
        var reading = new FieldReading(schema);
        var tools = new List<ToolDefinition>();
        var bytes = 0L;
        foreach (var (keyword, root) in new[] { ("query", schema.Query), ("mutation", schema.Mutation) })
        {
            foreach (var field in root is null ? [] : schema.Types[root].Fields)
            {
                if (tools.Count == MaxTools || bytes > MaxCatalogBytes)
                {
                    diagnostics.Add(SourceDocument.Child("/" + root, field.Name), "too_many_tools", $"A schema gives at most {MaxTools} tools and {MaxCatalogBytes >> 20} MiB of them.");
                    continue;
                }

                var tool = reading.Read(keyword, field);
                if (tool.InputSchema.Length > MaxSchemaBytes)
                {
                    diagnostics.Add(SourceDocument.Child("/" + root, field.Name), "schema_too_large", $"The schema of its arguments is over {MaxSchemaBytes >> 20} MiB.");
                    continue;
                }

                bytes += tool.ListingMembers.Length + ((GraphQlBinding)tool.Binding).Selection.Length;
                tools.Add(tool);
            }
        }

        tools.Sort(static (left, right) => string.CompareOrdinal(left.Name, right.Name));
        return new SourceCatalog(Title(options), schema.Description.OrNull(), "", [options.Endpoint], [.. tools], [AuthTemplate.None], [.. diagnostics.All]);
    }

    private static string Title(GraphQlOptions options) => new Uri(options.Endpoint).Host;
}
