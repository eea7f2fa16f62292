using System.Text;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>Makes a tool of a field of a root type.</summary>
internal sealed class FieldReading(GraphQlSchema schema)
{
    private const int MaxDescription = 4_000;
    private const int MaxNames = 800;
    private readonly GraphQlTypes types = new(GraphQlSchemaCodec.Encode(schema));
    private readonly DefaultSelection selections = new(schema);
    private readonly ArgumentTyping typing = new(schema);

    /// <summary>The tool.</summary>
    /// <param name="keyword"><c>query</c> or <c>mutation</c>.</param>
    /// <param name="field">The field.</param>
    public ToolDefinition Read(string keyword, GraphQlField field)
    {
        var changes = keyword == "mutation";
        var result = schema.Types[field.Type.Name];
        var select = result.IsComposite ? SelectName(field) : null;
        var binding = new GraphQlBinding
        {
            OperationName = field.Name,
            Head = Head(keyword, field),
            Selection = selections.Of(field.Type),
            Variables = [.. field.Arguments.Select(argument => argument.Name)],
            SelectArgument = select,
            ReturnType = field.Type.Name,
            Types = types,
        };
        var name = $"{keyword}.{field.Name}";
        var description = Description(keyword, field);
        var inputSchema = typing.Render(field, select, select is null ? "" : SelectDescription(result));
        using var parsed = JsonDocument.Parse(inputSchema);
        return new ToolDefinition
        {
            Name = name,
            Description = description,
            AsksByDefault = changes,
            ApprovalText = $"{keyword} {field.Name}",
            ChangesSomething = changes,
            InputSchema = inputSchema,
            ListingMembers = ToolDefinition.RenderListingMembers(
                title: null, description, inputSchema, default, readOnly: !changes, destructive: changes, idempotent: !changes),
            Digest = ToolDigest.Of(name, description, parsed.RootElement, binding),
            Binding = binding,
        };
    }

    /// <summary>
    /// The operation up to its selection. A variable is declared without its <c>!</c> where the argument has a default: then it may be left out
    /// and the default holds (section 5.8.5 allows it there).
    /// </summary>
    private static string Head(string keyword, GraphQlField field)
    {
        var head = new StringBuilder($"{keyword} {field.Name}");
        if (field.Arguments.Length > 0)
        {
            head.Append('(').AppendJoin(", ", field.Arguments.Select(argument => $"${argument.Name}: {(argument.HasDefault ? argument.Type.Nullable : argument.Type)}")).Append(')');
        }

        head.Append(" { ").Append(field.Name);
        if (field.Arguments.Length > 0)
        {
            head.Append('(').AppendJoin(", ", field.Arguments.Select(argument => $"{argument.Name}: ${argument.Name}")).Append(')');
        }

        return head.ToString();
    }

    /// <summary>A field that has an argument of that name keeps it; the selection then takes the next free name.</summary>
    private static string SelectName(GraphQlField field)
    {
        var taken = field.Arguments.Select(argument => argument.Name).ToHashSet(StringComparer.Ordinal);
        return new[] { "select", "selection" }.Concat(Enumerable.Range(2, taken.Count + 1).Select(number => $"select_{number}")).First(name => !taken.Contains(name));
    }

    private static string Description(string keyword, GraphQlField field)
    {
        var text = GraphQlTexts.Shorten(field.Description.OrNull() ?? $"The {keyword} {field.Name}.", MaxDescription);
        var deprecated = field.Deprecation is { } reason ? $"Deprecated: {GraphQlTexts.Shorten(reason.OrNull() ?? "no longer supported", 500)}\n\n" : "";
        return $"{deprecated}{text}\n\nReturns {field.Type}.";
    }

    private static string SelectDescription(GraphQlType type)
    {
        var example = type.IsAbstract || type.Fields.IsEmpty ? "__typename" : type.Fields[0].Name;
        var text = new StringBuilder(
            $"What to read of the result: a GraphQL selection set over {type.Name}, such as {{ {example} }}; without it the leaf fields are read. "
            + "Fields may have arguments with literal values; variables, directives and named fragments are refused.");
        Append(" Fields", type.Fields.Select(field => field.Name));
        Append(" Possible types", type.Possible);
        return text.ToString();

        void Append(string label, IEnumerable<string> names)
        {
            var start = text.Length;
            foreach (var name in names)
            {
                if (text.Length - start > MaxNames)
                {
                    text.Append(" …");
                    return;
                }

                text.Append(text.Length == start ? label + ": " : " ").Append(name);
            }

            text.Append(text.Length > start ? "." : "");
        }
    }
}
