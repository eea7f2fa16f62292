using System.Text;

namespace Toolgate.Connections;

/// <summary>Names of connections: camelCase identifiers, so that they are one segment of an address.</summary>
internal static class ConnectionName
{
    /// <summary>Longest name, in characters.</summary>
    public const int MaxLength = 60;

    private const string Fallback = "connection";

    /// <summary>
    /// <c>My Main Account!</c> → <c>myMainAccount</c>. Words are runs of ASCII letters and digits; the first begins small, each further one
    /// with a capital, and the rest of a word stays as it was written. A leading digit gets the prefix <c>connection</c>; nothing at all
    /// becomes it. Names that are identifiers already stay as they are.
    /// </summary>
    public static string Normalise(string? text)
    {
        var name = new StringBuilder();
        var boundary = false;
        foreach (var c in text ?? "")
        {
            if (!char.IsAsciiLetterOrDigit(c))
            {
                boundary = name.Length > 0;
                continue;
            }

            name.Append(name.Length == 0 ? char.ToLowerInvariant(c) : boundary ? char.ToUpperInvariant(c) : c);
            boundary = false;
        }

        if (name.Length == 0)
        {
            return Fallback;
        }

        return char.IsAsciiLetter(name[0]) ? name.ToString() : Fallback + name;
    }
}
