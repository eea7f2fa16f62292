using System.Collections.Immutable;
using System.Text;

namespace Toolgate.Connections;

/// <summary>A selection that a caller wrote, checked and printed anew; or why it is refused.</summary>
internal readonly record struct CheckedSelection(string? Text, string? Fault);

/// <summary>
/// Reads the argument <c>select</c>: fields with constant arguments and inline fragments, valid against the type, and nothing else. What is
/// sent is printed from what was understood, so no text of the caller can leave its place in the operation. Root types are never entered:
/// what they offer are tools with rules of their own.
/// </summary>
internal sealed class SelectionText
{
    /// <summary>Longest text, in characters.</summary>
    public const int MaxLength = 8_192;

    /// <summary>Deepest nesting.</summary>
    public const int MaxDepth = 12;

    /// <summary>Most fields and fragments.</summary>
    public const int MaxNodes = 500;

    private readonly GraphQlSchema schema;
    private readonly GraphQlTokens tokens;
    private readonly StringBuilder output = new();
    private int nodes;

    private SelectionText(GraphQlSchema schema, string text)
    {
        this.schema = schema;
        tokens = new GraphQlTokens(text);
    }

    /// <summary>Checks a selection of a type. The braces around the whole may be left out.</summary>
    public static CheckedSelection Check(GraphQlSchema schema, string type, string text)
    {
        if (text.Length > MaxLength)
        {
            return new CheckedSelection(null, $"A selection has at most {MaxLength} characters.");
        }

        try
        {
            var reading = new SelectionText(schema, text);
            reading.Whole(schema.Types[type]);
            return new CheckedSelection(reading.output.ToString(), null);
        }
        catch (GraphQlSyntaxException fault)
        {
            return new CheckedSelection(null, $"{fault.Message} ({fault.Place})");
        }
    }

    private void Whole(GraphQlType type)
    {
        if (tokens.TryTake("{"))
        {
            Fields(type, depth: 1);
            tokens.Expect("}");
            if (!tokens.AtEnd)
            {
                throw tokens.Error("Nothing may follow the selection.");
            }
        }
        else
        {
            Fields(type, depth: 1);
            if (!tokens.AtEnd)
            {
                throw tokens.Unexpected("a field");
            }
        }
    }

    /// <summary>What stands between braces.</summary>
    private void Fields(GraphQlType parent, int depth)
    {
        if (depth > MaxDepth)
        {
            throw tokens.Error($"Selections nest at most {MaxDepth} levels.");
        }

        if (tokens.AtEnd || tokens.Is("}"))
        {
            throw tokens.Error($"Select at least one field of {parent.Name}.");
        }

        output.Append("{ ");
        while (!tokens.AtEnd && !tokens.Is("}"))
        {
            if (++nodes > MaxNodes)
            {
                throw tokens.Error($"A selection has at most {MaxNodes} fields.");
            }

            if (tokens.TryTake("..."))
            {
                Fragment(parent, depth);
            }
            else
            {
                Field(parent, depth);
            }

            output.Append(' ');
        }

        output.Append('}');
    }

    private void Fragment(GraphQlType parent, int depth)
    {
        var type = parent;
        output.Append("... ");
        if (tokens.IsWord("on"))
        {
            tokens.Take();
            var at = tokens.Current.Position;
            var name = tokens.Name();
            type = schema.Types.TryGetValue(name, out var named) && CanBe(parent, named)
                ? named
                : throw tokens.Error(at, $"{parent.Name} cannot be a '{Shorten(name)}'.");
            output.Append("on ").Append(name).Append(' ');
        }
        else if (!tokens.Is("{"))
        {
            throw Directive() ?? tokens.Error("Named fragments cannot be used here; write '... on Type { }'.");
        }

        Nested(type, depth);
    }

    private void Field(GraphQlType parent, int depth)
    {
        var at = tokens.Current.Position;
        var name = tokens.Name();
        if (tokens.TryTake(":"))
        {
            RefuseReserved(name);
            output.Append(name).Append(": ");
            at = tokens.Current.Position;
            name = tokens.Name();
        }

        output.Append(name);
        if (name == "__typename")
        {
            return;
        }

        RefuseReserved(name);
        var field = parent.Field(name) ?? throw tokens.Error(at, $"{parent.Name} has no field '{Shorten(name)}'. It has: {Names(parent)}.");
        Arguments(parent, field);
        if (Directive() is { } directive)
        {
            throw directive;
        }

        var type = schema.Types[field.Type.Name];
        if (schema.IsRoot(type.Name))
        {
            throw tokens.Error($"'{name}' leads back to the whole API, whose fields are tools of their own.");
        }

        if (type.IsComposite)
        {
            if (!tokens.Is("{"))
            {
                throw tokens.Error($"'{name}' is a {field.Type} and needs a selection of its own: {name} {{ {Names(type)} }}.");
            }

            output.Append(' ');
            Nested(type, depth);
        }
        else if (tokens.Is("{"))
        {
            throw tokens.Error($"'{name}' is a {field.Type} and has nothing to select from.");
        }
    }

    private void Nested(GraphQlType type, int depth)
    {
        tokens.Expect("{");
        Fields(type, depth + 1);
        tokens.Expect("}");
    }

    private void Arguments(GraphQlType parent, GraphQlField field)
    {
        var given = tokens.Arguments();
        foreach (var (name, value) in given)
        {
            var argument = field.Arguments.FirstOrDefault(argument => argument.Name == name)
                ?? throw tokens.Error($"{parent.Name}.{field.Name} has no argument '{name}'.");
            if (GraphQlLiterals.Fault(schema, argument.Type, value) is { } fault)
            {
                throw tokens.Error($"The argument '{name}' of {field.Name} {fault}.");
            }
        }

        if (field.Arguments.FirstOrDefault(argument => argument.IsRequired && given.All(member => member.Name != argument.Name)) is { } missing)
        {
            throw tokens.Error($"{parent.Name}.{field.Name} needs the argument '{missing.Name}'.");
        }

        Print(given);
    }

    private void Print(ImmutableArray<GraphQlMember> arguments)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            output.Append(i == 0 ? "(" : ", ").Append(arguments[i].Name).Append(": ");
            arguments[i].Value.Print(output);
            output.Append(i == arguments.Length - 1 ? ")" : "");
        }
    }

    private bool CanBe(GraphQlType parent, GraphQlType other) =>
        other.IsComposite && !schema.IsRoot(other.Name) && parent.Overlaps(other);

    private GraphQlSyntaxException? Directive() => tokens.Is("@") ? tokens.Error("Directives cannot be used here.") : null;

    private void RefuseReserved(string name)
    {
        if (name.StartsWith("__", StringComparison.Ordinal))
        {
            throw tokens.Error("Of the names that begin with two underscores only __typename can be used here.");
        }
    }

    private static string Shorten(string name) => name.Length <= SchemaAssembly.MaxName ? name : name[..SchemaAssembly.MaxName] + "…";

    private static string Names(GraphQlType type)
    {
        const int Shown = 30;
        var names = type.Fields.Take(Shown).Select(field => field.Name).DefaultIfEmpty("__typename");
        return string.Join(' ', names) + (type.Fields.Length > Shown ? " …" : "");
    }
}
