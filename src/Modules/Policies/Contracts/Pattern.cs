namespace Toolgate.Policies;

/// <summary>
/// A pattern over tool addresses (SEMANTICS "Patterns"). <c>*</c> alone matches everything, a <c>*</c> in the middle exactly one
/// segment, a trailing <c>*</c> the prefix itself and anything deeper; without it segment counts must be equal.
/// </summary>
public sealed class Pattern : IEquatable<Pattern>
{
    private readonly string[] segments;
    private readonly bool open;

    private Pattern(string text, string[] segments, bool open)
    {
        Text = text;
        this.segments = segments;
        this.open = open;
    }

    /// <summary>The pattern as written.</summary>
    public string Text { get; }

    /// <summary>Parses a pattern.</summary>
    /// <param name="text">What a person wrote.</param>
    /// <param name="pattern">The pattern when it is valid.</param>
    /// <param name="fault">What is wrong, as a sentence, when it is not.</param>
    public static bool TryParse(string? text, out Pattern pattern, out string fault)
    {
        pattern = null!;
        fault = FaultOf(text);
        if (fault.Length > 0)
        {
            return false;
        }

        var parts = text!.Split('.');
        var trailing = parts[^1] == "*";
        pattern = new Pattern(text, trailing ? parts[..^1] : parts, trailing);
        return true;
    }

    /// <summary>A pattern that was valid when it was stored.</summary>
    /// <exception cref="FormatException">It is not valid.</exception>
    public static Pattern Parse(string text) => TryParse(text, out var pattern, out var fault) ? pattern : throw new FormatException(fault);

    /// <summary>Whether the address matches. Compares ordinally, allocates nothing.</summary>
    public bool Matches(ReadOnlySpan<char> address)
    {
        var rest = address;
        foreach (var segment in segments)
        {
            if (rest.IsEmpty)
            {
                return false;
            }

            var dot = rest.IndexOf('.');
            var head = dot < 0 ? rest : rest[..dot];
            if (segment != "*" && !head.SequenceEqual(segment))
            {
                return false;
            }

            rest = dot < 0 ? [] : rest[(dot + 1)..];
        }

        return open || rest.IsEmpty;
    }

    /// <inheritdoc/>
    public bool Equals(Pattern? other) => other is not null && other.Text == Text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Pattern);

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static string FaultOf(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "A pattern must not be empty.";
        }

        if (text == "*")
        {
            return "";
        }

        if (text.StartsWith('*'))
        {
            return "A pattern must not start with '*' unless it is '*' alone.";
        }

        foreach (var segment in text.Split('.'))
        {
            if (segment.Length == 0)
            {
                return "A pattern must not have empty segments: no leading, trailing or double dot.";
            }

            if (segment.Contains('*') && segment != "*")
            {
                return $"A segment that contains '*' must be exactly '*': '{segment}' is not.";
            }

            if (segment.AsSpan().ContainsAnyInRange('\0', ' ') || segment.Contains('\x7f'))
            {
                return "A pattern must not hold white space or control characters.";
            }
        }

        return text.Length <= 500 ? "" : "A pattern must not be longer than 500 characters.";
    }
}
