using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>Kinds of types. The numbers are stored.</summary>
internal enum GraphQlKind : byte
{
    Scalar = 0,
    Object = 1,
    Interface = 2,
    Union = 3,
    Enum = 4,
    InputObject = 5,
}

/// <summary>A schema whose parts fit together: every reference leads to a type that may stand there.</summary>
internal sealed class GraphQlSchema(IReadOnlyDictionary<string, GraphQlType> types, string? query, string? mutation, string? subscription)
{
    /// <summary>Types by name.</summary>
    public IReadOnlyDictionary<string, GraphQlType> Types { get; } = types;

    /// <summary>Name of the type whose fields are queries.</summary>
    public string? Query { get; } = query;

    /// <summary>Name of the type whose fields are mutations.</summary>
    public string? Mutation { get; } = mutation;

    /// <summary>Name of the type whose fields are subscriptions.</summary>
    public string? Subscription { get; } = subscription;

    /// <summary>What the schema says of itself.</summary>
    public string? Description { get; init; }

    /// <summary>Whether a type is one of the three that operations start from.</summary>
    public bool IsRoot(string name) => name == Query || name == Mutation || name == Subscription;
}

/// <summary>A type. What does not apply to its kind is empty.</summary>
internal sealed class GraphQlType
{
    private Dictionary<string, GraphQlField>? byName;
    private Dictionary<string, GraphQlInput>? inputsByName;
    private HashSet<string>? valueNames;
    private HashSet<string>? possibleNames;

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its kind.</summary>
    public required GraphQlKind Kind { get; init; }

    /// <summary>What it is.</summary>
    public string? Description { get; init; }

    /// <summary>Of a scalar: the URL of its specification.</summary>
    public string? SpecifiedBy { get; init; }

    /// <summary>Of an input object: exactly one field must be given (<c>@oneOf</c>).</summary>
    public bool IsOneOf { get; init; }

    /// <summary>Of an object or interface.</summary>
    public ImmutableArray<GraphQlField> Fields { get; init; } = [];

    /// <summary>Of an input object.</summary>
    public ImmutableArray<GraphQlInput> Inputs { get; init; } = [];

    /// <summary>Of an enum.</summary>
    public ImmutableArray<GraphQlEnumValue> Values { get; init; } = [];

    /// <summary>Object types that a value of an interface or union may be, ordered by name.</summary>
    public ImmutableArray<string> Possible { get; init; } = [];

    /// <summary>Whether it stands for several object types.</summary>
    public bool IsAbstract => Kind is GraphQlKind.Interface or GraphQlKind.Union;

    /// <summary>Whether a selection is needed to read it.</summary>
    public bool IsComposite => Kind is GraphQlKind.Object or GraphQlKind.Interface or GraphQlKind.Union;

    /// <summary>Whether arguments may have it.</summary>
    public bool IsInput => Kind is GraphQlKind.Scalar or GraphQlKind.Enum or GraphQlKind.InputObject;

    /// <summary>The field of a name.</summary>
    public GraphQlField? Field(string name) =>
        (byName ??= Fields.ToDictionary(field => field.Name, StringComparer.Ordinal)).GetValueOrDefault(name);

    /// <summary>The input field of a name.</summary>
    public GraphQlInput? Input(string name) =>
        (inputsByName ??= Inputs.ToDictionary(input => input.Name, StringComparer.Ordinal)).GetValueOrDefault(name);

    /// <summary>Whether an enum has a value.</summary>
    public bool HasValue(string name) => (valueNames ??= Values.Select(value => value.Name).ToHashSet(StringComparer.Ordinal)).Contains(name);

    /// <summary>Whether a value of this type can be one of the other type too (GraphQL specification, section 5.5.2.3).</summary>
    public bool Overlaps(GraphQlType other)
    {
        var (few, many) = PossibleNames.Count <= other.PossibleNames.Count ? (this, other) : (other, this);
        return few.PossibleNames.Any(many.PossibleNames.Contains);
    }

    private HashSet<string> PossibleNames => possibleNames ??= IsAbstract ? Possible.ToHashSet(StringComparer.Ordinal) : [Name];
}

/// <summary>A field of an object or interface.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">What it gives.</param>
/// <param name="Arguments">What it takes.</param>
/// <param name="Description">What it is.</param>
/// <param name="Deprecation">Why it should not be used any more; null when it may be.</param>
internal sealed record GraphQlField(string Name, TypeReference Type, ImmutableArray<GraphQlInput> Arguments, string? Description = null, string? Deprecation = null)
{
    /// <summary>Whether it cannot be read without arguments.</summary>
    public bool NeedsArguments => Arguments.Any(argument => argument.IsRequired);
}

/// <summary>An argument, or a field of an input object.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">What it takes.</param>
/// <param name="HasDefault">Whether it has a value when none is given.</param>
/// <param name="Default">That value, when it could be read.</param>
/// <param name="Description">What it is.</param>
/// <param name="Deprecation">Why it should not be used any more; null when it may be.</param>
internal sealed record GraphQlInput(
    string Name, TypeReference Type, bool HasDefault, GraphQlValue? Default = null, string? Description = null, string? Deprecation = null)
{
    /// <summary>Whether it must be given.</summary>
    public bool IsRequired => Type.IsNonNull && !HasDefault;
}

/// <summary>One value of an enum.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it means.</param>
/// <param name="Deprecation">Why it should not be used any more; null when it may be.</param>
internal sealed record GraphQlEnumValue(string Name, string? Description = null, string? Deprecation = null);
