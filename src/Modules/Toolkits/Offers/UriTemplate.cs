using System.Collections.Immutable;

namespace Toolgate.Toolkits;

/// <summary>
/// A URI template (RFC 6570), read to find out whether a URI can come from it: literal text as it stands, an expression for any values, reserved
/// characters only where its operator lets them through. It is a hint for routing, the server has the last word. Templates are upstreams' text: the
/// cost of one look is at most (expressions + literal text) × length of the URI, whatever they hold.
/// </summary>
internal sealed class UriTemplate
{
    /// <summary>Longest template, in characters, that URIs are compared with.</summary>
    public const int MaxLength = 500;

    /// <summary>Most expressions of such a template.</summary>
    public const int MaxExpressions = 16;

    /// <summary>Longest URI that is compared with templates.</summary>
    public const int MaxUriLength = 2_000;

    private readonly ImmutableArray<Part> parts;

    private UriTemplate(ImmutableArray<Part> parts)
    {
        this.parts = parts;
        LiteralLength = parts.Sum(part => part.Literal?.Length ?? 0);
    }

    /// <summary>Characters of literal text: the more, the more specific.</summary>
    public int LiteralLength { get; }

    /// <summary>Reads a template; null when it is malformed, uses an operator that the RFC keeps for later, or is beyond the bounds.</summary>
    public static UriTemplate? Parse(string template)
    {
        if (template.Length > MaxLength)
        {
            return null;
        }

        var parts = ImmutableArray.CreateBuilder<Part>();
        var expressions = 0;
        for (var at = 0; at < template.Length;)
        {
            var brace = template.AsSpan(at).IndexOfAny('{', '}');
            var literal = brace < 0 ? template[at..] : template.Substring(at, brace);
            if (literal.Length > 0)
            {
                parts.Add(new Part(literal, default, ""));
            }

            at += literal.Length;
            if (at == template.Length)
            {
                break;
            }

            var end = template.AsSpan(at + 1).IndexOfAny('{', '}');
            if (template[at] == '}' || end <= 0 || template[at + 1 + end] == '{' || ++expressions > MaxExpressions || Expression(template[at + 1]) is not { } part)
            {
                return null;
            }

            parts.Add(part);
            at += end + 2;
        }

        return new UriTemplate(parts.ToImmutable());
    }

    /// <summary>Whether a URI can come from the template.</summary>
    public bool Fits(string uri)
    {
        if (uri.Length > MaxUriLength || (parts is [{ Literal: { } head }, ..] && !uri.StartsWith(head, StringComparison.Ordinal)))
        {
            return false;
        }

        // The places of the URI that the parts so far can end at. All of them at once: nothing is tried twice.
        Span<bool> places = stackalloc bool[uri.Length + 1];
        Span<bool> next = stackalloc bool[uri.Length + 1];
        places[0] = true;
        foreach (var part in parts)
        {
            next.Clear();
            if (part.Literal is { } literal)
            {
                AfterLiteral(uri, literal, places, next);
            }
            else
            {
                AfterExpression(uri, part, places, next);
            }

            var last = places;
            places = next;
            next = last;
        }

        return places[uri.Length];
    }

    private static void AfterLiteral(string uri, string literal, ReadOnlySpan<bool> places, Span<bool> next)
    {
        for (var i = 0; i + literal.Length <= uri.Length; i++)
        {
            if (places[i] && uri.AsSpan(i).StartsWith(literal, StringComparison.Ordinal))
            {
                next[i + literal.Length] = true;
            }
        }
    }

    private static void AfterExpression(string uri, Part part, ReadOnlySpan<bool> places, Span<bool> next)
    {
        // Undefined values leave nothing behind, so every place stays one.
        var inside = false;
        for (var i = 0; i <= uri.Length; i++)
        {
            inside |= places[i] && part.Lead == default;
            next[i] = places[i] || inside;
            if (i < uri.Length)
            {
                inside = (inside && !part.Barred.Contains(uri[i], StringComparison.Ordinal)) || (places[i] && part.Lead != default && uri[i] == part.Lead);
            }
        }
    }

    /// <summary>What an expression can become, by the first character between its braces (RFC 6570, appendix A).</summary>
    private static Part? Expression(char first) => first switch
    {
        '+' => new Part(null, default, ""),
        '#' => new Part(null, '#', ""),
        '.' => new Part(null, '.', "/?#"),
        ';' => new Part(null, ';', "/?#"),
        '/' => new Part(null, '/', "?#"),
        '?' => new Part(null, '?', "#"),
        '&' => new Part(null, '&', "#"),
        '=' or ',' or '!' or '@' or '|' => null,
        _ => new Part(null, default, "/?#"),
    };

    /// <summary>Literal text, or what an expression can become: nothing, or the lead and then anything but the barred characters.</summary>
    private sealed record Part(string? Literal, char Lead, string Barred);
}
