using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>A parameter of Swagger 2.0: outside a body its schema is a handful of its own members.</summary>
internal sealed class SwaggerParameter(JsonElement element, string pointer)
{
    private static readonly string[] SchemaWords =
    [
        "format", "items", "default", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength", "pattern", "maxItems",
        "minItems", "uniqueItems", "enum", "multipleOf", "x-nullable", "title", "example",
    ];

    /// <summary>Where it stands.</summary>
    public string Pointer => pointer;

    /// <summary>Where its schema stands: in itself, unless it has one of its own.</summary>
    public string SchemaPointer => OwnSchema is null ? pointer : pointer + "/schema";

    public string? Name => element.Text("name");

    public string? Place => element.Text("in");

    public bool IsRequired => element.Flag("required") == true;

    public bool IsFile => element.Text("type") == "file";

    public bool IsArray => element.Text("type") == "array";

    /// <summary>A body has one; elsewhere it is a widespread mistake whose meaning is plain.</summary>
    private JsonElement? OwnSchema => Place == "body" || element.Member("type") is null ? element.Member("schema") : null;

    /// <summary>Writes it as a parameter of OpenAPI 3.0.</summary>
    public void Write(Utf8JsonWriter output, List<Diagnostic> diagnostics)
    {
        output.WriteStartObject();
        foreach (var name in new[] { "name", "in", "description", "required", "deprecated", "allowReserved" })
        {
            WriteMember(output, name);
        }

        if (IsArray)
        {
            WriteStyle(output, diagnostics);
        }

        output.WritePropertyName("schema"u8);
        WriteSchema(output, described: false);
        output.WriteEndObject();
    }

    /// <summary>Copies a member, when there is one.</summary>
    public void WriteMember(Utf8JsonWriter output, string name)
    {
        if (element.Member(name) is { } member)
        {
            output.WritePropertyName(name);
            SwaggerConversion.Copy(output, member);
        }
    }

    /// <summary>Writes its schema.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="described">Whether its description belongs to the schema: that of a form field does.</param>
    public void WriteSchema(Utf8JsonWriter output, bool described)
    {
        if (OwnSchema is { } schema)
        {
            SwaggerConversion.Copy(output, schema);
            return;
        }

        output.WriteStartObject();
        if (IsFile)
        {
            output.WriteString("type"u8, "string"u8);
            output.WriteString("format"u8, "binary"u8);
        }
        else if (element.Member("type") is null && Place == "path")
        {
            output.WriteString("type"u8, "string"u8);
        }
        else
        {
            WriteMember(output, "type");
            foreach (var word in SchemaWords)
            {
                WriteMember(output, word);
            }
        }

        if (described)
        {
            WriteMember(output, "description");
        }

        output.WriteEndObject();
    }

    /// <summary>Writes how an array travels. Formats that OpenAPI 3.0 dropped keep their name: <see cref="ParameterStyles"/> knows it.</summary>
    public void WriteStyle(Utf8JsonWriter output, List<Diagnostic> diagnostics)
    {
        var format = element.Text("collectionFormat") ?? "csv";
        var repeats = Place is "query" or "formData";
        if (format is not ("csv" or "ssv" or "tsv" or "pipes") && !(format == "multi" && repeats))
        {
            diagnostics.Add(new Diagnostic(pointer + "/collectionFormat", "unsupported_style", "This format does not exist in this place; csv is used."));
            format = "csv";
        }

        output.WriteString("style"u8, format switch
        {
            "ssv" or "tsv" or "pipes" => format,
            _ => repeats ? "form" : "simple",
        });
        output.WriteBoolean("explode"u8, format == "multi");
    }
}
