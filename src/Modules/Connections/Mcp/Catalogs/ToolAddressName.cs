using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Toolgate.Connections;

/// <summary>Makes the last part of an address of the name that a server gives a tool.</summary>
internal static partial class ToolAddressName
{
    private const int MaxLength = 128;
    private const int Digits = 8;

    /// <summary>
    /// The name as it is when it can stand in an address and be matched by a pattern; otherwise what is left of it and a digest of the whole, so that no two
    /// names become one.
    /// </summary>
    public static string Of(string name)
    {
        if (name.Length <= MaxLength && Shape().IsMatch(name))
        {
            return name;
        }

        var kept = new StringBuilder();
        foreach (var c in name)
        {
            if (char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            {
                kept.Append(c);
            }
            else if (kept.Length > 0 && kept[^1] != '_')
            {
                kept.Append('_');
            }

            if (kept.Length == MaxLength / 2)
            {
                break;
            }
        }

        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..Digits];
        return kept.Length == 0 ? digest : $"{kept.ToString().TrimEnd('_', '-')}-{digest}";
    }

    /// <summary>Words joined by dots and slashes, none of them empty.</summary>
    [GeneratedRegex(@"\A[A-Za-z0-9_-]+([./][A-Za-z0-9_-]+)*\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();
}
