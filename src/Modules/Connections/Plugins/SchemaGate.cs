using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>
/// The subset of JSON Schema that a manifest may use. It is small on purpose: every client shows it, nothing in it refers anywhere, and checking a value
/// takes linear time. What passes here is then compiled by the same <see cref="CompiledSchema"/> that checks the arguments of calls.
/// </summary>
internal sealed class SchemaGate(FaultList faults)
{
    private static readonly HashSet<string> Everywhere = new(StringComparer.Ordinal) { "type", "title", "description", "default" };

    private static readonly Dictionary<string, string[]> ByType = new(StringComparer.Ordinal)
    {
        ["string"] = ["enum", "format", "minLength", "maxLength", "pattern"],
        ["number"] = ["enum", "minimum", "maximum"],
        ["integer"] = ["enum", "minimum", "maximum"],
        ["boolean"] = [],
        ["array"] = ["items", "minItems", "maxItems"],
        ["object"] = ["properties", "required", "additionalProperties"],
    };

    private int nodes;
    private int patterns;

    /// <summary>Notes what is wrong with a root schema; true when it can be used.</summary>
    public bool Check(JsonElement schema, string pointer)
    {
        var before = faults.Count;
        nodes = 0;
        if (schema.ValueKind == JsonValueKind.Object && schema.Text("type") is not (null or "object"))
        {
            faults.Add(SourceDocument.Child(pointer, "type"), PluginFaultCodes.RootNotObject, "The root of a schema is of type object.");
            return false;
        }

        if (CanonicalJson.Of(schema).Length > PluginLimits.SchemaBytes)
        {
            faults.Add(pointer, PluginFaultCodes.SchemaTooLarge, $"A schema has at most {PluginLimits.SchemaBytes / 1024} KiB.");
            return false;
        }

        Node(schema, pointer, depth: 1);
        if (nodes > PluginLimits.SchemaNodes)
        {
            faults.Add(pointer, PluginFaultCodes.SchemaTooManyNodes, $"A schema holds at most {PluginLimits.SchemaNodes} schemas, itself counted.");
        }

        if (patterns > PluginLimits.Patterns)
        {
            faults.Add(pointer, PluginFaultCodes.TooMany, $"A manifest has at most {PluginLimits.Patterns} patterns.");
        }

        if (faults.Count == before && CompiledSchema.Compile(schema) is { Schema: null } unusable)
        {
            // The gate is stricter than the compiler: this would be a hole in the gate, and it must not become a tool without a schema.
            faults.Add(pointer, PluginFaultCodes.InvalidKeyword, unusable.Diagnostics.FirstOrDefault()?.Message ?? "This schema cannot be used.");
        }

        return faults.Count == before;
    }

    private void Node(JsonElement schema, string pointer, int depth)
    {
        nodes++;
        if (schema.ValueKind != JsonValueKind.Object)
        {
            faults.Add(pointer, PluginFaultCodes.WrongType, "A schema must be an object.");
            return;
        }

        if (depth > PluginLimits.SchemaDepth)
        {
            faults.Add(pointer, PluginFaultCodes.SchemaTooDeep, $"Schemas nest at most {PluginLimits.SchemaDepth} levels.");
            return;
        }

        var before = faults.Count;
        var type = TypeOf(schema, pointer);
        foreach (var member in schema.EnumerateObject())
        {
            var at = SourceDocument.Child(pointer, member.Name);
            if (Everywhere.Contains(member.Name) || (type is not null && ByType[type].Contains(member.Name, StringComparer.Ordinal)))
            {
                Keyword(schema, member.Name, member.Value, at, depth);
            }
            else if (!ByType.Values.Any(keywords => keywords.Contains(member.Name, StringComparer.Ordinal)))
            {
                faults.Add(at, PluginFaultCodes.UnsupportedKeyword, "This keyword is not part of the schemas of manifests.");
            }
            else if (type is not null)
            {
                faults.Add(at, PluginFaultCodes.KeywordNotForType, $"This keyword says nothing about values of type {type}.");
            }
        }

        Bounds(schema, pointer, "minLength", "maxLength");
        Bounds(schema, pointer, "minItems", "maxItems");
        Bounds(schema, pointer, "minimum", "maximum");
        Required(schema, pointer);

        // Against the node itself, and only when it says what its author meant.
        if (faults.Count == before && schema.TryGetProperty("default", out var value) && CompiledSchema.Compile(schema).Schema?.Validate(value).Count is not 0)
        {
            faults.Add(SourceDocument.Child(pointer, "default"), PluginFaultCodes.InvalidDefault, "The default does not conform to its own schema.");
        }
    }

    private string? TypeOf(JsonElement schema, string pointer)
    {
        if (!schema.TryGetProperty("type", out var type))
        {
            faults.Add(SourceDocument.Child(pointer, "type"), PluginFaultCodes.Required, "Every schema names its type.");
            return null;
        }

        if (type.ValueKind == JsonValueKind.String && ByType.ContainsKey(type.GetString()!))
        {
            return type.GetString();
        }

        faults.Add(SourceDocument.Child(pointer, "type"), PluginFaultCodes.UnknownType, "The type is string, number, integer, boolean, array or object.");
        return null;
    }

    private void Keyword(JsonElement schema, string keyword, JsonElement value, string at, int depth)
    {
        switch (keyword)
        {
            case "title" or "description" when value.ValueKind == JsonValueKind.String:
                ManifestText.Check(value.GetString(), at, keyword == "title" ? PluginLimits.Title : PluginLimits.Description, lines: keyword == "description", faults);
                break;
            case "title" or "description":
                Wrong(at, "a string");
                break;
            case "format" when value.ValueKind != JsonValueKind.String || !ManifestText.IsFormat(value.GetString()!):
                Wrong(at, "the name of a format, such as date-time");
                break;
            case "minLength" or "maxLength" or "minItems" or "maxItems" when !(value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count >= 0):
                Wrong(at, "an integer that is not negative");
                break;
            case "minimum" or "maximum" when value.ValueKind != JsonValueKind.Number:
                Wrong(at, "a number");
                break;
            case "pattern":
                Pattern(value, at);
                break;
            case "enum":
                Enum(schema, value, at);
                break;
            case "items":
                Node(value, at, depth + 1);
                break;
            case "properties":
                Properties(value, at, depth);
                break;
            case "additionalProperties" when value.ValueKind is not (JsonValueKind.True or JsonValueKind.False):
                Node(value, at, depth + 1);
                break;
        }
    }

    private void Pattern(JsonElement value, string at)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            Wrong(at, "a string");
        }
        else if (++patterns <= PluginLimits.Patterns && (value.GetString()!.Length > PluginLimits.Pattern || EcmaPattern.Compile(value.GetString()!) is null))
        {
            faults.Add(at, PluginFaultCodes.InvalidPattern,
                $"A pattern has at most {PluginLimits.Pattern} characters and a linear-time form: no look-around, no back-references, no huge repetitions.");
        }
    }

    /// <summary>Each value conforms to its node without the list itself.</summary>
    private void Enum(JsonElement schema, JsonElement value, string at)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() is 0 or > PluginLimits.EnumValues)
        {
            faults.Add(at, PluginFaultCodes.InvalidEnum, $"An enum is an array of 1 to {PluginLimits.EnumValues} values.");
            return;
        }

        var known = new HashSet<string>(StringComparer.Ordinal);
        var index = 0;
        var isText = schema.Text("type") == "string";
        var compiled = CompiledSchema.Compile(schema).Schema;
        foreach (var item in value.EnumerateArray())
        {
            var pointer = SourceDocument.Child(at, index++);
            if (item.ValueKind != (isText ? JsonValueKind.String : JsonValueKind.Number) || (isText && item.GetString()!.Length > PluginLimits.EnumText))
            {
                faults.Add(pointer, PluginFaultCodes.InvalidEnum, $"A value is of the type that its schema names, and a text of it has at most {PluginLimits.EnumText} characters.");
            }
            else if (!known.Add(Convert.ToHexString(CanonicalJson.Of(item))))
            {
                faults.Add(pointer, PluginFaultCodes.InvalidEnum, "This value stands in the enum twice.");
            }
            else if (compiled?.Validate(item).Count > 0)
            {
                faults.Add(pointer, PluginFaultCodes.InvalidEnum, "This value does not conform to the other keywords beside the enum.");
            }
        }
    }

    private void Properties(JsonElement value, string at, int depth)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            Wrong(at, "an object");
            return;
        }

        var count = 0;
        foreach (var member in value.EnumerateObject())
        {
            var pointer = SourceDocument.Child(at, member.Name);
            if (++count > PluginLimits.Properties)
            {
                faults.Add(at, PluginFaultCodes.TooMany, $"An object has at most {PluginLimits.Properties} properties.");
                return;
            }

            if (!ManifestText.IsPropertyName(member.Name))
            {
                faults.Add(pointer, PluginFaultCodes.InvalidPropertyName, "A property's name starts with a letter or underscore; letters, digits, underscores, dots and dashes follow, at most 64 in all.");
            }

            Node(member.Value, pointer, depth + 1);
        }
    }

    private void Required(JsonElement schema, string pointer)
    {
        if (schema.Text("type") != "object" || schema.Member("required") is not { } required)
        {
            return;
        }

        var at = SourceDocument.Child(pointer, "required");
        if (required.ValueKind != JsonValueKind.Array || required.EnumerateArray().Any(name => name.ValueKind != JsonValueKind.String))
        {
            Wrong(at, "an array of strings");
            return;
        }

        var known = new HashSet<string>(StringComparer.Ordinal);
        var index = 0;
        foreach (var name in required.EnumerateArray().Select(name => name.GetString()!))
        {
            var item = SourceDocument.Child(at, index++);
            if (schema.Member("properties")?.Member(name) is null)
            {
                faults.Add(item, PluginFaultCodes.RequiredUndeclared, "What is required is not among the properties.");
            }
            else if (!known.Add(name))
            {
                faults.Add(item, PluginFaultCodes.Duplicate, "This name stands in the list twice.");
            }
        }
    }

    private void Bounds(JsonElement schema, string pointer, string least, string most)
    {
        if (schema.Member(least) is { ValueKind: JsonValueKind.Number } low && schema.Member(most) is { ValueKind: JsonValueKind.Number } high && low.GetDouble() > high.GetDouble())
        {
            faults.Add(SourceDocument.Child(pointer, least), PluginFaultCodes.MinOverMax, $"{least} is greater than {most}: no value would conform.");
        }
    }

    private void Wrong(string at, string expected) => faults.Add(at, PluginFaultCodes.InvalidKeyword, $"This keyword must be {expected}.");
}
