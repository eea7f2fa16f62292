using System.Collections.Immutable;
using System.Text;

namespace Toolgate.Connections;

/// <summary>A path with its <c>{parameters}</c>; the rest is literal and already percent-encoded (OpenAPI 3.1 section 4.8.8).</summary>
internal sealed class PathTemplate
{
    private PathTemplate(ImmutableArray<Part> parts) => Parts = parts;

    /// <summary>Literals and parameters, in order.</summary>
    public ImmutableArray<Part> Parts { get; }

    /// <summary>Names of its parameters, each once, in order.</summary>
    public IEnumerable<string> Names => Parts.Where(part => part.IsParameter).Select(part => part.Text).Distinct(StringComparer.Ordinal);

    /// <summary>The template, or nothing when it is no path: unbalanced braces, a query, a fragment, or dot segments.</summary>
    public static PathTemplate? Parse(string path)
    {
        if (path is not ['/', ..] || path.AsSpan().IndexOfAny("?#\\") >= 0 || path.Any(char.IsControl))
        {
            return null;
        }

        var parts = ImmutableArray.CreateBuilder<Part>();
        var literal = new StringBuilder();
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] == '}')
            {
                return null;
            }

            if (path[i] != '{')
            {
                literal.Append(path[i]);
                continue;
            }

            var end = path.IndexOf('}', i);
            if (end < 0 || end == i + 1 || path.AsSpan(i + 1, end - i - 1).IndexOfAny('{', '/') >= 0)
            {
                return null;
            }

            Close();
            parts.Add(new Part(path[(i + 1)..end], IsParameter: true));
            i = end;
        }

        Close();
        return path.Split('/').Any(PathSafety.IsDotSegment) ? null : new PathTemplate(parts.ToImmutable());

        void Close()
        {
            if (literal.Length > 0)
            {
                parts.Add(new Part(EncodeLiteral(literal.ToString()), IsParameter: false));
                literal.Clear();
            }
        }
    }

    /// <summary>Encodes what may not stand in a path; keeps escapes that are already there.</summary>
    private static string EncodeLiteral(string text)
    {
        const string kept = "/-._~!$&'()*+,;=:@";
        var encoded = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsAsciiLetterOrDigit(c) || kept.Contains(c, StringComparison.Ordinal)
                || (c == '%' && i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2])))
            {
                encoded.Append(c);
                continue;
            }

            var length = char.IsHighSurrogate(c) && i + 1 < text.Length ? 2 : 1;
            encoded.Append(Uri.EscapeDataString(text.AsSpan(i, length)));
            i += length - 1;
        }

        return encoded.ToString();
    }

    /// <summary>A literal, or the name of a parameter.</summary>
    internal readonly record struct Part(string Text, bool IsParameter);
}

/// <summary>What no argument may put into a path.</summary>
internal static class PathSafety
{
    /// <summary>
    /// Whether a piece between slashes means the folder itself or the one above, however it is spelt: encoded once or more often, or with
    /// a path parameter behind it (<c>..;x</c>), since servers disagree on what they decode first.
    /// </summary>
    public static bool IsDotSegment(string segment)
    {
        foreach (var decoded in Decodings(segment))
        {
            foreach (var piece in decoded.Split('/', '\\'))
            {
                var end = piece.IndexOf(';', StringComparison.Ordinal);
                if ((end < 0 ? piece : piece[..end]).Trim() is "." or "..")
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Whether a value holds control characters, in any spelling.</summary>
    public static bool HasControl(string value) => Decodings(value).Any(decoded => decoded.Any(char.IsControl));

    private static IEnumerable<string> Decodings(string text)
    {
        yield return text;
        for (var round = 0; round < 3 && text.Contains('%', StringComparison.Ordinal); round++)
        {
            var decoded = Uri.UnescapeDataString(text);
            if (decoded == text)
            {
                yield break;
            }

            text = decoded;
            yield return text;
        }
    }
}
