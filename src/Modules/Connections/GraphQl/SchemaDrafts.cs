namespace Toolgate.Connections;

/// <summary>A type as a document writes it, before anything of it was checked.</summary>
internal sealed class TypeDraft(string name, GraphQlKind kind)
{
    public string Name { get; } = name;

    public GraphQlKind Kind { get; } = kind;

    public string? Description { get; set; }

    public string? SpecifiedBy { get; set; }

    public bool IsOneOf { get; set; }

    public List<FieldDraft> Fields { get; } = [];

    public List<InputDraft> Inputs { get; } = [];

    public List<GraphQlEnumValue> Values { get; } = [];

    /// <summary>Interfaces that an object or interface says it implements.</summary>
    public List<string> Interfaces { get; } = [];

    /// <summary>Members of a union; possible types of an interface where the document lists them.</summary>
    public List<string> Members { get; } = [];
}

/// <summary>A field as a document writes it; without a type when that could not be read.</summary>
internal sealed record FieldDraft(string Name, TypeReference? Type, IReadOnlyList<InputDraft> Arguments, string? Description, string? Deprecation);

/// <summary>An argument or input field as a document writes it; without a type when that could not be read.</summary>
internal sealed record InputDraft(string Name, TypeReference? Type, bool HasDefault, GraphQlValue? Default, string? Description, string? Deprecation);

/// <summary>Diagnostics up to a bound: a document of a million faults does not make a catalog of a million sentences.</summary>
internal sealed class DiagnosticList
{
    private const int Most = 200;
    private readonly List<Diagnostic> list = [];
    private int left;

    /// <summary>Adds one.</summary>
    /// <param name="place">Names from the type inwards, as a JSON Pointer: <c>/Query/repository/owner</c>.</param>
    /// <param name="code">Stable code in snake_case.</param>
    /// <param name="message">A sentence.</param>
    public void Add(string place, string code, string message)
    {
        if (list.Count < Most)
        {
            list.Add(new Diagnostic(place.Length <= 300 ? place : place[..300] + "…", code, message));
        }
        else
        {
            left++;
        }
    }

    /// <summary>What is stored.</summary>
    public IEnumerable<Diagnostic> All => left == 0 ? list : list.Append(new Diagnostic("", "more_diagnostics", $"There are {left} more."));
}
