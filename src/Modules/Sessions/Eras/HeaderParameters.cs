using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Toolgate.Connections;

namespace Toolgate.Sessions;

/// <summary>One argument that clients mirror into <c>Mcp-Param-{Name}</c>.</summary>
/// <param name="Header">The header's name.</param>
/// <param name="Path">Chain of properties that leads to the value.</param>
internal sealed record HeaderParameter(string Header, ImmutableArray<string> Path);

/// <summary>
/// Compares mirrored arguments with the body (2026-07-28, "Custom Headers from Tool Parameters"), so that what a proxy routed on is what
/// is carried out. Annotations are read once for each definition.
/// </summary>
internal static class HeaderParameters
{
    private static readonly ConditionalWeakTable<ToolDefinition, HeaderParameter[]> Known = [];

    /// <summary>What does not match, or null.</summary>
    public static string? FaultOf(IHeaderDictionary headers, ToolDefinition definition, ReadOnlyMemory<byte> arguments)
    {
        var parameters = Known.GetValue(definition, static d => Read(d.InputSchema));
        if (parameters.Length == 0)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(arguments.IsEmpty ? "{}"u8.ToArray() : arguments, new JsonDocumentOptions { MaxDepth = MessageReader.MaxDepth });
            foreach (var parameter in parameters)
            {
                var header = headers[parameter.Header];
                if (ValueAt(document.RootElement, parameter.Path) is not { } value)
                {
                    if (header.Count > 0)
                    {
                        return $"Header mismatch: {parameter.Header} is sent, but the body has no such value";
                    }
                }
                else if (!Matches(HeaderValue.Decoded(header), value))
                {
                    return $"Header mismatch: {parameter.Header} is missing or does not match the body";
                }
            }
        }
        catch (InvalidOperationException)
        {
            return "Header mismatch: a mirrored value is not well-formed";
        }

        return null;
    }

    /// <summary>The annotations of a schema; none when any of them breaks the rules, for then no client knows the tool.</summary>
    internal static HeaderParameter[] Read(ReadOnlyMemory<byte> schema)
    {
        if (schema.Span.IndexOf("x-mcp-header"u8) < 0)
        {
            return [];
        }

        using var document = JsonDocument.Parse(schema);
        var found = new List<HeaderParameter>();
        Collect(document.RootElement, [], found);
        var valid = found.TrueForAll(p => p.Header.Length > McpHeaders.ParameterPrefix.Length && p.Header.All(IsToken))
            && found.Select(p => p.Header).Distinct(StringComparer.OrdinalIgnoreCase).Count() == found.Count;
        return valid ? [.. found] : [];
    }

    private static void Collect(JsonElement schema, ImmutableArray<string> path, List<HeaderParameter> found)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        if (path.Length > 0 && schema.TryGetProperty("x-mcp-header", out var name) && name.ValueKind == JsonValueKind.String)
        {
            found.Add(new HeaderParameter(McpHeaders.ParameterPrefix + name.GetString(), path));
        }

        if (path.Length < 32 && schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in properties.EnumerateObject())
            {
                Collect(property.Value, path.Add(property.Name), found);
            }
        }
    }

    private static JsonElement? ValueAt(JsonElement value, ImmutableArray<string> path)
    {
        foreach (var name in path)
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(name, out value))
            {
                return null;
            }
        }

        return value.ValueKind == JsonValueKind.Null ? null : value;
    }

    private static bool Matches(string? header, JsonElement value) => header is not null && value.ValueKind switch
    {
        JsonValueKind.String => header == value.GetString(),
        JsonValueKind.True => header == "true",
        JsonValueKind.False => header == "false",
        JsonValueKind.Number => decimal.TryParse(header, NumberStyles.Float, CultureInfo.InvariantCulture, out var stated)
            && value.TryGetDecimal(out var actual) && stated == actual,
        _ => false,
    };

    private static bool IsToken(char c) => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal);
}
