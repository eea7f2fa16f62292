using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>Reads the result of an introspection query (GraphQL specification, section 4), with or without its <c>data</c> around it.</summary>
internal sealed class IntrospectionReading
{
    private readonly DiagnosticList diagnostics;
    private readonly SchemaAssembly assembly;

    private IntrospectionReading(DiagnosticList diagnostics)
    {
        this.diagnostics = diagnostics;
        assembly = new SchemaAssembly(diagnostics);
    }

    /// <summary>The member <c>__schema</c>, wherever it stands.</summary>
    public static JsonElement? SchemaOf(JsonElement root) =>
        (root.Member("data") is { ValueKind: JsonValueKind.Object } data ? data : root).Member("__schema") is { ValueKind: JsonValueKind.Object } schema ? schema : null;

    /// <summary>Reads a schema; null when it has no type that operations start from.</summary>
    public static GraphQlSchema? Read(JsonElement schema, DiagnosticList diagnostics) => new IntrospectionReading(diagnostics).Read(schema);

    private GraphQlSchema? Read(JsonElement schema)
    {
        var index = 0;
        foreach (var type in schema.Elements("types"))
        {
            Guard($"/types/{index++}", () => ReadType(type));
        }

        string?[] texts = [null, null, null, null];
        Guard("/queryType", () => texts[0] = schema.Member("queryType")?.Text("name"));
        Guard("/mutationType", () => texts[1] = schema.Member("mutationType")?.Text("name"));
        Guard("/subscriptionType", () => texts[2] = schema.Member("subscriptionType")?.Text("name"));
        Guard("/description", () => texts[3] = schema.Text("description"));
        return assembly.Build(texts[0], texts[1], texts[2], texts[3]);
    }

    private void ReadType(JsonElement type)
    {
        GraphQlKind? kind = type.Text("kind") switch
        {
            "SCALAR" => GraphQlKind.Scalar,
            "OBJECT" => GraphQlKind.Object,
            "INTERFACE" => GraphQlKind.Interface,
            "UNION" => GraphQlKind.Union,
            "ENUM" => GraphQlKind.Enum,
            "INPUT_OBJECT" => GraphQlKind.InputObject,
            _ => null,
        };
        if (kind is null || type.Text("name") is not { } name)
        {
            throw new InvalidOperationException("A type without a kind or a name.");
        }

        var place = SourceDocument.Child("", name);
        var draft = new TypeDraft(name, kind.Value)
        {
            Description = type.Text("description"),
            SpecifiedBy = type.Text("specifiedByURL") ?? type.Text("specifiedByUrl"),
            IsOneOf = type.Flag("isOneOf") == true,
        };
        Each(type, "fields", place, field => draft.Fields.Add(Field(field)));
        Each(type, "inputFields", place, input => draft.Inputs.Add(Input(input)));
        Each(type, "enumValues", place, value => draft.Values.Add(new GraphQlEnumValue(Name(value), value.Text("description"), Deprecation(value))));
        Each(type, "interfaces", place, other => draft.Interfaces.Add(Name(other)));
        Each(type, "possibleTypes", place, other => draft.Members.Add(Name(other)));
        assembly.Add(draft);
    }

    private static FieldDraft Field(JsonElement field) => new(
        Name(field), Type(field), [.. field.Elements("args").Select(Input)], field.Text("description"), Deprecation(field));

    private static InputDraft Input(JsonElement input)
    {
        var text = input.Text("defaultValue");
        return new InputDraft(Name(input), Type(input), text is not null, text is null or { Length: > SchemaAssembly.MaxDefault } ? null : Default(text), input.Text("description"), Deprecation(input));
    }

    /// <summary>The default as the value it means; null when it cannot be read, which costs a hint and no more.</summary>
    private static GraphQlValue? Default(string text)
    {
        try
        {
            var tokens = new GraphQlTokens(text);
            var value = tokens.Constant();
            return tokens.AtEnd ? value : null;
        }
        catch (GraphQlSyntaxException)
        {
            return null;
        }
    }

    private static string Name(JsonElement element) => element.Text("name") ?? throw new InvalidOperationException("Something without a name.");

    private static string? Deprecation(JsonElement element) =>
        element.Flag("isDeprecated") == true ? element.Text("deprecationReason") ?? "No longer supported" : null;

    /// <summary>The type with its wrappers, read in a loop that ends: a thousand of them make no type.</summary>
    private static TypeReference? Type(JsonElement holder)
    {
        var (before, after) = ("", "");
        var type = holder.Member("type");
        for (var wrappers = 0; wrappers <= 2 * TypeReference.MaxLists; wrappers++)
        {
            switch (type?.Text("kind"))
            {
                case "LIST":
                    (before, after) = (before + "[", "]" + after);
                    break;
                case "NON_NULL" when !after.StartsWith('!'):
                    after = "!" + after;
                    break;
                case null or "NON_NULL":
                    return null;
                default:
                    return type?.Text("name") is { } name && GraphQlLexer.IsName(name) && before.Length <= TypeReference.MaxLists
                        ? new TypeReference(before + name + after)
                        : null;
            }

            type = type?.Member("ofType");
        }

        return null;
    }

    private void Each(JsonElement type, string member, string place, Action<JsonElement> read)
    {
        var index = 0;
        foreach (var element in type.Elements(member))
        {
            var at = index++;
            Guard($"{place}/{member}/{at}", () => read(element));
        }
    }

    /// <summary>The boundary of one part: whatever is wrong with it must not reach its neighbours.</summary>
    private void Guard(string place, Action read)
    {
        try
        {
            read();
        }
        catch (InvalidOperationException)
        {
            // Text that is no Unicode, a member of another kind: the document's fault.
            diagnostics.Add(place, "unreadable", "This part of the schema cannot be read.");
        }
    }
}
