using System.Text.Json;

namespace Toolgate.Sessions;

/// <summary>
/// What a schema says of the values inside a value: all subschemas that may speak of it, through references inside the document and through every combinator, taken
/// or not. One that marks a value as secret is enough. Bounded, whatever the schema is.
/// </summary>
internal sealed class SchemaWalk(JsonElement root)
{
    private const int Most = 64;

    /// <summary>The subschemas of the whole.</summary>
    public List<JsonElement> Start() => Expand([root]);

    /// <summary>The subschemas of a member.</summary>
    public List<JsonElement> Member(List<JsonElement> schemas, string name)
    {
        var found = new List<JsonElement>();
        foreach (var schema in schemas)
        {
            if (Object(schema, "properties", out var properties) && properties.TryGetProperty(name, out var property))
            {
                found.Add(property);
            }

            if (Object(schema, "patternProperties", out var patterns))
            {
                found.AddRange(patterns.EnumerateObject().Take(Most).Select(pattern => pattern.Value));
            }

            if (Object(schema, "additionalProperties", out var others))
            {
                found.Add(others);
            }
        }

        return Expand(found);
    }

    /// <summary>The subschemas of an item.</summary>
    public List<JsonElement> Item(List<JsonElement> schemas)
    {
        var found = new List<JsonElement>();
        foreach (var schema in schemas)
        {
            if (Object(schema, "items", out var items))
            {
                found.Add(items);
            }

            if (schema.TryGetProperty("prefixItems", out var prefix) && prefix.ValueKind == JsonValueKind.Array)
            {
                found.AddRange(prefix.EnumerateArray().Take(Most));
            }
        }

        return Expand(found);
    }

    /// <summary>Whether any of them marks the value as one that is not to be shown (JSON Schema 2020-12 <c>writeOnly</c>; OpenAPI <c>format: password</c>).</summary>
    public static bool MarksSecret(List<JsonElement> schemas) => schemas.Exists(schema =>
        (schema.TryGetProperty("writeOnly", out var writeOnly) && writeOnly.ValueKind == JsonValueKind.True)
        || (schema.TryGetProperty("format", out var format) && format.ValueKind == JsonValueKind.String && format.ValueEquals("password")));

    private List<JsonElement> Expand(List<JsonElement> schemas)
    {
        var all = new List<JsonElement>();
        var waiting = new Queue<JsonElement>(schemas);
        for (var steps = 0; waiting.TryDequeue(out var schema) && steps < 4 * Most && all.Count < Most; steps++)
        {
            if (schema.ValueKind != JsonValueKind.Object)
            {
                continue;
            }

            all.Add(schema);
            foreach (var combinator in (ReadOnlySpan<string>)["allOf", "anyOf", "oneOf"])
            {
                if (schema.TryGetProperty(combinator, out var parts) && parts.ValueKind == JsonValueKind.Array)
                {
                    foreach (var part in parts.EnumerateArray().Take(Most))
                    {
                        waiting.Enqueue(part);
                    }
                }
            }

            foreach (var combinator in (ReadOnlySpan<string>)["if", "then", "else"])
            {
                if (schema.TryGetProperty(combinator, out var part))
                {
                    waiting.Enqueue(part);
                }
            }

            if (schema.TryGetProperty("$ref", out var reference) && reference.ValueKind == JsonValueKind.String && Resolve(reference.GetString()!) is { } target)
            {
                waiting.Enqueue(target);
            }
        }

        return all;
    }

    private JsonElement? Resolve(string reference)
    {
        if (!reference.StartsWith('#') || (reference.Length > 1 && reference[1] != '/'))
        {
            return null;
        }

        var at = root;
        foreach (var token in reference.Split('/').Skip(1))
        {
            var name = Uri.UnescapeDataString(token).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at))
            {
                return null;
            }
        }

        return at;
    }

    private static bool Object(JsonElement schema, string member, out JsonElement value)
        => schema.TryGetProperty(member, out value) && value.ValueKind == JsonValueKind.Object;
}
