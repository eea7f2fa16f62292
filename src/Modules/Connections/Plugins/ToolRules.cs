using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>Rules of <c>mcpTools</c>.</summary>
/// <param name="routes">The routes of the same manifest.</param>
/// <param name="faults">Where faults go.</param>
internal sealed class ToolRules(Dictionary<string, (PluginRoute? Route, JsonElement Raw)> routes, FaultList faults)
{
    private readonly SchemaGate gate = new(faults);

    /// <summary>The tools that have no fault, ordered bytewise by name.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="content">Makes a manifest that holds one tool and its route, of their texts.</param>
    public ImmutableArray<ManifestTool> Read(ObjectReading manifest, Func<string, string, ReadOnlyMemory<byte>> content)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var tools = new List<ManifestTool>();
        foreach (var (element, pointer) in manifest.Elements("mcpTools", PluginLimits.Tools))
        {
            if (ObjectReading.Of(element, pointer, faults) is { } tool && Tool(tool, element, names, content) is { } read)
            {
                tools.Add(read);
            }
        }

        return [.. tools.OrderBy(tool => tool.Name, StringComparer.Ordinal)];
    }

    private ManifestTool? Tool(ObjectReading tool, JsonElement element, HashSet<string> names, Func<string, string, ReadOnlyMemory<byte>> content)
    {
        var before = faults.Count;
        var name = tool.Text("name");
        if (name is not null && !PluginWireName.IsTool(name))
        {
            faults.Add(tool.At("name"), PluginFaultCodes.InvalidName, $"A tool's name is words of lower-case letters and digits joined by single underscores, the first a letter, at most {PluginLimits.ToolName} characters.");
        }
        else if (name is not null && !names.Add(name))
        {
            faults.Add(tool.At("name"), PluginFaultCodes.Duplicate, "Another tool has this name.");
        }

        var title = tool.Text("title", needed: false);
        ManifestText.Check(title, tool.At("title"), PluginLimits.Title, lines: false, faults);
        var description = tool.Text("description");
        ManifestText.Check(description, tool.At("description"), PluginLimits.Description, lines: true, faults);
        var route = Route(tool);
        var input = Schema(tool, "inputSchema", needed: true);
        var output = Schema(tool, "outputSchema", needed: false);
        var destructive = tool.Flag("destructive");
        var readOnly = tool.Flag("readOnly");
        if (destructive is true && readOnly is true)
        {
            faults.Add(tool.At("destructive"), PluginFaultCodes.ContradictoryHints, "A tool that only reads destroys nothing.");
        }

        tool.Close();
        if (route?.Route is { } target && input is { } schema)
        {
            Bind(schema, tool.At("inputSchema"), target);
        }

        return faults.Count > before || name is null || description is null || route?.Route is null || input is null
            ? null
            : new ManifestTool(name, title, description, route.Value.Route, Bytes(input), Bytes(output), destructive ?? true, readOnly ?? false)
            {
                Content = content(route.Value.Raw.GetRawText(), element.GetRawText()),
            };
    }

    private (PluginRoute? Route, JsonElement Raw)? Route(ObjectReading tool)
    {
        if (tool.Text("route") is not { } name)
        {
            return null;
        }

        if (routes.TryGetValue(name, out var route))
        {
            return route;
        }

        faults.Add(tool.At("route"), PluginFaultCodes.UnknownRoute, "This manifest declares no route of this name.");
        return null;
    }

    /// <summary>A schema that passed the gate.</summary>
    private JsonElement? Schema(ObjectReading tool, string name, bool needed)
        => (needed ? tool.Need(name) : tool.Take(name)) is { } schema && gate.Check(schema, tool.At(name)) ? schema : null;

    /// <summary>What travels in the path must be there and be one value; what travels in the query must be values.</summary>
    private void Bind(JsonElement schema, string pointer, PluginRoute route)
    {
        var required = (schema.Member("required")?.EnumerateArray().Select(name => name.GetString()!) ?? []).ToHashSet(StringComparer.Ordinal);
        var parameters = RouteRules.Parameters(route.Path) ?? [];
        foreach (var parameter in parameters)
        {
            if (schema.Member("properties")?.Member(parameter) is not { } property || !required.Contains(parameter) || !IsScalar(property))
            {
                faults.Add(pointer, PluginFaultCodes.ParameterUnbound, $"The route's path takes {parameter}: it must be a required string, number, integer or boolean here.");
            }
        }

        if (route.InQuery && schema.Member("properties") is { } properties)
        {
            foreach (var property in properties.EnumerateObject().Where(property => !parameters.Contains(property.Name, StringComparer.Ordinal)))
            {
                if (!IsScalar(property.Value) && !(property.Value.Text("type") == "array" && property.Value.Member("items") is { } items && IsScalar(items)))
                {
                    faults.Add(
                        SourceDocument.Child(SourceDocument.Child(pointer, "properties"), property.Name), PluginFaultCodes.QueryNeedsScalars,
                        "What travels in the query is a string, number, integer or boolean, or an array of one of these.");
                }
            }
        }
    }

    private static bool IsScalar(JsonElement schema) => schema.Text("type") is "string" or "number" or "integer" or "boolean";

    private static ReadOnlyMemory<byte> Bytes(JsonElement? schema)
        => schema is { } value ? CanonicalJson.Minify(Encoding.UTF8.GetBytes(value.GetRawText())) : default(ReadOnlyMemory<byte>);
}
