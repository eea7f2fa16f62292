using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>
/// The arguments of a field as JSON Schema 2020-12. Enums and input objects stand in <c>$defs</c> under their own names, each rendered once for
/// the whole schema; recursion is a reference. Null is allowed wherever GraphQL allows it, since there it means something else than absence.
/// </summary>
internal sealed class ArgumentTyping(GraphQlSchema schema)
{
    /// <summary>Size beyond which input objects are no longer spelled out, in bytes: some schemas reach all of themselves from every argument.</summary>
    public const int MaxBytes = 64 * 1024;

    private const int MaxDescription = 2_000;
    private const int MaxValuesDescribed = 60;
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private readonly Dictionary<string, Definition> definitions = new(StringComparer.Ordinal);

    /// <summary>The input schema of a field.</summary>
    /// <param name="field">The field.</param>
    /// <param name="select">Name of the argument that takes a selection; null when there is nothing to select from.</param>
    /// <param name="selectDescription">What is said of it.</param>
    public byte[] Render(GraphQlField field, string? select, string selectDescription)
    {
        var reached = new List<string>();
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "object"u8);
            json.WriteStartObject("properties"u8);
            WriteInputs(json, field.Arguments, reached, oneOf: false);
            if (select is not null)
            {
                json.WriteStartObject(select);
                json.WriteString("description"u8, selectDescription);
                json.WriteString("type"u8, "string"u8);
                json.WriteNumber("minLength"u8, 1);
                json.WriteNumber("maxLength"u8, SelectionText.MaxLength);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            WriteRequired(json, field.Arguments);
            json.WriteBoolean("additionalProperties"u8, false);
            WriteDefinitions(json, reached);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private void WriteDefinitions(Utf8JsonWriter json, List<string> reached)
    {
        if (reached.Count == 0)
        {
            return;
        }

        json.WriteStartObject("$defs"u8);
        var seen = new HashSet<string>(reached, StringComparer.Ordinal);
        var pending = new Queue<string>(seen);
        for (var bytes = 0; pending.TryDequeue(out var name);)
        {
            json.WritePropertyName(name);
            var definition = Define(name);
            bytes += definition.Json.Length;
            if (bytes > MaxBytes)
            {
                WriteUnspelled(json, schema.Types[name]);
                continue;
            }

            json.WriteRawValue(definition.Json, skipInputValidation: true);
            foreach (var next in definition.Reached.Where(seen.Add))
            {
                pending.Enqueue(next);
            }
        }

        json.WriteEndObject();
    }

    private Definition Define(string name)
    {
        if (!definitions.TryGetValue(name, out var definition))
        {
            var reached = new List<string>();
            var buffer = new ArrayBufferWriter<byte>(512);
            using (var json = new Utf8JsonWriter(buffer, Plain))
            {
                json.WriteStartObject();
                if (schema.Types[name] is { Kind: GraphQlKind.Enum } type)
                {
                    WriteEnum(json, type);
                }
                else
                {
                    WriteInputObject(json, schema.Types[name], reached);
                }

                json.WriteEndObject();
            }

            definition = definitions[name] = new Definition(buffer.WrittenSpan.ToArray(), [.. reached.Distinct(StringComparer.Ordinal)]);
        }

        return definition;
    }

    private static void WriteUnspelled(Utf8JsonWriter json, GraphQlType type)
    {
        json.WriteStartObject();
        json.WriteString("description"u8, $"{type.Name}, not spelled out here because the whole would be too large; the upstream checks it.");
        json.WriteString("type"u8, type.Kind == GraphQlKind.Enum ? "string"u8 : "object"u8);
        json.WriteEndObject();
    }

    private static void WriteEnum(Utf8JsonWriter json, GraphQlType type)
    {
        var text = new StringBuilder(type.Description.OrNull() ?? "");
        foreach (var value in type.Values.Take(MaxValuesDescribed))
        {
            var description = Deprecated(value.Deprecation, value.Description);
            if (description is not null && text.Length < MaxDescription)
            {
                text.Append(text.Length > 0 ? "\n" : "").Append("- ").Append(value.Name).Append(": ").Append(description.ReplaceLineEndings(" "));
            }
        }

        WriteDescription(json, text.ToString());
        json.WriteString("type"u8, "string"u8);
        if (type.Values.Length > 0)
        {
            json.WriteStartArray("enum"u8);
            foreach (var value in type.Values)
            {
                json.WriteStringValue(value.Name);
            }

            json.WriteEndArray();
        }
    }

    private void WriteInputObject(Utf8JsonWriter json, GraphQlType type, List<string> reached)
    {
        WriteDescription(json, type.Description);
        json.WriteString("type"u8, "object"u8);
        json.WriteStartObject("properties"u8);
        WriteInputs(json, type.Inputs, reached, type.IsOneOf);
        json.WriteEndObject();
        WriteRequired(json, type.Inputs);
        if (type.IsOneOf)
        {
            json.WriteNumber("minProperties"u8, 1);
            json.WriteNumber("maxProperties"u8, 1);
        }

        json.WriteBoolean("additionalProperties"u8, false);
    }

    private void WriteInputs(Utf8JsonWriter json, IEnumerable<GraphQlInput> inputs, List<string> reached, bool oneOf)
    {
        foreach (var input in inputs)
        {
            json.WriteStartObject(input.Name);
            var scalar = schema.Types[input.Type.Name] is { Kind: GraphQlKind.Scalar } type ? ScalarText(type) : null;
            WriteDescription(json, string.Join("\n\n", new[] { Deprecated(input.Deprecation, input.Description), scalar }.Where(part => part is not null)));
            if (input.Deprecation is not null)
            {
                json.WriteBoolean("deprecated"u8, true);
            }

            WriteDefault(json, input);
            WriteType(json, input.Type, reached, nullable: !oneOf && !input.Type.IsNonNull);
            json.WriteEndObject();
        }
    }

    private void WriteDefault(Utf8JsonWriter json, GraphQlInput input)
    {
        if (input.Default is not { } given || GraphQlLiterals.Fault(schema, input.Type, given) is not null)
        {
            return;
        }

        json.WritePropertyName("default"u8);
        given.Write(json);
    }

    private static void WriteRequired(Utf8JsonWriter json, IEnumerable<GraphQlInput> inputs)
    {
        var required = inputs.Where(input => input.IsRequired).Select(input => input.Name).ToList();
        if (required.Count > 0)
        {
            json.WriteStartArray("required"u8);
            required.ForEach(json.WriteStringValue);
            json.WriteEndArray();
        }
    }

    /// <summary>The members that say what a value must be. A loop would do for lists, but they nest few levels.</summary>
    private void WriteType(Utf8JsonWriter json, TypeReference type, List<string> reached, bool nullable)
    {
        if (type.IsList)
        {
            WriteTypeName(json, nullable, "array");
            json.WriteStartObject("items"u8);
            WriteType(json, type.Item, reached, !type.Item.IsNonNull);
            json.WriteEndObject();
            return;
        }

        if (schema.Types[type.Name].Kind == GraphQlKind.Scalar)
        {
            WriteScalar(json, type.Name, nullable);
            return;
        }

        reached.Add(type.Name);
        if (nullable)
        {
            json.WriteStartArray("anyOf"u8);
            json.WriteStartObject();
        }

        json.WriteString("$ref"u8, $"#/$defs/{type.Name}");
        if (nullable)
        {
            json.WriteEndObject();
            json.WriteStartObject();
            json.WriteString("type"u8, "null"u8);
            json.WriteEndObject();
            json.WriteEndArray();
        }
    }

    private static void WriteScalar(Utf8JsonWriter json, string name, bool nullable)
    {
        switch (name)
        {
            case "Int":
                WriteTypeName(json, nullable, "integer");
                json.WriteNumber("minimum"u8, int.MinValue);
                json.WriteNumber("maximum"u8, int.MaxValue);
                break;
            case "Float":
                WriteTypeName(json, nullable, "number");
                break;
            case "String":
                WriteTypeName(json, nullable, "string");
                break;
            case "Boolean":
                WriteTypeName(json, nullable, "boolean");
                break;
            case "ID":
                WriteTypeName(json, nullable, "string", "integer");
                break;
            default:
                if (!nullable)
                {
                    WriteTypeName(json, false, "string", "number", "boolean", "object", "array");
                }

                break;
        }
    }

    private static void WriteTypeName(Utf8JsonWriter json, bool nullable, params ReadOnlySpan<string> names)
    {
        if (names.Length == 1 && !nullable)
        {
            json.WriteString("type"u8, names[0]);
            return;
        }

        json.WriteStartArray("type"u8);
        foreach (var name in names)
        {
            json.WriteStringValue(name);
        }

        if (nullable)
        {
            json.WriteStringValue("null"u8);
        }

        json.WriteEndArray();
    }

    private static string? ScalarText(GraphQlType type)
    {
        if (type.Name is "Int" or "Float" or "String" or "Boolean" or "ID")
        {
            return null;
        }

        var text = $"Scalar {type.Name}";
        text += type.Description.OrNull() is { } description ? $": {description}" : ".";
        return type.SpecifiedBy.OrNull() is { } url ? $"{text} Specified by {url}" : text;
    }

    private static string? Deprecated(string? reason, string? description)
    {
        var text = description.OrNull();
        return reason is null ? text : $"Deprecated: {reason.OrNull() ?? "no longer supported"}" + (text is null ? "" : $" {text}");
    }

    private static void WriteDescription(Utf8JsonWriter json, string? text)
    {
        if (text.OrNull() is { } description)
        {
            json.WriteString("description"u8, GraphQlTexts.Shorten(description, MaxDescription));
        }
    }

    private sealed record Definition(byte[] Json, string[] Reached);
}
