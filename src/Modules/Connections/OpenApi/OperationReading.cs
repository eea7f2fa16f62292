using System.Buffers;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>An operation of the document, found but not yet read.</summary>
internal sealed record FoundOperation(string Method, string Path, JsonElement Item, string ItemPointer, JsonElement Element, string Pointer);

/// <summary>Reads one operation into a tool. Throws <see cref="OperationRefusedException"/> when it cannot be taken over.</summary>
internal sealed class OperationReading(
    SourceDocument document, bool isVersion30, ServerReading servers, ImmutableArray<string> documentServers, SecurityReading security, List<Diagnostic> diagnostics)
{
    /// <summary>Longest input schema, in bytes.</summary>
    public const int MaxSchemaBytes = 1 << 20;

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly ImmutableArray<string> reservedQuery = security.QueryNames();

    /// <summary>The tool of an operation.</summary>
    public ToolDefinition Read(FoundOperation operation, string name)
    {
        var template = PathTemplate.Parse(operation.Path) ?? throw new OperationRefusedException(
            operation.ItemPointer, "invalid_path", "A path starts with a slash, has balanced braces, and has no query, fragment or dot segments.");
        var urls = servers.Read(operation.Element, operation.Pointer) ?? servers.Read(operation.Item, operation.ItemPointer) ?? documentServers;
        var body = new BodyReading(document, diagnostics).Read(operation.Element, operation.Pointer, operation.Method);
        var reserved = new HashSet<string>(StringComparer.Ordinal);
        if (body is not null)
        {
            reserved.Add(BodyWriting.Argument);
        }

        if (urls.Length > 1)
        {
            reserved.Add(ServerReading.Argument);
        }

        var parameters = new ParameterReading(document, security, diagnostics)
            .Read(operation.Item, operation.ItemPointer, operation.Element, operation.Pointer, template, reserved);
        var binding = new HttpBinding
        {
            Method = operation.Method,
            Path = operation.Path,
            Servers = urls,
            Parameters = [.. parameters.Select(parameter => parameter.Wire).OrderBy(wire => wire.Place)],
            Body = body?.Wire,
            ReservedQuery = reservedQuery,
            Accept = MediaTypes.Accept(AnswerTypes(operation)),
        };
        return Define(operation, name, binding, InputSchema(operation, parameters, body, urls));
    }

    private ToolDefinition Define(FoundOperation operation, string name, HttpBinding binding, byte[] schema)
    {
        using var parsed = JsonDocument.Parse(schema);
        var compiled = CompiledSchema.Compile(parsed.RootElement);
        foreach (var problem in compiled.Diagnostics)
        {
            if (compiled.Schema is null)
            {
                throw new OperationRefusedException(operation.Pointer, "invalid_schema", $"At {problem.Pointer} of the tool's schema: {problem.Message}");
            }

            diagnostics.Add(new Diagnostic(operation.Pointer, problem.Code, $"At {problem.Pointer} of the tool's schema: {problem.Message}"));
        }

        var summary = operation.Element.Text("summary").OrNull();
        var text = $"{operation.Method} {operation.Path}";
        var description = operation.Element.Text("description").OrNull() ?? summary ?? text;
        var changes = operation.Method is not ("GET" or "HEAD" or "OPTIONS");
        var answer = new AnswerSchema(document, isVersion30).Of(operation);
        ReadOnlyMemory<byte> listing = ToolDefinition.RenderListingMembers(
            summary, description, schema, answer, readOnly: !changes, destructive: changes, idempotent: operation.Method is not ("POST" or "PATCH"));

        // Quotes inside the title and the description are escaped: the first unescaped name is the member itself.
        var input = listing.Span.IndexOf("\"inputSchema\":"u8) + "\"inputSchema\":".Length;
        return new ToolDefinition
        {
            Name = name,
            Title = summary,
            Description = description,
            AsksByDefault = changes,
            ApprovalText = text,
            ChangesSomething = changes,
            InputSchema = listing.Slice(input, schema.Length),
            OutputSchema = answer.Length == 0 ? default : listing.Slice(input + schema.Length + ",\"outputSchema\":".Length, answer.Length),
            ListingMembers = listing,
            Digest = ToolDigest.Of(name, summary, description, parsed.RootElement, answer, binding),
            Binding = binding,
        };
    }

    private byte[] InputSchema(FoundOperation operation, List<DeclaredParameter> parameters, DeclaredBody? body, ImmutableArray<string> urls)
    {
        var translation = new SchemaTranslation(document, isVersion30);
        foreach (var parameter in parameters)
        {
            translation.Collect(parameter.Schema, parameter.SchemaPointer);
        }

        if (body is { Schema: { } bodySchema, Wire.Format: BodyFormat.Json or BodyFormat.Form or BodyFormat.Multipart })
        {
            translation.Collect(bodySchema, body.SchemaPointer);
        }

        translation.NameDefinitions();
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var output = new Utf8JsonWriter(buffer, Plain))
        {
            output.WriteStartObject();
            output.WriteString("type"u8, "object"u8);
            output.WriteStartObject("properties"u8);
            foreach (var parameter in parameters)
            {
                output.WritePropertyName(parameter.Wire.Argument);
                WriteParameter(output, translation, parameter);
            }

            if (body is not null)
            {
                output.WritePropertyName("body"u8);
                WriteBody(output, translation, body);
            }

            if (urls.Length > 1)
            {
                WriteServer(output, urls);
            }

            output.WriteEndObject();
            var required = parameters.Where(parameter => parameter.Required).Select(parameter => parameter.Wire.Argument).ToList();
            if (body is { Required: true })
            {
                required.Add(BodyWriting.Argument);
            }

            if (required.Count > 0)
            {
                output.WriteStartArray("required"u8);
                required.ForEach(output.WriteStringValue);
                output.WriteEndArray();
            }

            output.WriteBoolean("additionalProperties"u8, false);
            translation.WriteDefinitions(output);
            output.WriteEndObject();
        }

        return buffer.WrittenCount <= MaxSchemaBytes
            ? buffer.WrittenSpan.ToArray()
            : throw new OperationRefusedException(operation.Pointer, "schema_too_large", "With everything it refers to, the input schema is over 1 MiB.");
    }

    private static void WriteParameter(Utf8JsonWriter output, SchemaTranslation translation, DeclaredParameter parameter)
    {
        var description = parameter.Deprecated && parameter.Description is { } text ? $"Deprecated. {text}" : parameter.Description;
        translation.Write(output, parameter.Schema, parameter.SchemaPointer, description);
    }

    private static void WriteBody(Utf8JsonWriter output, SchemaTranslation translation, DeclaredBody body)
    {
        if (body is { Schema: { } schema, Wire.Format: BodyFormat.Json or BodyFormat.Form or BodyFormat.Multipart })
        {
            translation.Write(output, schema, body.SchemaPointer, body.Description);
            return;
        }

        output.WriteStartObject();
        if (body.Description is not null)
        {
            output.WriteString("description"u8, body.Description);
        }

        switch (body.Wire.Format)
        {
            case BodyFormat.Form or BodyFormat.Multipart:
                output.WriteString("type"u8, "object"u8);
                break;
            case BodyFormat.Text:
                output.WriteString("type"u8, "string"u8);
                output.WriteString("contentMediaType"u8, body.Wire.ContentType);
                break;
            case BodyFormat.Binary:
                output.WriteString("type"u8, "string"u8);
                output.WriteString("contentEncoding"u8, "base64"u8);
                output.WriteString("contentMediaType"u8, body.Wire.ContentType);
                break;
        }

        output.WriteEndObject();
    }

    private static void WriteServer(Utf8JsonWriter output, ImmutableArray<string> urls)
    {
        output.WriteStartObject("server"u8);
        output.WriteString("description"u8, "Which server to call."u8);
        output.WriteString("type"u8, "string"u8);
        output.WriteStartArray("enum"u8);
        foreach (var url in urls)
        {
            output.WriteStringValue(url);
        }

        output.WriteEndArray();
        output.WriteString("default"u8, urls[0]);
        output.WriteEndObject();
    }

    private List<string> AnswerTypes(FoundOperation operation)
    {
        var types = new List<string>();
        foreach (var response in operation.Element.Members("responses").Where(response => response.Name.StartsWith('2') || response.Name == "default"))
        {
            try
            {
                var (element, _) = document.Follow(response.Value, SourceDocument.Child(operation.Pointer + "/responses", response.Name));
                types.AddRange(element.Members("content").Select(media => media.Name));
            }
            catch (OperationRefusedException)
            {
                // Only the Accept header is made of it: an answer that is described badly can still be given.
                continue;
            }
        }

        return types;
    }
}
