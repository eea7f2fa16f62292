using System.Text.Json;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>
/// Writes the schemas of one operation as JSON Schema 2020-12 of its own: what they refer to goes into <c>$defs</c>, only what is reachable;
/// OpenAPI 3.0 words are translated (section 4.7.24 there); <c>readOnly</c> properties leave, since this is what is sent.
/// </summary>
internal sealed class SchemaTranslation(SourceDocument document, bool isVersion30)
{
    private const int MaxDepth = 48;

    private static readonly HashSet<string> Annotations = new(StringComparer.Ordinal)
    {
        "title", "description", "default", "deprecated", "writeOnly", "examples", "format", "contentEncoding", "contentMediaType",
    };

    private static readonly HashSet<string> Assertions = new(StringComparer.Ordinal)
    {
        "enum", "const", "multipleOf", "maximum", "minimum", "maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems",
        "maxProperties", "minProperties", "exclusiveMaximum", "exclusiveMinimum", "minContains", "maxContains", "dependentRequired",
    };

    private static readonly HashSet<string> SchemaMaps = new(StringComparer.Ordinal) { "patternProperties", "dependentSchemas" };
    private static readonly HashSet<string> SchemaLists = new(StringComparer.Ordinal) { "allOf", "anyOf", "oneOf", "prefixItems" };

    private static readonly HashSet<string> Subschemas = new(StringComparer.Ordinal)
    {
        "items", "additionalProperties", "propertyNames", "contains", "unevaluatedItems", "unevaluatedProperties", "not", "if", "then", "else",
    };

    private static readonly HashSet<string> Unsupported = new(StringComparer.Ordinal) { "$dynamicRef", "$recursiveRef" };

    private readonly SortedSet<string> reachable = new(StringComparer.Ordinal);
    private readonly Queue<string> pending = new();
    private readonly Dictionary<string, string> names = new(StringComparer.Ordinal);

    /// <summary>Finds everything a schema refers to. Every schema is collected before the first one is written.</summary>
    public void Collect(JsonElement schema, string pointer)
    {
        Collect(schema, pointer, 0);

        // A queue, not recursion: in large documents the chains of references are long.
        while (pending.TryDequeue(out var target))
        {
            Collect(document.Find(target, target), target, 0);
        }
    }

    /// <summary>Gives every reachable definition its name: the last step of its pointer, numbered where two would meet.</summary>
    public void NameDefinitions()
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var target in reachable)
        {
            var last = JsonPointer.Unescape(target[(target.LastIndexOf('/') + 1)..]);
            var readable = string.Concat(last.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' ? c : '_'));
            var name = readable.Length == 0 ? "schema" : readable;
            for (var i = 2; !taken.Add(name); i++)
            {
                name = $"{readable}_{i}";
            }

            names[target] = name;
        }
    }

    /// <summary>Writes <c>$defs</c>, when there are definitions.</summary>
    public void WriteDefinitions(Utf8JsonWriter output)
    {
        if (reachable.Count == 0)
        {
            return;
        }

        output.WriteStartObject("$defs"u8);
        foreach (var target in reachable)
        {
            output.WritePropertyName(names[target]);
            Write(output, document.Find(target, target), target);
        }

        output.WriteEndObject();
    }

    /// <summary>Writes one schema; <paramref name="description"/> replaces its own.</summary>
    public void Write(Utf8JsonWriter output, JsonElement schema, string pointer, string? description = null) =>
        Write(output, schema, pointer, description, [], 0);

    /// <summary>Whether a schema says that it is never sent. Looks through one reference.</summary>
    public bool IsReadOnly(JsonElement schema, string pointer) =>
        schema.Flag("readOnly") == true
        || (schema.Text("$ref") is { } reference && document.Find(SourceDocument.TargetOf(reference, pointer), pointer).Flag("readOnly") == true);

    private void Collect(JsonElement schema, string pointer, int depth)
    {
        RequireSchema(schema, pointer, depth);
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        if (schema.Text("$ref") is { } reference)
        {
            var target = SourceDocument.TargetOf(reference, pointer);
            document.Find(target, pointer);
            if (reachable.Add(target))
            {
                pending.Enqueue(target);
            }

            if (isVersion30)
            {
                return;
            }
        }

        foreach (var member in schema.EnumerateObject())
        {
            foreach (var (child, at) in Children(member, SourceDocument.Child(pointer, member.Name)))
            {
                if (!(member.NameEquals("properties"u8) && IsReadOnly(child, at)))
                {
                    Collect(child, at, depth + 1);
                }
            }
        }
    }

    private static IEnumerable<(JsonElement Schema, string Pointer)> Children(JsonProperty member, string pointer)
    {
        if (Subschemas.Contains(member.Name))
        {
            return [(member.Value, pointer)];
        }

        if (SchemaLists.Contains(member.Name) && member.Value.ValueKind == JsonValueKind.Array)
        {
            return member.Value.EnumerateArray().Select((item, index) => (item, SourceDocument.Child(pointer, index)));
        }

        return (member.Name == "properties" || SchemaMaps.Contains(member.Name)) && member.Value.ValueKind == JsonValueKind.Object
            ? member.Value.EnumerateObject().Select(item => (item.Value, SourceDocument.Child(pointer, item.Name)))
            : [];
    }

    private void RequireSchema(JsonElement schema, string pointer, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new OperationRefusedException(pointer, "schema_too_deep", $"Schemas nest at most {MaxDepth} levels.");
        }

        var isBoolean = schema.ValueKind is JsonValueKind.True or JsonValueKind.False;
        if (schema.ValueKind != JsonValueKind.Object && !(isBoolean && (!isVersion30 || pointer.EndsWith("/additionalProperties", StringComparison.Ordinal))))
        {
            throw new OperationRefusedException(pointer, "invalid_schema", "A schema must be an object here.");
        }

        foreach (var keyword in Unsupported)
        {
            if (schema.Member(keyword) is not null)
            {
                throw new OperationRefusedException(SourceDocument.Child(pointer, keyword), "unsupported_schema", $"{keyword} is not supported in OpenAPI documents.");
            }
        }
    }

    private void Write(Utf8JsonWriter output, JsonElement schema, string pointer, string? description, HashSet<string> hidden, int depth)
    {
        RequireSchema(schema, pointer, depth);
        if (schema.ValueKind != JsonValueKind.Object)
        {
            schema.WriteTo(output);
            return;
        }

        var nullable = isVersion30 && (schema.Flag("nullable") ?? schema.Flag("x-nullable")) == true && schema.Member("$ref") is null;
        output.WriteStartObject();
        if (description is not null)
        {
            output.WriteString("description"u8, description);
        }

        // "nullable" adds null to a type; without a type there is only this way to say it.
        if (nullable && schema.Member("type") is null)
        {
            output.WriteStartArray("anyOf"u8);
            output.WriteStartObject();
            WriteMembers(output, schema, pointer, skipDescription: false, hidden, depth, nullable: false);
            output.WriteEndObject();
            output.WriteStartObject();
            output.WriteString("type"u8, "null"u8);
            output.WriteEndObject();
            output.WriteEndArray();
        }
        else
        {
            WriteMembers(output, schema, pointer, description is not null, hidden, depth, nullable);
        }

        output.WriteEndObject();
    }

    private void WriteMembers(
        Utf8JsonWriter output, JsonElement schema, string pointer, bool skipDescription, HashSet<string> hidden, int depth, bool nullable)
    {
        if (schema.Text("$ref") is { } reference)
        {
            output.WriteString("$ref"u8, $"#/$defs/{names[SourceDocument.TargetOf(reference, pointer)]}");
            if (isVersion30)
            {
                return;
            }
        }

        hidden = HiddenBy(schema, pointer, hidden);
        foreach (var member in schema.EnumerateObject())
        {
            var at = SourceDocument.Child(pointer, member.Name);
            if (Annotations.Contains(member.Name))
            {
                WriteAnnotation(output, schema, member, skipDescription);
            }
            else if (Assertions.Contains(member.Name) || member.NameEquals("type"u8))
            {
                WriteAssertion(output, schema, member, nullable);
            }
            else if (Subschemas.Contains(member.Name))
            {
                output.WritePropertyName(member.Name);
                Write(output, member.Value, at, null, [], depth + 1);
            }
            else if (SchemaLists.Contains(member.Name) && member.Value.ValueKind == JsonValueKind.Array)
            {
                output.WriteStartArray(member.Name);
                foreach (var (child, childAt) in Children(member, at))
                {
                    Write(output, child, childAt, null, member.NameEquals("prefixItems"u8) ? [] : hidden, depth + 1);
                }

                output.WriteEndArray();
            }
            else if ((member.NameEquals("properties"u8) || SchemaMaps.Contains(member.Name)) && member.Value.ValueKind == JsonValueKind.Object)
            {
                WriteMap(output, member, at, depth);
            }
            else if (member.NameEquals("required"u8) && member.Value.ValueKind == JsonValueKind.Array)
            {
                WriteRequired(output, member.Value, hidden);
            }
            else if (member.NameEquals("example"u8) && schema.Member("examples") is null)
            {
                output.WriteStartArray("examples"u8);
                member.Value.WriteTo(output);
                output.WriteEndArray();
            }
        }
    }

    private static void WriteAnnotation(Utf8JsonWriter output, JsonElement schema, JsonProperty member, bool skipDescription)
    {
        if (member.NameEquals("format"u8) && member.Value.ValueEquals("binary"u8) && schema.Member("contentEncoding") is null)
        {
            // A file: the only way to put bytes into JSON.
            output.WriteString("contentEncoding"u8, "base64"u8);
        }
        else if (!(skipDescription && member.NameEquals("description"u8)) && !(member.NameEquals("examples"u8) && member.Value.ValueKind != JsonValueKind.Array))
        {
            member.WriteTo(output);
        }
    }

    private void WriteAssertion(Utf8JsonWriter output, JsonElement schema, JsonProperty member, bool nullable)
    {
        if (isVersion30 && member.Name is "exclusiveMinimum" or "exclusiveMaximum" && member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return;
        }

        if (isVersion30 && member.Name is "minimum" or "maximum")
        {
            var exclusive = member.Name == "minimum" ? "exclusiveMinimum" : "exclusiveMaximum";
            output.WritePropertyName(schema.Flag(exclusive) == true ? exclusive : member.Name);
            member.Value.WriteTo(output);
        }
        else if (nullable && member.NameEquals("type"u8) && member.Value.ValueKind == JsonValueKind.String)
        {
            output.WriteStartArray("type"u8);
            member.Value.WriteTo(output);
            output.WriteStringValue("null"u8);
            output.WriteEndArray();
        }
        else if (nullable && member.NameEquals("enum"u8) && member.Value.ValueKind == JsonValueKind.Array
            && !member.Value.EnumerateArray().Any(value => value.ValueKind == JsonValueKind.Null))
        {
            output.WriteStartArray("enum"u8);
            foreach (var value in member.Value.EnumerateArray())
            {
                value.WriteTo(output);
            }

            output.WriteNullValue();
            output.WriteEndArray();
        }
        else
        {
            member.WriteTo(output);
        }
    }

    private void WriteMap(Utf8JsonWriter output, JsonProperty map, string pointer, int depth)
    {
        output.WriteStartObject(map.Name);
        foreach (var item in map.Value.EnumerateObject())
        {
            var at = SourceDocument.Child(pointer, item.Name);
            if (!(map.NameEquals("properties"u8) && IsReadOnly(item.Value, at)))
            {
                output.WritePropertyName(item.Name);
                Write(output, item.Value, at, null, [], depth + 1);
            }
        }

        output.WriteEndObject();
    }

    private static void WriteRequired(Utf8JsonWriter output, JsonElement required, HashSet<string> hidden)
    {
        output.WriteStartArray("required"u8);
        foreach (var name in required.EnumerateArray())
        {
            if (!(name.ValueKind == JsonValueKind.String && hidden.Contains(name.GetString()!)))
            {
                name.WriteTo(output);
            }
        }

        output.WriteEndArray();
    }

    /// <summary>Names that <c>required</c> must not ask for: read-only properties here, in the branches of <c>allOf</c>, and around.</summary>
    private HashSet<string> HiddenBy(JsonElement schema, string pointer, HashSet<string> inherited)
    {
        var hidden = inherited;
        AddFrom(schema, pointer, 0);
        return hidden;

        void AddFrom(JsonElement from, string at, int hops)
        {
            if (hops > 8 || from.ValueKind != JsonValueKind.Object)
            {
                return;
            }

            if (from.Text("$ref") is { } reference)
            {
                var target = SourceDocument.TargetOf(reference, at);
                AddFrom(document.Find(target, at), target, hops + 1);
            }

            var properties = SourceDocument.Child(at, "properties");
            foreach (var property in from.Members("properties"))
            {
                if (IsReadOnly(property.Value, SourceDocument.Child(properties, property.Name)))
                {
                    hidden = ReferenceEquals(hidden, inherited) ? new HashSet<string>(inherited, StringComparer.Ordinal) : hidden;
                    hidden.Add(property.Name);
                }
            }

            var index = 0;
            foreach (var branch in from.Elements("allOf"))
            {
                AddFrom(branch, SourceDocument.Child(SourceDocument.Child(at, "allOf"), index++), hops + 1);
            }
        }
    }
}
