using System.Text.Json;
using System.Text.RegularExpressions;

namespace Toolgate.Connections;

/// <summary>One compiled schema. Filled by the compiler, then never changed; references may make cycles.</summary>
internal sealed class SchemaNode
{
    /// <summary>What a boolean schema says.</summary>
    public bool? Always { get; set; }

    /// <summary>The resource it belongs to, for dynamic references.</summary>
    public SchemaResource? Resource { get; set; }

    public JsonTypes Types { get; set; }

    public JsonElement[]? Enum { get; set; }

    public JsonElement? Const { get; set; }

    public ExactNumber? Minimum { get; set; }

    public ExactNumber? Maximum { get; set; }

    public ExactNumber? ExclusiveMinimum { get; set; }

    public ExactNumber? ExclusiveMaximum { get; set; }

    public ExactNumber? MultipleOf { get; set; }

    public int? MinLength { get; set; }

    public int? MaxLength { get; set; }

    public Regex? Pattern { get; set; }

    /// <summary>The pattern as its author wrote it.</summary>
    public string PatternText { get; set; } = "";

    public int? MinItems { get; set; }

    public int? MaxItems { get; set; }

    public bool UniqueItems { get; set; }

    public SchemaNode[]? PrefixItems { get; set; }

    public SchemaNode? Items { get; set; }

    public SchemaNode? Contains { get; set; }

    public int? MinContains { get; set; }

    public int? MaxContains { get; set; }

    public SchemaNode? UnevaluatedItems { get; set; }

    public int? MinProperties { get; set; }

    public int? MaxProperties { get; set; }

    public string[]? Required { get; set; }

    public Dictionary<string, SchemaNode>? Properties { get; set; }

    public (Regex Name, SchemaNode Schema)[]? PatternProperties { get; set; }

    /// <summary>A pattern of <c>patternProperties</c> has no linear form: which properties are additional is then unknown.</summary>
    public bool HasUncheckedPatternProperties { get; set; }

    public SchemaNode? AdditionalProperties { get; set; }

    public SchemaNode? PropertyNames { get; set; }

    public Dictionary<string, string[]>? DependentRequired { get; set; }

    public Dictionary<string, SchemaNode>? DependentSchemas { get; set; }

    public SchemaNode? UnevaluatedProperties { get; set; }

    public SchemaNode? Ref { get; set; }

    public SchemaNode? DynamicRef { get; set; }

    /// <summary>The name to look up in the dynamic scope; none when the reference turned out to be an ordinary one.</summary>
    public string? DynamicAnchor { get; set; }

    public SchemaNode[]? AllOf { get; set; }

    public SchemaNode[]? AnyOf { get; set; }

    public SchemaNode[]? OneOf { get; set; }

    public SchemaNode? Not { get; set; }

    public SchemaNode? If { get; set; }

    public SchemaNode? Then { get; set; }

    public SchemaNode? Else { get; set; }

    /// <summary>Whether properties or items that no keyword looked at have a schema of their own.</summary>
    public bool TracksEvaluation => UnevaluatedItems is not null || UnevaluatedProperties is not null;

    /// <summary>The schemas that apply to the same value.</summary>
    public IEnumerable<SchemaNode> InPlace()
    {
        SchemaNode?[] single = [Ref, DynamicRef, Not, If, Then, Else];
        return single.OfType<SchemaNode>().Concat(AllOf ?? []).Concat(AnyOf ?? []).Concat(OneOf ?? []).Concat(DependentSchemas?.Values.AsEnumerable() ?? []);
    }
}

/// <summary>Types of JSON Schema.</summary>
[Flags]
internal enum JsonTypes
{
    /// <summary>No restriction.</summary>
    Any = 0,

    /// <summary><c>null</c>.</summary>
    Null = 1,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean = 2,

    /// <summary>Any number.</summary>
    Number = 4,

    /// <summary>A number without a fraction.</summary>
    Integer = 8,

    /// <summary>A string.</summary>
    String = 16,

    /// <summary>An array.</summary>
    Array = 32,

    /// <summary>An object.</summary>
    Object = 64,
}

/// <summary>A schema with an identity of its own (<c>$id</c>), or the root.</summary>
/// <param name="Pointer">Where it stands in the document.</param>
/// <param name="Base">Its absolute URI.</param>
internal sealed record SchemaResource(string Pointer, Uri Base)
{
    /// <summary>Pointers of its anchors, dynamic ones included.</summary>
    public Dictionary<string, string> Anchors { get; } = new(StringComparer.Ordinal);

    /// <summary>Its dynamic anchors, compiled.</summary>
    public Dictionary<string, SchemaNode?> DynamicAnchors { get; } = new(StringComparer.Ordinal);
}
