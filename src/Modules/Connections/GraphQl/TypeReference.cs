namespace Toolgate.Connections;

/// <summary>A type with its wrappers, as GraphQL writes it: <c>[Issue!]!</c>.</summary>
internal sealed class TypeReference(string text)
{
    /// <summary>Most list wrappers around one another.</summary>
    public const int MaxLists = 8;

    /// <summary>The text form.</summary>
    public string Text { get; } = text;

    /// <summary>The named type inside.</summary>
    public string Name { get; } = text.Trim('[', ']', '!');

    /// <summary>Whether null is impossible.</summary>
    public bool IsNonNull => Text[^1] == '!';

    /// <summary>Whether it is a list, null or not.</summary>
    public bool IsList => Text[0] == '[';

    /// <summary>The same type with null allowed.</summary>
    public TypeReference Nullable => IsNonNull ? new TypeReference(Text[..^1]) : this;

    /// <summary>What a list holds.</summary>
    public TypeReference Item => new(Nullable.Text[1..^1]);

    /// <inheritdoc/>
    public override string ToString() => Text;
}
