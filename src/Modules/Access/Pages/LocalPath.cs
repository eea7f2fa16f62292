namespace Toolgate.Access;

/// <summary>Where a page leads on to: never to another origin.</summary>
internal static class LocalPath
{
    /// <summary>The path when it is one of this origin, else <c>/</c>.</summary>
    public static string Of(string? text)
        => text is ['/', ..] and { Length: <= 4_000 } && !text.StartsWith("//", StringComparison.Ordinal) && !text.Contains('\\', StringComparison.Ordinal)
            && text.All(character => character is > ' ' and <= '~')
            ? text
            : "/";
}
