using System.Text.Json;
using System.Text.RegularExpressions;

namespace Toolgate.Connections;

/// <summary>
/// Compiles JSON Schema 2020-12 into nodes. A keyword that is malformed or a reference that leads nowhere makes the whole schema unusable:
/// checking less than the author wrote would let through what was meant to be refused. The exception is a pattern without a linear form.
/// </summary>
internal sealed class SchemaCompiler
{
    private const int MaxNodes = 100_000;

    private readonly SchemaResources resources;
    private readonly Dictionary<string, SchemaNode> nodes = new(StringComparer.Ordinal);
    private readonly Queue<(SchemaNode Node, JsonElement Schema, string Pointer)> referenced = new();
    private readonly List<Diagnostic> errors = [];
    private readonly List<Diagnostic> warnings = [];

    private SchemaCompiler(JsonElement root) => resources = new SchemaResources(root);

    /// <summary>Compiles a schema document.</summary>
    public static SchemaCompilation Compile(JsonElement root)
    {
        var compiler = new SchemaCompiler(root);
        var node = compiler.Node(root, "");
        compiler.Drain();
        foreach (var resource in compiler.resources.All)
        {
            foreach (var name in resource.DynamicAnchors.Keys.ToArray())
            {
                var pointer = resource.Anchors[name];
                resource.DynamicAnchors[name] = compiler.Node(compiler.resources.Find(pointer)!.Value, pointer);
                compiler.Drain();
            }
        }

        if (compiler.errors.Count == 0 && compiler.FindCycle() is { } cycle)
        {
            compiler.errors.Add(new Diagnostic(cycle, "reference_cycle", "This schema refers to itself without going into the value."));
        }

        return compiler.errors.Count > 0
            ? new SchemaCompilation(null, [.. compiler.errors.Take(20)])
            : new SchemaCompilation(new CompiledSchema(node), [.. compiler.warnings.Take(20)]);
    }

    /// <summary>Fills what references named. A chain of references of any length then takes no stack.</summary>
    private void Drain()
    {
        while (referenced.TryDequeue(out var pending))
        {
            Fill(pending.Node, pending.Schema, pending.Pointer);
        }
    }

    private SchemaNode Node(JsonElement schema, string pointer)
    {
        if (nodes.TryGetValue(pointer, out var known))
        {
            return known;
        }

        var node = Place(pointer);
        Fill(node, schema, pointer);
        return node;
    }

    private SchemaNode Referenced(JsonElement schema, string pointer)
    {
        if (nodes.TryGetValue(pointer, out var known))
        {
            return known;
        }

        var node = Place(pointer);
        referenced.Enqueue((node, schema, pointer));
        return node;
    }

    private SchemaNode Place(string pointer)
    {
        var node = new SchemaNode { Resource = resources.Of(pointer) };
        nodes[pointer] = node;
        return node;
    }

    private void Fill(SchemaNode node, JsonElement schema, string pointer)
    {
        if (nodes.Count > MaxNodes)
        {
            Error(pointer, "schema_too_large", "This schema has too many parts.");
            return;
        }

        switch (schema.ValueKind)
        {
            case JsonValueKind.True or JsonValueKind.False:
                node.Always = schema.GetBoolean();
                break;
            case JsonValueKind.Object:
                foreach (var member in schema.EnumerateObject())
                {
                    Keyword(node, schema, member.Name, member.Value, SourceDocument.Child(pointer, member.Name));
                }

                break;
            default:
                Error(pointer, "invalid_schema", "A schema must be an object or a boolean.");
                break;
        }
    }

    private void Keyword(SchemaNode node, JsonElement schema, string keyword, JsonElement value, string at)
    {
        switch (keyword)
        {
            case "type": node.Types = Types(value, at); break;
            case "enum": node.Enum = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(item => item.Clone())] : Wrong<JsonElement[]>(at, "an array"); break;
            case "const": node.Const = value.Clone(); break;
            case "minimum": node.Minimum = Number(value, at); break;
            case "maximum": node.Maximum = Number(value, at); break;
            case "exclusiveMinimum": node.ExclusiveMinimum = Number(value, at); break;
            case "exclusiveMaximum": node.ExclusiveMaximum = Number(value, at); break;
            case "multipleOf":
                node.MultipleOf = Number(value, at);
                if (node.MultipleOf is { IsPositive: false }) { Error(at, "invalid_keyword", "multipleOf must be greater than zero."); }
                break;
            case "minLength": node.MinLength = Count(value, at); break;
            case "maxLength": node.MaxLength = Count(value, at); break;
            case "pattern" when value.ValueKind == JsonValueKind.String:
                node.PatternText = value.GetString()!;
                node.Pattern = Pattern(node.PatternText, at);
                break;
            case "pattern": Wrong<string>(at, "a string"); break;
            case "minItems": node.MinItems = Count(value, at); break;
            case "maxItems": node.MaxItems = Count(value, at); break;
            case "uniqueItems": node.UniqueItems = value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : Wrong<bool>(at, "a boolean"); break;
            case "prefixItems": node.PrefixItems = List(value, at); break;
            // Up to draft 2019-09 a list here was what prefixItems is now.
            case "items" when value.ValueKind == JsonValueKind.Array: node.PrefixItems = List(value, at); break;
            case "additionalItems" when schema.Member("items") is { ValueKind: JsonValueKind.Array }: node.Items = Node(value, at); break;
            case "items": node.Items = Node(value, at); break;
            case "contains": node.Contains = Node(value, at); break;
            case "minContains": node.MinContains = Count(value, at); break;
            case "maxContains": node.MaxContains = Count(value, at); break;
            case "unevaluatedItems": node.UnevaluatedItems = Node(value, at); break;
            case "minProperties": node.MinProperties = Count(value, at); break;
            case "maxProperties": node.MaxProperties = Count(value, at); break;
            case "required": node.Required = Names(value, at); break;
            case "properties": node.Properties = Map(value, at); break;
            case "patternProperties": PatternProperties(node, value, at); break;
            case "additionalProperties": node.AdditionalProperties = Node(value, at); break;
            case "propertyNames": node.PropertyNames = Node(value, at); break;
            case "dependentRequired": node.DependentRequired = NameMap(value, at); break;
            case "dependentSchemas": node.DependentSchemas = Map(value, at); break;
            case "dependencies": Dependencies(node, value, at); break;
            case "unevaluatedProperties": node.UnevaluatedProperties = Node(value, at); break;
            case "$ref": node.Ref = Reference(value, at)?.Node; break;
            case "$dynamicRef": Dynamic(node, value, at); break;
            case "allOf": node.AllOf = List(value, at); break;
            case "anyOf": node.AnyOf = List(value, at); break;
            case "oneOf": node.OneOf = List(value, at); break;
            case "not": node.Not = Node(value, at); break;
            case "if": node.If = Node(value, at); break;
            case "then": node.Then = Node(value, at); break;
            case "else": node.Else = Node(value, at); break;
        }
    }

    private (SchemaNode Node, SchemaResource Resource, string? Anchor)? Reference(JsonElement value, string at)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return Wrong<(SchemaNode, SchemaResource, string?)?>(at, "a string");
        }

        if (resources.Resolve(value.GetString()!, resources.Of(at)) is not { } target || resources.Find(target.Pointer) is not { } found)
        {
            Error(at, "unresolved_reference", "This reference leads to nothing in this schema; other documents are never fetched.");
            return null;
        }

        return (Referenced(found, target.Pointer), target.Resource, target.Anchor);
    }

    private void Dynamic(SchemaNode node, JsonElement value, string at)
    {
        if (Reference(value, at) is { } target)
        {
            node.DynamicRef = target.Node;
            node.DynamicAnchor = target.Anchor is { } anchor && target.Resource.DynamicAnchors.ContainsKey(anchor) ? anchor : null;
        }
    }

    private void PatternProperties(SchemaNode node, JsonElement value, string at)
    {
        if (Map(value, at) is not { } map)
        {
            return;
        }

        var checkedPatterns = new List<(Regex, SchemaNode)>();
        foreach (var (pattern, schema) in map)
        {
            if (Pattern(pattern, SourceDocument.Child(at, pattern)) is { } regex)
            {
                checkedPatterns.Add((regex, schema));
            }
            else
            {
                node.HasUncheckedPatternProperties = true;
            }
        }

        node.PatternProperties = [.. checkedPatterns];
    }

    private void Dependencies(SchemaNode node, JsonElement value, string at)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            Wrong<object>(at, "an object");
            return;
        }

        foreach (var member in value.EnumerateObject())
        {
            var child = SourceDocument.Child(at, member.Name);
            if (member.Value.ValueKind == JsonValueKind.Array)
            {
                (node.DependentRequired ??= new(StringComparer.Ordinal))[member.Name] = Names(member.Value, child) ?? [];
            }
            else
            {
                (node.DependentSchemas ??= new(StringComparer.Ordinal))[member.Name] = Node(member.Value, child);
            }
        }
    }

    private JsonTypes Types(JsonElement value, string at)
    {
        var types = JsonTypes.Any;
        foreach (var item in value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToArray() : [value])
        {
            var type = item.ValueKind != JsonValueKind.String ? JsonTypes.Any : item.GetString() switch
            {
                "null" => JsonTypes.Null,
                "boolean" => JsonTypes.Boolean,
                "number" => JsonTypes.Number,
                "integer" => JsonTypes.Integer,
                "string" => JsonTypes.String,
                "array" => JsonTypes.Array,
                "object" => JsonTypes.Object,
                _ => JsonTypes.Any,
            };
            if (type == JsonTypes.Any)
            {
                Error(at, "invalid_keyword", "type must name types of JSON Schema.");
            }

            types |= type;
        }

        return types;
    }

    private ExactNumber? Number(JsonElement value, string at) =>
        (value.ValueKind == JsonValueKind.Number ? ExactNumber.Read(value) : null) ?? Wrong<ExactNumber?>(at, "a number");

    private int? Count(JsonElement value, string at) =>
        (value.ValueKind == JsonValueKind.Number ? ExactNumber.Read(value)?.AsCount() : null) ?? Wrong<int?>(at, "an integer that is not negative");

    private Regex? Pattern(string pattern, string at)
    {
        var regex = EcmaPattern.Compile(pattern);
        if (regex is null)
        {
            warnings.Add(new Diagnostic(at, "unsupported_pattern", "This pattern has no linear-time form; it is not checked here but by the upstream."));
        }

        return regex;
    }

    private SchemaNode[]? List(JsonElement value, string at) => value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0
        ? [.. value.EnumerateArray().Select((item, index) => Node(item, SourceDocument.Child(at, index)))]
        : Wrong<SchemaNode[]>(at, "an array of schemas with at least one");

    private Dictionary<string, SchemaNode>? Map(JsonElement value, string at)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return Wrong<Dictionary<string, SchemaNode>>(at, "an object");
        }

        var map = new Dictionary<string, SchemaNode>(StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject())
        {
            map[member.Name] = Node(member.Value, SourceDocument.Child(at, member.Name));
        }

        return map;
    }

    private string[]? Names(JsonElement value, string at) =>
        value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(item => item.GetString()!).Distinct(StringComparer.Ordinal)]
            : Wrong<string[]>(at, "an array of strings");

    private Dictionary<string, string[]>? NameMap(JsonElement value, string at) => value.ValueKind != JsonValueKind.Object
        ? Wrong<Dictionary<string, string[]>>(at, "an object")
        : value.EnumerateObject().ToDictionary(
            member => member.Name, member => Names(member.Value, SourceDocument.Child(at, member.Name)) ?? [], StringComparer.Ordinal);

    /// <summary>Finds a schema that applies to its own value again through references alone: evaluating it would never end.</summary>
    private string? FindCycle()
    {
        var states = new Dictionary<SchemaNode, bool>(ReferenceEqualityComparer.Instance);
        var pending = new Stack<(SchemaNode Node, bool Leave)>();
        foreach (var start in nodes.Values)
        {
            pending.Push((start, false));
            while (pending.TryPop(out var entry))
            {
                if (entry.Leave)
                {
                    states[entry.Node] = true;
                    continue;
                }

                if (states.TryGetValue(entry.Node, out var done))
                {
                    if (!done)
                    {
                        var looped = entry.Node;
                        return nodes.First(entry => ReferenceEquals(entry.Value, looped)).Key;
                    }

                    continue;
                }

                states[entry.Node] = false;
                pending.Push((entry.Node, true));
                foreach (var next in entry.Node.InPlace().Where(next => !(states.TryGetValue(next, out var finished) && finished)))
                {
                    pending.Push((next, false));
                }
            }
        }

        return null;
    }

    private T? Wrong<T>(string at, string expected)
    {
        Error(at, "invalid_keyword", $"This keyword must be {expected}.");
        return default;
    }

    private void Error(string at, string code, string message) => errors.Add(new Diagnostic(at, code, message));
}
