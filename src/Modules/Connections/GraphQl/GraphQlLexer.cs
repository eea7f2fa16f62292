using System.Text;

namespace Toolgate.Connections;

/// <summary>What a token is (GraphQL specification, section 2.1). Block strings arrive as strings.</summary>
internal enum GraphQlTokenKind : byte
{
    End,
    Punctuator,
    Name,
    Int,
    Float,
    String,
}

/// <summary>One token.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its text; of a string the value.</param>
/// <param name="Position">Where it begins.</param>
internal readonly record struct GraphQlToken(GraphQlTokenKind Kind, string Text, int Position);

/// <summary>The text breaks the grammar. Caught where a document or a selection is read; it never leaves there.</summary>
internal sealed class GraphQlSyntaxException(string source, int position, string message) : Exception(message)
{
    /// <summary>Where, for people: <c>line 3, column 5</c>.</summary>
    public string Place { get; } = Locate(source, position);

    private static string Locate(string source, int position)
    {
        var before = source.AsSpan(0, Math.Min(position, source.Length));
        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"line {before.Count('\n') + 1}, column {before.Length - before.LastIndexOf('\n')}");
    }
}

/// <summary>Cuts GraphQL text into tokens exactly as the specification says; what it does not allow is an error, never a guess.</summary>
internal sealed class GraphQlLexer(string source)
{
    // Names repeat ten thousand times over a schema: each is kept once.
    private readonly HashSet<string> names = new(StringComparer.Ordinal);
    private int at;

    /// <summary>Whether text is a name: <c>[_A-Za-z][_0-9A-Za-z]*</c>.</summary>
    public static bool IsName(string text) => text.Length > 0 && IsNameStart(text[0]) && text.All(IsNamePart);

    /// <summary>The next token.</summary>
    /// <exception cref="GraphQlSyntaxException">There is none that the grammar knows.</exception>
    public GraphQlToken Next()
    {
        SkipIgnored();
        if (at == source.Length)
        {
            return new GraphQlToken(GraphQlTokenKind.End, "", at);
        }

        var c = source[at];
        return IsNameStart(c) ? Name()
            : c == '-' || char.IsAsciiDigit(c) ? Number()
            : c != '"' ? Punctuator(c)
            : source.AsSpan(at).StartsWith("\"\"\"", StringComparison.Ordinal) ? BlockString() : QuotedString();
    }

    /// <summary>An error at a position of this text.</summary>
    public GraphQlSyntaxException Error(int position, string message) => new(source, position, message);

    private static bool IsNameStart(char c) => c == '_' || char.IsAsciiLetter(c);

    private static bool IsNamePart(char c) => c == '_' || char.IsAsciiLetterOrDigit(c);

    private void SkipIgnored()
    {
        for (; at < source.Length; at++)
        {
            if (source[at] == '#')
            {
                var end = source.AsSpan(at).IndexOfAny('\n', '\r');
                at = end < 0 ? source.Length : at + end;
                if (at == source.Length)
                {
                    return;
                }
            }

            if (source[at] is not (' ' or '\t' or '\n' or '\r' or ',' or '\uFEFF'))
            {
                return;
            }
        }
    }

    private GraphQlToken Name()
    {
        var start = at;
        while (at < source.Length && IsNamePart(source[at]))
        {
            at++;
        }

        var span = source.AsSpan(start, at - start);
        var shared = names.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!shared.TryGetValue(span, out var name))
        {
            name = span.ToString();
            names.Add(name);
        }

        return new GraphQlToken(GraphQlTokenKind.Name, name, start);
    }

    private GraphQlToken Number()
    {
        var start = at;
        var kind = GraphQlTokenKind.Int;
        at += source[at] == '-' ? 1 : 0;
        var digits = Digits();
        if (digits > 1 && source[at - digits] == '0')
        {
            throw Error(start, "A number does not begin with a zero that means nothing.");
        }

        if (at < source.Length && source[at] == '.')
        {
            at++;
            Digits();
            kind = GraphQlTokenKind.Float;
        }

        if (at < source.Length && source[at] is 'e' or 'E')
        {
            at += at + 1 < source.Length && source[at + 1] is '+' or '-' ? 2 : 1;
            Digits();
            kind = GraphQlTokenKind.Float;
        }

        return at < source.Length && (source[at] == '.' || IsNameStart(source[at]))
            ? throw Error(at, "A number must be followed by something else than a letter or a dot.")
            : new GraphQlToken(kind, source[start..at], start);
    }

    private int Digits()
    {
        var start = at;
        while (at < source.Length && char.IsAsciiDigit(source[at]))
        {
            at++;
        }

        return at > start ? at - start : throw Error(at, "A number lacks a digit here.");
    }

    private GraphQlToken Punctuator(char c)
    {
        var start = at;
        var text = c switch
        {
            '!' => "!", '$' => "$", '&' => "&", '(' => "(", ')' => ")", ':' => ":", '=' => "=", '@' => "@",
            '[' => "[", ']' => "]", '{' => "{", '|' => "|", '}' => "}",
            '.' when source.AsSpan(at).StartsWith("...", StringComparison.Ordinal) => "...",
            _ => throw Error(at, "This character has no meaning here."),
        };
        at += text.Length;
        return new GraphQlToken(GraphQlTokenKind.Punctuator, text, start);
    }

    private GraphQlToken QuotedString()
    {
        var start = at++;
        var text = new StringBuilder();
        while (true)
        {
            if (at == source.Length || source[at] is '\n' or '\r')
            {
                throw Error(start, "This string has no end.");
            }

            var c = source[at++];
            if (c == '"')
            {
                var value = text.ToString();
                return IsWellFormed(value)
                    ? new GraphQlToken(GraphQlTokenKind.String, value, start)
                    : throw Error(start, "This string is no well-formed Unicode.");
            }

            if (c == '\\')
            {
                AppendEscape(text);
            }
            else
            {
                text.Append(c is >= ' ' or '\t' ? c : throw Error(at - 1, "A string must not hold control characters."));
            }
        }
    }

    private void AppendEscape(StringBuilder text)
    {
        var start = at - 1;
        var c = at < source.Length ? source[at++] : ' ';
        if (c != 'u')
        {
            text.Append(c switch
            {
                '"' or '\\' or '/' => c,
                'b' => '\b',
                'f' => '\f',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                _ => throw Error(start, "There is no such escape."),
            });
            return;
        }

        var braces = at < source.Length && source[at] == '{';
        var length = braces ? source.AsSpan(at).IndexOf('}') - 1 : 4;
        at += braces ? 1 : 0;
        if (length is < 1 or > 6 || at + length > source.Length || !TryHex(source.AsSpan(at, length), out var scalar))
        {
            throw Error(start, "An escape needs four hexadecimal digits, or one to six in braces.");
        }

        at += length + (braces ? 1 : 0);
        text.Append(!braces ? ((char)scalar).ToString() : Rune.IsValid(scalar) ? new Rune(scalar).ToString() : throw Error(start, "There is no such character."));
    }

    private static bool TryHex(ReadOnlySpan<char> digits, out int value)
    {
        value = 0;
        foreach (var digit in digits)
        {
            if (!char.IsAsciiHexDigit(digit))
            {
                return false;
            }

            value = (value << 4) | Convert.ToInt32(digit.ToString(), 16);
        }

        return true;
    }

    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[++i])))
            {
                return false;
            }
        }

        return true;
    }

    private GraphQlToken BlockString()
    {
        var start = at;
        at += 3;
        var raw = new StringBuilder();
        while (!source.AsSpan(at).StartsWith("\"\"\"", StringComparison.Ordinal))
        {
            if (at == source.Length)
            {
                throw Error(start, "This string has no end.");
            }

            if (source.AsSpan(at).StartsWith("\\\"\"\"", StringComparison.Ordinal))
            {
                raw.Append("\"\"\"");
                at += 4;
                continue;
            }

            var c = source[at];
            raw.Append(c is >= ' ' or '\t' or '\n' or '\r' ? c : throw Error(at, "A string must not hold control characters."));
            at++;
        }

        at += 3;
        return new GraphQlToken(GraphQlTokenKind.String, Dedent(raw.ToString()), start);
    }

    /// <summary>Section 2.9.4, <c>BlockStringValue</c>: the common indentation and blank first and last lines are layout, not text.</summary>
    private static string Dedent(string raw)
    {
        var lines = raw.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Split('\n');
        static int Indent(string line) => line.Length - line.TrimStart(' ', '\t').Length;
        var common = lines.Skip(1).Where(line => Indent(line) < line.Length).Select(Indent).DefaultIfEmpty(0).Min();
        var kept = lines.Select((line, index) => index == 0 ? line : line[Math.Min(common, line.Length)..]).ToList();
        var first = kept.FindIndex(line => Indent(line) < line.Length);
        return first < 0 ? "" : string.Join('\n', kept[first..(kept.FindLastIndex(line => Indent(line) < line.Length) + 1)]);
    }
}
