using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>Converts one operation: its parameters, the body that some of them make, and its responses.</summary>
internal sealed class SwaggerOperation(SourceDocument document, SwaggerServers servers, PointerMap places, List<Diagnostic> diagnostics)
{
    private const string Form = "application/x-www-form-urlencoded";
    private const string Multipart = "multipart/form-data";

    private static readonly HashSet<string> Replaced = new(StringComparer.Ordinal)
    {
        "parameters", "requestBody", "responses", "consumes", "produces", "schemes", "servers",
    };

    /// <summary>Writes the operation.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="pointer">Where it will stand.</param>
    /// <param name="at">Where it stands.</param>
    /// <param name="item">Its path item.</param>
    /// <param name="itemAt">Where that stands.</param>
    public void Write(Utf8JsonWriter output, JsonElement operation, string pointer, string at, JsonElement item, string itemAt)
    {
        output.WriteStartObject();
        foreach (var member in operation.EnumerateObject().Where(member => !Replaced.Contains(member.Name)))
        {
            output.WritePropertyName(member.Name);
            SwaggerConversion.Copy(output, member.Value);
        }

        if (SwaggerServers.SchemeOf(operation) is { } scheme)
        {
            servers.Write(output, scheme);
            places.Add(pointer + "/servers", at + "/schemes");
        }

        var parameters = Read(item, itemAt).Concat(Read(operation, at)).ToList();
        WriteParameters(output, [.. parameters.Where(parameter => parameter.Place is not ("body" or "formData"))], pointer + "/parameters");
        WriteBody(output, operation, parameters, pointer + "/requestBody", at);
        WriteResponses(output, operation, pointer + "/responses", at + "/responses");
        output.WriteEndObject();
    }

    private List<SwaggerParameter> Read(JsonElement level, string at)
    {
        var found = new List<SwaggerParameter>();
        var index = 0;
        foreach (var raw in level.Elements("parameters"))
        {
            var (element, place) = document.Follow(raw, SourceDocument.Child(at + "/parameters", index++));
            found.Add(new SwaggerParameter(element, place));
        }

        return found;
    }

    private void WriteParameters(Utf8JsonWriter output, List<SwaggerParameter> parameters, string pointer)
    {
        output.WriteStartArray("parameters"u8);
        for (var i = 0; i < parameters.Count; i++)
        {
            var at = SourceDocument.Child(pointer, i);
            places.Add(at, parameters[i].Pointer);
            places.Add(at + "/schema", parameters[i].SchemaPointer);
            parameters[i].Write(output, diagnostics);
        }

        output.WriteEndArray();
    }

    private void WriteBody(Utf8JsonWriter output, JsonElement operation, List<SwaggerParameter> parameters, string pointer, string at)
    {
        var body = parameters.LastOrDefault(parameter => parameter.Place == "body");
        var fields = parameters.Where(parameter => parameter.Place == "formData").GroupBy(parameter => parameter.Name).Select(set => set.Last()).ToList();
        if (body is null && fields.Count == 0)
        {
            return;
        }

        if (body is not null && fields.Count > 0)
        {
            throw new OperationRefusedException(at + "/parameters", "invalid_parameter", "A body and form fields exclude each other.");
        }

        if (fields.Find(field => field.Name is null) is { } nameless)
        {
            throw new OperationRefusedException(nameless.Pointer, "invalid_parameter", "A form field needs a name.");
        }

        var declared = Types(operation, "consumes");
        places.Add(pointer, body?.Pointer ?? at + "/parameters");
        output.WriteStartObject("requestBody"u8);
        if (body is not null)
        {
            body.WriteMember(output, "description");
            body.WriteMember(output, "required");
        }
        else
        {
            output.WriteBoolean("required"u8, fields.Exists(field => field.IsRequired));
        }

        output.WriteStartObject("content"u8);
        foreach (var type in body is not null ? declared.DefaultIfEmpty("application/json") : FormTypes(declared, fields.Exists(field => field.IsFile)))
        {
            var media = SourceDocument.Child(pointer + "/content", type);
            output.WriteStartObject(type);
            output.WritePropertyName("schema"u8);
            if (body is not null)
            {
                places.Add(media + "/schema", body.SchemaPointer);
                body.WriteSchema(output, described: false);
            }
            else
            {
                WriteForm(output, fields, media);
            }

            output.WriteEndObject();
        }

        output.WriteEndObject();
        output.WriteEndObject();
    }

    private static IEnumerable<string> FormTypes(IEnumerable<string> declared, bool hasFile)
    {
        var types = declared.Where(type => MediaTypes.FormatOf(type) is BodyFormat.Multipart || (!hasFile && MediaTypes.FormatOf(type) is BodyFormat.Form));
        return types.DefaultIfEmpty(hasFile ? Multipart : Form);
    }

    private void WriteForm(Utf8JsonWriter output, List<SwaggerParameter> fields, string media)
    {
        output.WriteStartObject();
        output.WriteString("type"u8, "object"u8);
        output.WriteStartObject("properties"u8);
        foreach (var field in fields)
        {
            places.Add(SourceDocument.Child(media + "/schema/properties", field.Name!), field.SchemaPointer);
            output.WritePropertyName(field.Name!);
            field.WriteSchema(output, described: true);
        }

        output.WriteEndObject();
        output.WriteStartArray("required"u8);
        foreach (var field in fields.Where(field => field.IsRequired))
        {
            output.WriteStringValue(field.Name);
        }

        output.WriteEndArray();
        output.WriteEndObject();
        output.WriteStartObject("encoding"u8);
        foreach (var field in fields.Where(field => field.IsArray))
        {
            output.WriteStartObject(field.Name!);
            field.WriteStyle(output, diagnostics);
            output.WriteEndObject();
        }

        output.WriteEndObject();
    }

    private void WriteResponses(Utf8JsonWriter output, JsonElement operation, string pointer, string at)
    {
        var produced = Types(operation, "produces");
        output.WriteStartObject("responses"u8);
        foreach (var response in operation.Members("responses"))
        {
            JsonElement found;
            try
            {
                (found, var foundAt) = document.Follow(response.Value, SourceDocument.Child(at, response.Name));
                places.Add(SourceDocument.Child(pointer, response.Name), foundAt);
            }
            catch (OperationRefusedException)
            {
                // An answer that is described badly can still be given.
                continue;
            }

            output.WriteStartObject(response.Name);
            output.WriteString("description"u8, found.Text("description") ?? "");
            WriteContent(output, found.Member("schema"), produced, SourceDocument.Child(pointer, response.Name), response.Name);
            output.WriteEndObject();
        }

        output.WriteEndObject();
    }

    private void WriteContent(Utf8JsonWriter output, JsonElement? schema, List<string> produced, string pointer, string status)
    {
        var isFile = schema is { } declared && declared.Text("type") == "file";
        var types = schema is null && status is "204" or "205" ? [] : isFile
            ? produced.DefaultIfEmpty("application/octet-stream")
            : schema is null ? produced : produced.DefaultIfEmpty("application/json");
        output.WriteStartObject("content"u8);
        foreach (var type in types)
        {
            output.WriteStartObject(type);
            if (schema is { } present && !isFile)
            {
                places.Add(SourceDocument.Child(pointer + "/content", type) + "/schema", places.Original(pointer) + "/schema");
                output.WritePropertyName("schema"u8);
                SwaggerConversion.Copy(output, present);
            }

            output.WriteEndObject();
        }

        output.WriteEndObject();
    }

    /// <summary>The media types of the operation, or the document's; an empty list of its own clears those.</summary>
    private List<string> Types(JsonElement operation, string member)
    {
        var level = operation.Member(member) is { ValueKind: JsonValueKind.Array } ? operation : document.Root;
        return [.. level.Elements(member).Where(type => type.ValueKind == JsonValueKind.String).Select(type => type.GetString()!).Distinct(StringComparer.Ordinal)];
    }
}
