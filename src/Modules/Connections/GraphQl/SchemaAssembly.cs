using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>
/// Makes a schema of drafts. What does not fit leaves alone, with a diagnostic: a value, a field, a type, never the schema. Everything that
/// stays refers to types that exist and may stand there.
/// </summary>
internal sealed class SchemaAssembly(DiagnosticList diagnostics)
{
    /// <summary>Longest name; longer ones would make tool names that nothing can carry.</summary>
    public const int MaxName = 100;

    /// <summary>Longest default that is shown to callers, in characters of GraphQL; a longer one holds all the same, at the server.</summary>
    public const int MaxDefault = 4_096;

    private static readonly string[] BuiltinScalars = ["Boolean", "Float", "ID", "Int", "String"];
    private readonly Dictionary<string, TypeDraft> drafts = new(StringComparer.Ordinal);

    /// <summary>The draft of a name, when one was added.</summary>
    public TypeDraft? Find(string name) => drafts.GetValueOrDefault(name);

    /// <summary>Adds a type. The types of introspection itself are left out in silence.</summary>
    public void Add(TypeDraft draft)
    {
        if (draft.Name.StartsWith("__", StringComparison.Ordinal))
        {
            return;
        }

        var place = SourceDocument.Child("", draft.Name);
        if (!IsName(draft.Name))
        {
            diagnostics.Add(place, "invalid_name", $"This is no name of a type: at most {MaxName} letters, digits and underscores.");
        }
        else if (draft.Kind != GraphQlKind.Scalar && BuiltinScalars.Contains(draft.Name))
        {
            diagnostics.Add(place, "invalid_type", "This name belongs to a scalar of the specification.");
        }
        else if (!drafts.TryAdd(draft.Name, draft))
        {
            diagnostics.Add(place, "duplicate_type", "Another type has this name too; the first one counts.");
        }
    }

    /// <summary>The schema; null when it has nothing that operations could start from.</summary>
    public GraphQlSchema? Build(string? query, string? mutation, string? subscription, string? description)
    {
        foreach (var name in BuiltinScalars)
        {
            drafts.TryAdd(name, new TypeDraft(name, GraphQlKind.Scalar));
        }

        var implementations = drafts.Values.Where(draft => draft.Kind == GraphQlKind.Object)
            .SelectMany(draft => draft.Interfaces.Distinct(StringComparer.Ordinal).Select(face => (face, draft.Name)))
            .ToLookup(pair => pair.face, pair => pair.Name, StringComparer.Ordinal);
        var types = drafts.Values.ToDictionary(draft => draft.Name, draft => Type(draft, implementations), StringComparer.Ordinal);
        (query, mutation, subscription) = (Root(query), Root(mutation), Root(subscription));
        return query is null && mutation is null ? null : new GraphQlSchema(types, query, mutation, subscription) { Description = description };
    }

    private static bool IsName(string name) => name.Length <= MaxName && GraphQlLexer.IsName(name);

    private string? Root(string? name)
    {
        if (name is not null && Find(name) is not { Kind: GraphQlKind.Object })
        {
            diagnostics.Add(SourceDocument.Child("", name), "unknown_type", "Operations cannot start here: there is no object type of this name.");
            return null;
        }

        return name;
    }

    private GraphQlType Type(TypeDraft draft, ILookup<string, string> implementations)
    {
        var place = SourceDocument.Child("", draft.Name);
        return new GraphQlType
        {
            Name = draft.Name,
            Kind = draft.Kind,
            Description = draft.Description,
            SpecifiedBy = draft.SpecifiedBy,
            IsOneOf = draft.IsOneOf,
            Fields = draft.Kind is GraphQlKind.Object or GraphQlKind.Interface ? Fields(draft, place) : [],
            Inputs = draft.Kind == GraphQlKind.InputObject ? Inputs(draft.Inputs, place, out _) : [],
            Values = draft.Kind == GraphQlKind.Enum ? Values(draft, place) : [],
            Possible = draft.Kind is GraphQlKind.Interface or GraphQlKind.Union ? Possible(draft, place, implementations) : [],
        };
    }

    private ImmutableArray<GraphQlField> Fields(TypeDraft draft, string place)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var fields = ImmutableArray.CreateBuilder<GraphQlField>(draft.Fields.Count);
        foreach (var field in draft.Fields)
        {
            var at = SourceDocument.Child(place, field.Name);
            if (!MayStand(field.Name, field.Type, at, seen, isInput: false))
            {
                continue;
            }

            var arguments = Inputs(field.Arguments, at, out var whole);
            if (whole)
            {
                fields.Add(new GraphQlField(field.Name, field.Type!, arguments, field.Description, field.Deprecation));
            }
            else
            {
                diagnostics.Add(at, "invalid_argument", "This field is left out: one of its arguments cannot be used.");
            }
        }

        return fields.ToImmutable();
    }

    private ImmutableArray<GraphQlInput> Inputs(IReadOnlyList<InputDraft> inputs, string place, out bool whole)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var kept = ImmutableArray.CreateBuilder<GraphQlInput>(inputs.Count);
        foreach (var input in inputs)
        {
            if (MayStand(input.Name, input.Type, SourceDocument.Child(place, input.Name), seen, isInput: true))
            {
                kept.Add(new GraphQlInput(input.Name, input.Type!, input.HasDefault, input.Default, input.Description, input.Deprecation));
            }
        }

        whole = kept.Count == inputs.Count;
        return kept.ToImmutable();
    }

    private bool MayStand(string name, TypeReference? type, string place, HashSet<string> seen, bool isInput)
    {
        var (code, message) = !IsName(name) ? ("invalid_name", $"This is no name: at most {MaxName} letters, digits and underscores.")
            : type is null ? ("invalid_type", "Its type cannot be read, or its wrappers nest too deep.")
            : Find(type.Name) is not { } named ? ("unknown_type", $"There is no type {Shorten(type.Name)} that can be used.")
            : isInput && named.Kind is GraphQlKind.Object or GraphQlKind.Interface or GraphQlKind.Union ? ("invalid_type", $"{type.Name} is no type of arguments.")
            : !isInput && named.Kind == GraphQlKind.InputObject ? ("invalid_type", $"{type.Name} is a type of arguments only.")
            : !seen.Add(name) ? ("duplicate_name", "This name stands here twice; the first one counts.")
            : ("", "");
        if (code.Length > 0)
        {
            diagnostics.Add(place, code, message);
        }

        return code.Length == 0;
    }

    private ImmutableArray<GraphQlEnumValue> Values(TypeDraft draft, string place)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return [.. draft.Values.Where(value =>
        {
            var valid = IsName(value.Name) && value.Name is not ("true" or "false" or "null") && seen.Add(value.Name);
            if (!valid)
            {
                diagnostics.Add(SourceDocument.Child(place, value.Name), "invalid_name", "This is no name of an enum value, or it stands here twice.");
            }

            return valid;
        })];
    }

    private ImmutableArray<string> Possible(TypeDraft draft, string place, ILookup<string, string> implementations)
    {
        var possible = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var name in draft.Members.Concat(implementations[draft.Name]))
        {
            if (Find(name) is { Kind: GraphQlKind.Object })
            {
                possible.Add(name);
            }
            else
            {
                diagnostics.Add(SourceDocument.Child(place, name), "unknown_type", "This is listed as a possible type and is no object type.");
            }
        }

        return [.. possible];
    }

    private static string Shorten(string text) => text.Length <= MaxName ? text : text[..MaxName] + "…";
}
