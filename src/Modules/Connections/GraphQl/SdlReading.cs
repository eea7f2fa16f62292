namespace Toolgate.Connections;

/// <summary>Reads the type system's part of the language (GraphQL specification, section 3), extensions included.</summary>
internal sealed class SdlReading
{
    private const string DefaultReason = "No longer supported";
    private readonly GraphQlTokens tokens;
    private readonly SchemaAssembly assembly;
    private readonly DiagnosticList diagnostics;
    private readonly Dictionary<string, string> roots = new(StringComparer.Ordinal);
    private readonly List<(string Name, TypeDraft Draft)> extensions = [];
    private bool hasSchema;
    private string? schemaDescription;

    private SdlReading(string text, DiagnosticList diagnostics)
    {
        tokens = new GraphQlTokens(text);
        assembly = new SchemaAssembly(diagnostics);
        this.diagnostics = diagnostics;
    }

    /// <summary>Reads a schema; null when it has no type that operations start from.</summary>
    /// <exception cref="GraphQlSyntaxException">The text breaks the grammar.</exception>
    public static GraphQlSchema? Read(string text, DiagnosticList diagnostics) => new SdlReading(text, diagnostics).Read();

    private GraphQlSchema? Read()
    {
        while (!tokens.AtEnd)
        {
            Definition();
        }

        foreach (var (name, draft) in extensions)
        {
            Extend(name, draft);
        }

        return assembly.Build(Root("query", "Query"), Root("mutation", "Mutation"), Root("subscription", "Subscription"), schemaDescription);
    }

    /// <summary>Section 3.3.1: without a schema definition the types of these names are meant, where they exist.</summary>
    private string? Root(string operation, string usual) =>
        roots.GetValueOrDefault(operation) ?? (!hasSchema && assembly.Find(usual) is { Kind: GraphQlKind.Object } ? usual : null);

    private void Definition()
    {
        var description = Description();
        var extends = description is null && tokens.IsWord("extend");
        if (extends)
        {
            tokens.Take();
        }

        switch (tokens.Current.Kind == GraphQlTokenKind.Name ? tokens.Take().Text : throw tokens.Unexpected("a definition of a type"))
        {
            case "schema":
                Schema(description, extends);
                break;
            case "directive":
                Directive();
                break;
            case "scalar":
                Keep(Named(GraphQlKind.Scalar, description), extends);
                break;
            case "type":
                Keep(WithFields(GraphQlKind.Object, description), extends);
                break;
            case "interface":
                Keep(WithFields(GraphQlKind.Interface, description), extends);
                break;
            case "union":
                Keep(Union(description), extends);
                break;
            case "enum":
                Keep(Enum(description), extends);
                break;
            case "input":
                Keep(Input(description), extends);
                break;
            default:
                throw tokens.Error("Only definitions of types stand in a schema.");
        }
    }

    private void Keep(TypeDraft draft, bool extends)
    {
        if (extends)
        {
            // Applied at the end: an extension may stand before what it extends.
            extensions.Add((draft.Name, draft));
        }
        else
        {
            assembly.Add(draft);
        }
    }

    private void Extend(string name, TypeDraft extension)
    {
        if (assembly.Find(name) is not { } draft || draft.Kind != extension.Kind)
        {
            diagnostics.Add(SourceDocument.Child("", name), "unknown_type", "This extends a type that is not there, or is of another kind.");
            return;
        }

        draft.Fields.AddRange(extension.Fields);
        draft.Inputs.AddRange(extension.Inputs);
        draft.Values.AddRange(extension.Values);
        draft.Interfaces.AddRange(extension.Interfaces);
        draft.Members.AddRange(extension.Members);
        draft.SpecifiedBy ??= extension.SpecifiedBy;
        draft.IsOneOf |= extension.IsOneOf;
    }

    private void Schema(string? description, bool extends)
    {
        hasSchema |= !extends;
        schemaDescription ??= description;
        Directives();
        if (!tokens.TryTake("{"))
        {
            return;
        }

        while (!tokens.TryTake("}"))
        {
            var operation = tokens.Name();
            tokens.Expect(":");
            roots[operation] = tokens.Name();
        }
    }

    private void Directive()
    {
        tokens.Expect("@");
        tokens.Name();
        InputValues("(", ")");
        if (tokens.IsWord("repeatable"))
        {
            tokens.Take();
        }

        if (!tokens.IsWord("on"))
        {
            throw tokens.Unexpected("'on'");
        }

        tokens.Take();
        Names("|");
    }

    private TypeDraft Named(GraphQlKind kind, string? description)
    {
        var draft = new TypeDraft(tokens.Name(), kind) { Description = description };
        Apply(draft);
        return draft;
    }

    private TypeDraft WithFields(GraphQlKind kind, string? description)
    {
        var draft = new TypeDraft(tokens.Name(), kind) { Description = description };
        if (tokens.IsWord("implements"))
        {
            tokens.Take();
            draft.Interfaces.AddRange(Names("&"));
        }

        Apply(draft);
        if (tokens.TryTake("{"))
        {
            while (!tokens.TryTake("}"))
            {
                draft.Fields.Add(Field());
            }
        }

        return draft;
    }

    private FieldDraft Field()
    {
        var description = Description();
        var name = tokens.Name();
        var arguments = InputValues("(", ")");
        tokens.Expect(":");
        return new FieldDraft(name, tokens.Type(), arguments, description, Deprecation(Directives()));
    }

    private List<InputDraft> InputValues(string open, string close)
    {
        var values = new List<InputDraft>();
        if (!tokens.TryTake(open))
        {
            return values;
        }

        while (!tokens.TryTake(close))
        {
            var description = Description();
            var name = tokens.Name();
            tokens.Expect(":");
            var type = tokens.Type();
            var start = tokens.Current.Position;
            var given = tokens.TryTake("=") ? tokens.Constant() : null;
            var isShort = tokens.Current.Position - start <= SchemaAssembly.MaxDefault;
            values.Add(new InputDraft(name, type, given is not null, isShort ? given : null, description, Deprecation(Directives())));
        }

        return values;
    }

    private TypeDraft Union(string? description)
    {
        var draft = Named(GraphQlKind.Union, description);
        if (tokens.TryTake("="))
        {
            draft.Members.AddRange(Names("|"));
        }

        return draft;
    }

    private TypeDraft Enum(string? description)
    {
        var draft = Named(GraphQlKind.Enum, description);
        if (tokens.TryTake("{"))
        {
            while (!tokens.TryTake("}"))
            {
                var text = Description();
                var name = tokens.Name();
                draft.Values.Add(new GraphQlEnumValue(name, text, Deprecation(Directives())));
            }
        }

        return draft;
    }

    private TypeDraft Input(string? description)
    {
        var draft = Named(GraphQlKind.InputObject, description);
        draft.Inputs.AddRange(InputValues("{", "}"));
        return draft;
    }

    private void Apply(TypeDraft draft)
    {
        foreach (var (name, arguments) in Directives())
        {
            draft.IsOneOf |= name == "oneOf";
            draft.SpecifiedBy = name == "specifiedBy" ? Text(arguments, "url") : draft.SpecifiedBy;
        }
    }

    private List<string> Names(string separator)
    {
        var names = new List<string>();
        tokens.TryTake(separator);
        do
        {
            names.Add(tokens.Name());
        }
        while (tokens.TryTake(separator));
        return names;
    }

    private List<(string Name, IReadOnlyList<GraphQlMember> Arguments)> Directives()
    {
        var directives = new List<(string, IReadOnlyList<GraphQlMember>)>();
        while (tokens.TryTake("@"))
        {
            directives.Add((tokens.Name(), tokens.Arguments()));
        }

        return directives;
    }

    private string? Description() => tokens.Current.Kind == GraphQlTokenKind.String ? tokens.Take().Text : null;

    private static string? Deprecation(List<(string Name, IReadOnlyList<GraphQlMember> Arguments)> directives)
    {
        var index = directives.FindIndex(directive => directive.Name == "deprecated");
        return index < 0 ? null : Text(directives[index].Arguments, "reason") ?? DefaultReason;
    }

    private static string? Text(IReadOnlyList<GraphQlMember> arguments, string name) =>
        arguments.FirstOrDefault(argument => argument.Name == name).Value is { Kind: GraphQlValueKind.String } value ? value.Text : null;
}
