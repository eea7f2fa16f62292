using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>Tokens one after the other, and what schemas and selections have in common: names, types, constant values, arguments.</summary>
internal sealed class GraphQlTokens
{
    private const int MaxValueDepth = 16;
    private const int MaxArguments = 256;
    private readonly GraphQlLexer lexer;

    public GraphQlTokens(string source)
    {
        lexer = new GraphQlLexer(source);
        Current = lexer.Next();
    }

    /// <summary>The token that is read next.</summary>
    public GraphQlToken Current { get; private set; }

    /// <summary>Whether all are read.</summary>
    public bool AtEnd => Current.Kind == GraphQlTokenKind.End;

    /// <summary>Takes the current token.</summary>
    public GraphQlToken Take()
    {
        var taken = Current;
        Current = lexer.Next();
        return taken;
    }

    /// <summary>Whether the current token is this punctuator.</summary>
    public bool Is(string punctuator) => Current.Kind == GraphQlTokenKind.Punctuator && Current.Text == punctuator;

    /// <summary>Whether the current token is this word.</summary>
    public bool IsWord(string word) => Current.Kind == GraphQlTokenKind.Name && Current.Text == word;

    /// <summary>Takes the punctuator when it is there.</summary>
    public bool TryTake(string punctuator)
    {
        var there = Is(punctuator);
        if (there)
        {
            Take();
        }

        return there;
    }

    /// <summary>Takes the punctuator.</summary>
    public void Expect(string punctuator)
    {
        if (!TryTake(punctuator))
        {
            throw Unexpected($"'{punctuator}'");
        }
    }

    /// <summary>Takes a name.</summary>
    public string Name() => Current.Kind == GraphQlTokenKind.Name ? Take().Text : throw Unexpected("a name");

    /// <summary>An error at the current token.</summary>
    public GraphQlSyntaxException Unexpected(string expected) => Error($"Expected {expected}, found {Found()}.");

    /// <summary>An error at the current token.</summary>
    public GraphQlSyntaxException Error(string message) => lexer.Error(Current.Position, message);

    /// <summary>An error at a token that was taken.</summary>
    public GraphQlSyntaxException Error(int position, string message) => lexer.Error(position, message);

    /// <summary>A type reference. Read without recursion: nesting is counted, not lived through.</summary>
    public TypeReference Type()
    {
        var lists = 0;
        while (TryTake("["))
        {
            if (++lists > TypeReference.MaxLists)
            {
                throw Error($"Lists nest at most {TypeReference.MaxLists} levels.");
            }
        }

        var text = new string('[', lists) + Name() + (TryTake("!") ? "!" : "");
        for (; lists > 0; lists--)
        {
            Expect("]");
            text += TryTake("!") ? "]!" : "]";
        }

        return new TypeReference(text);
    }

    /// <summary>The arguments in parentheses, constants all of them; none when there are no parentheses.</summary>
    public ImmutableArray<GraphQlMember> Arguments()
    {
        if (!TryTake("("))
        {
            return [];
        }

        var arguments = ImmutableArray.CreateBuilder<GraphQlMember>();
        do
        {
            AddMember(arguments, depth: 0);
        }
        while (!TryTake(")"));
        return arguments.ToImmutable();
    }

    /// <summary>A constant value.</summary>
    public GraphQlValue Constant(int depth = 0)
    {
        if (depth > MaxValueDepth)
        {
            throw Error($"Values nest at most {MaxValueDepth} levels.");
        }

        if (TryTake("["))
        {
            var items = ImmutableArray.CreateBuilder<GraphQlMember>();
            while (!TryTake("]"))
            {
                items.Add(new GraphQlMember("", Constant(depth + 1)));
            }

            return new GraphQlValue(GraphQlValueKind.List, "", items.ToImmutable());
        }

        if (TryTake("{"))
        {
            var members = ImmutableArray.CreateBuilder<GraphQlMember>();
            while (!TryTake("}"))
            {
                AddMember(members, depth + 1);
            }

            return new GraphQlValue(GraphQlValueKind.Object, "", members.ToImmutable());
        }

        if (Is("$"))
        {
            throw Error("Variables cannot be used here; write the value itself.");
        }

        return Current.Kind switch
        {
            GraphQlTokenKind.Int => new GraphQlValue(GraphQlValueKind.Int, Take().Text, []),
            GraphQlTokenKind.Float => new GraphQlValue(GraphQlValueKind.Float, Take().Text, []),
            GraphQlTokenKind.String => new GraphQlValue(GraphQlValueKind.String, Take().Text, []),
            GraphQlTokenKind.Name => Word(Take().Text),
            _ => throw Unexpected("a value"),
        };
    }

    private static GraphQlValue Word(string word) => word switch
    {
        "null" => GraphQlValue.Null,
        "true" or "false" => new GraphQlValue(GraphQlValueKind.Boolean, word, []),
        _ => new GraphQlValue(GraphQlValueKind.Enum, word, []),
    };

    private void AddMember(ImmutableArray<GraphQlMember>.Builder members, int depth)
    {
        var name = Name();
        if (members.Count == MaxArguments)
        {
            throw Error($"At most {MaxArguments} names stand together here.");
        }

        if (members.Any(member => member.Name == name))
        {
            throw Error($"'{name}' stands here twice.");
        }

        Expect(":");
        members.Add(new GraphQlMember(name, Constant(depth)));
    }

    private string Found() => Current.Kind switch
    {
        GraphQlTokenKind.End => "the end",
        GraphQlTokenKind.String => "a string",
        _ => $"'{(Current.Text.Length <= 40 ? Current.Text : Current.Text[..40] + "…")}'",
    };
}
