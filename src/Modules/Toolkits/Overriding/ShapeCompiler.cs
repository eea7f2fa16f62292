using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Toolgate.Connections;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>
/// Compiles an override against the definition that it speaks about. What does not fit is a fault: at the request 422, and later, when the source has changed
/// the tool, the reason why it is held back. Parameters are the properties at the top of the input schema; deeper ones cannot be hidden or fixed.
/// </summary>
internal static class ShapeCompiler
{
    private static readonly ConditionalWeakTable<ToolOverride, Compiled> Known = [];
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 256 };

    /// <summary>The shape, or why there is none; an override that only renames has neither. Kept as long as the override is.</summary>
    public static (ToolShape? Shape, IReadOnlyList<ProblemError> Faults) Of(ToolOverride said, ToolDefinition definition)
    {
        if (!Known.TryGetValue(said, out var known) || !ReferenceEquals(known.Definition, definition))
        {
            known = Compile(said, definition);
            Known.AddOrUpdate(said, known);
        }

        return (known.Shape, known.Faults);
    }

    private static Compiled Compile(ToolOverride said, ToolDefinition definition)
    {
        if (!said.Shapes)
        {
            return new(definition, null, []);
        }

        try
        {
            using var schema = JsonDocument.Parse(definition.InputSchema, Deep);
            var hidden = said.Fix.Select(argument => argument.Parameter).Concat(said.Hide).ToHashSet(StringComparer.Ordinal);
            var faults = Faults(said, definition, schema.RootElement, hidden);
            return faults.Count > 0 ? new(definition, null, faults) : new(definition, Shape(said, definition, schema.RootElement, hidden), []);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return new(definition, null, [new ProblemError("", "unusable_schema", "The tool's schema cannot be used.")]);
        }
    }

    private static List<ProblemError> Faults(ToolOverride said, ToolDefinition definition, JsonElement schema, HashSet<string> hidden)
    {
        var faults = new List<ProblemError>();
        var fixes = said.Fix.Select(argument => argument.Parameter).ToHashSet(StringComparer.Ordinal);
        var known = Members(schema, "properties").Select(property => property.Name).ToHashSet(StringComparer.Ordinal);
        var required = Required(schema).ToHashSet(StringComparer.Ordinal);
        foreach (var (parameter, pointer) in said.Hide.Select((parameter, i) => (parameter, $"/hide/{i}"))
            .Concat(said.Fix.Select(argument => (argument.Parameter, JsonPointer.Child("/fix", argument.Parameter)))))
        {
            if (!known.Contains(parameter))
            {
                faults.Add(new ProblemError(pointer, "unknown_parameter", $"The tool has no parameter '{parameter}'."));
            }
            else if (required.Contains(parameter) && !fixes.Contains(parameter))
            {
                faults.Add(new ProblemError(pointer, "required_parameter", $"The tool needs '{parameter}': fix its value to hide it."));
            }
            else if (RefersTo(schema, JsonPointer.Child("#/properties", parameter)))
            {
                faults.Add(new ProblemError(pointer, "referenced_parameter", $"Another part of the tool's schema refers to '{parameter}'."));
            }
        }

        if (faults.Count == 0 && !said.Fix.IsEmpty)
        {
            faults.AddRange(ArgumentSchemas.CheckSome(definition, (byte[])[(byte)'{', .. FixedMembers(said), (byte)'}'])
                .Select(fault => new ProblemError("/fix" + fault.Pointer, "invalid_value", fault.Message)));
        }

        return faults;
    }

    private static ToolShape Shape(ToolOverride said, ToolDefinition definition, JsonElement schema, HashSet<string> hidden)
    {
        var input = hidden.Count == 0 ? definition.InputSchema : Without(schema, hidden);
        return new ToolShape(
            Members(schema, "properties").Select(property => property.Name).Where(name => !hidden.Contains(name)), hidden, FixedMembers(said))
        {
            Title = said.Title,
            Description = said.Description,
            InputSchema = input,
            ListingMembers = Listing(said, definition, input),
        };
    }

    /// <summary>The schema without the parameters.</summary>
    private static byte[] Without(JsonElement schema, HashSet<string> hidden)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            foreach (var member in schema.EnumerateObject())
            {
                if (member.NameEquals("properties"))
                {
                    json.WriteStartObject("properties"u8);
                    foreach (var property in member.Value.EnumerateObject().Where(property => !hidden.Contains(property.Name)))
                    {
                        property.WriteTo(json);
                    }

                    json.WriteEndObject();
                }
                else if (!member.NameEquals("required"))
                {
                    member.WriteTo(json);
                }
            }

            if (Required(schema).Where(name => !hidden.Contains(name)).ToList() is { Count: > 0 } required)
            {
                json.WriteStartArray("required"u8);
                required.ForEach(json.WriteStringValue);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <summary>The members of the list's entry, with those replaced that are said otherwise; all others as they are.</summary>
    private static byte[] Listing(ToolOverride said, ToolDefinition definition, ReadOnlyMemory<byte> input)
    {
        using var entry = JsonDocument.Parse((byte[])[(byte)'{', .. definition.ListingMembers.Span, (byte)'}'], Deep);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            if (said.Title is not null)
            {
                json.WriteString("title"u8, said.Title);
            }

            if (said.Description is not null)
            {
                json.WriteString("description"u8, said.Description);
            }

            foreach (var member in entry.RootElement.EnumerateObject())
            {
                if (member.NameEquals("inputSchema"))
                {
                    json.WritePropertyName("inputSchema"u8);
                    json.WriteRawValue(input.Span, skipInputValidation: true);
                }
                else if (!(member.NameEquals("title") && said.Title is not null) && !(member.NameEquals("description") && said.Description is not null))
                {
                    member.WriteTo(json);
                }
            }

            json.WriteEndObject();
        }

        return buffer.ToArray()[1..^1];
    }

    private static byte[] FixedMembers(ToolOverride said)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            foreach (var (parameter, value) in said.Fix)
            {
                json.WritePropertyName(parameter);
                value.WriteTo(json);
            }

            json.WriteEndObject();
        }

        return buffer.ToArray()[1..^1];
    }

    private static IEnumerable<JsonProperty> Members(JsonElement schema, string name)
        => schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object
            ? value.EnumerateObject()
            : Enumerable.Empty<JsonProperty>();

    private static IEnumerable<string> Required(JsonElement schema)
        => schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("required", out var value) && value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)
            : [];

    /// <summary>Whether a reference leads to the place or below it; the list would then show a reference to nothing.</summary>
    private static bool RefersTo(JsonElement schema, string place) => schema.ValueKind switch
    {
        JsonValueKind.Object => schema.EnumerateObject().Any(member =>
            (member.Name is "$ref" or "$dynamicRef" && member.Value.ValueKind == JsonValueKind.String && IsAt(member.Value.GetString()!, place))
            || RefersTo(member.Value, place)),
        JsonValueKind.Array => schema.EnumerateArray().Any(item => RefersTo(item, place)),
        _ => false,
    };

    private static bool IsAt(string reference, string place)
        => Uri.UnescapeDataString(reference) is var plain && (plain == place || plain.StartsWith(place + "/", StringComparison.Ordinal));

    private sealed record Compiled(ToolDefinition Definition, ToolShape? Shape, IReadOnlyList<ProblemError> Faults);
}
