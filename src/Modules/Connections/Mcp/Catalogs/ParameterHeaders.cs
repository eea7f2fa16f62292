using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>
/// Arguments that servers of the modern era want in headers, too, so that intermediaries can route without reading bodies: properties annotated with
/// <c>x-mcp-header</c> (2026-07-28, SEP-2243).
/// </summary>
internal static class ParameterHeaders
{
    private const string Annotation = "x-mcp-header";
    private const int MaxHeaders = 32;
    private const int MaxDepth = 16;
    private const long MaxSafeInteger = 9_007_199_254_740_991;

    /// <summary>The annotations of a schema; null when one is not allowed: then the tool must not be offered.</summary>
    public static ImmutableArray<McpHeader>? Of(JsonElement schema)
    {
        var found = new List<McpHeader>();
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        return Walk(schema, [], found, names) && found.Count <= MaxHeaders && Count(schema, 0) == found.Count ? [.. found] : null;
    }

    /// <summary>The headers of a call.</summary>
    public static ImmutableArray<KeyValuePair<string, string>> Values(ImmutableArray<McpHeader> headers, ReadOnlyMemory<byte> arguments)
    {
        if (headers.IsEmpty)
        {
            return [];
        }

        using var document = JsonDocument.Parse(arguments, new JsonDocumentOptions { MaxDepth = CompiledSchema.MaxDepth });
        var values = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>(headers.Length);
        foreach (var (name, path) in headers)
        {
            var element = document.RootElement;
            var exists = path.All(step => element.ValueKind == JsonValueKind.Object && element.TryGetProperty(step, out element));
            if (exists && Text(element) is { } text)
            {
                values.Add(new(name, text));
            }
        }

        return values.DrainToImmutable();
    }

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",

        // 1.0 and 1e3 are integers, too: the server compares numbers, not digits.
        JsonValueKind.Number when value.TryGetDecimal(out var number) && decimal.IsInteger(number) && Math.Abs(number) <= MaxSafeInteger
            => decimal.Truncate(number).ToString("0", CultureInfo.InvariantCulture),
        JsonValueKind.Number => value.GetRawText(),
        _ => null,
    };

    private static bool Walk(JsonElement schema, ImmutableArray<string> path, List<McpHeader> found, HashSet<string> names)
    {
        if (schema.ValueKind != JsonValueKind.Object || path.Length > MaxDepth || !schema.TryGetProperty("properties", out var properties) || properties.ValueKind != JsonValueKind.Object)
        {
            return true;
        }

        foreach (var property in properties.EnumerateObject())
        {
            var here = path.Add(property.Name);
            if (property.Value.ValueKind == JsonValueKind.Object && property.Value.TryGetProperty(Annotation, out var annotation))
            {
                if (annotation.ValueKind != JsonValueKind.String || annotation.GetString() is not { } name || !AuthTemplateRules.IsHeaderName(name) || !names.Add(name) || !IsPlain(property.Value))
                {
                    return false;
                }

                found.Add(new McpHeader(name, here));
            }

            if (!Walk(property.Value, here, found, names))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsPlain(JsonElement schema)
        => schema.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() is "string" or "integer" or "boolean";

    /// <summary>Annotations anywhere in the schema: one that is not reached through properties alone is not allowed.</summary>
    private static int Count(JsonElement element, int depth) => element.ValueKind switch
    {
        _ when depth > JsonMembers.MaxDepth => 0,
        JsonValueKind.Object => element.EnumerateObject().Sum(member => member.Name is "const" or "enum" or "default" or "examples" ? 0
            : (member.Name == Annotation && member.Value.ValueKind == JsonValueKind.String ? 1 : 0) + Count(member.Value, depth + 1)),
        JsonValueKind.Array => element.EnumerateArray().Sum(item => Count(item, depth + 1)),
        _ => 0,
    };
}
