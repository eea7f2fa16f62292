using System.Text.RegularExpressions;

namespace Toolgate.Connections;

/// <summary>Texts and names of manifests. People and models read them: nothing in them may hide, reorder or forge what is read.</summary>
internal static partial class ManifestText
{
    /// <summary>Notes a fault unless the text is of that length and plain; null was a fault before.</summary>
    public static void Check(string? text, string pointer, int most, bool lines, FaultList faults)
    {
        if (text is not null && (text.Trim().Length == 0 || text.Length > most || text.Any(c => IsHidden(c) && !(lines && c is '\n' or '\t'))))
        {
            faults.Add(pointer, PluginFaultCodes.InvalidText, lines
                ? $"This text has 1 to {most} characters, none of them a control (line feeds and tabs excepted), bidirectional or zero-width character."
                : $"This text has 1 to {most} characters, none of them a control, bidirectional or zero-width character.");
        }
    }

    /// <summary>Whether a text is a semantic version 2.0.</summary>
    public static bool IsVersion(string text) => text.Length <= PluginLimits.Version && Version().IsMatch(text);

    /// <summary>Whether a text is the name of a route.</summary>
    public static bool IsRouteName(string text) => text.Length <= PluginLimits.RouteName && RouteName().IsMatch(text);

    /// <summary>Whether a text is the name of a property.</summary>
    public static bool IsPropertyName(string text) => PropertyName().IsMatch(text);

    /// <summary>Whether a text is a format of JSON Schema or one like it.</summary>
    public static bool IsFormat(string text) => Format().IsMatch(text);

    /// <summary>Whether a text is what an author calls a secret.</summary>
    public static bool IsSecretName(string text) => SecretName().IsMatch(text);

    /// <summary>Whether a text is a scope (RFC 6749 section 3.3).</summary>
    public static bool IsScope(string text) => Scope().IsMatch(text);

    private static bool IsHidden(char c) => char.IsControl(c) || c is '\u061C' or '\u180E' or '\u2028' or '\u2029' or '\uFEFF'
        or (>= '\u200B' and <= '\u200F') or (>= '\u202A' and <= '\u202E') or (>= '\u2060' and <= '\u206F') or (>= '\uFFF9' and <= '\uFFFB');

    [GeneratedRegex(
        @"\A(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)(?:-(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*)?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?\z",
        RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Version();

    [GeneratedRegex(@"\A[a-zA-Z0-9][a-zA-Z0-9_-]*(?:/[a-zA-Z0-9_-]+)*\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex RouteName();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_.-]{0,63}\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex PropertyName();

    [GeneratedRegex(@"\A[a-z][a-z0-9-]{0,63}\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Format();

    [GeneratedRegex(@"\A[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex SecretName();

    [GeneratedRegex(@"\A[\x21\x23-\x5B\x5D-\x7E]{1,100}\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Scope();
}
