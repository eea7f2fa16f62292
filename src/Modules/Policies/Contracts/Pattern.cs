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

    /// <summary>
    /// Which of the addresses that begin with <paramref name="prefix"/> and a dot match: lets whoever decides thousands of addresses drop most patterns
    /// for a whole connection at once.
    /// </summary>
    /// <param name="prefix">Whole segments, without a trailing dot: <c>github.org.main</c>.</param>
    public PatternReach Reach(ReadOnlySpan<char> prefix)
    {
        var rest = prefix;
        foreach (var segment in segments)
        {
            if (rest.IsEmpty)
            {
                // The pattern says more than the prefix does.
                return PatternReach.Some;
            }

            var dot = rest.IndexOf('.');
            var head = dot < 0 ? rest : rest[..dot];
            if (segment != "*" && !head.SequenceEqual(segment))
            {
                return PatternReach.None;
            }

            rest = dot < 0 ? [] : rest[(dot + 1)..];
        }

        return open ? PatternReach.All : PatternReach.None;
    }

    /// <summary>Whether it holds no <c>*</c>: it then matches one address, its own text.</summary>
    public bool IsExact => !open && !Text.Contains('*', StringComparison.Ordinal);

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

            if (segment.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)))
            {
                return "A pattern must not hold white space or control characters.";
            }
        }

        return text.Length <= 500 ? "" : "A pattern must not be longer than 500 characters.";
    }
}

/// <summary>How much of what lies under a prefix a pattern matches.</summary>
public enum PatternReach
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It depends on the rest of the address.</summary>
    Some,

    /// <summary>Everything.</summary>
    All,
}
