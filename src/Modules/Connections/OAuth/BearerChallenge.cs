using System.Net.Http.Headers;

namespace Toolgate.Connections;

/// <summary>What a server asks for in <c>WWW-Authenticate</c> (RFC 6750 section 3, RFC 9728 section 5.1).</summary>
/// <param name="Error"><c>invalid_token</c>, <c>insufficient_scope</c>; null when it says none.</param>
/// <param name="Scope">The scopes that are needed.</param>
/// <param name="ResourceMetadata">Where the metadata of the protected resource are; null when it does not say.</param>
internal sealed record BearerChallenge(string? Error, IReadOnlyList<string> Scope, string? ResourceMetadata)
{
    private const int MaxHeader = 8 * 1024;

    /// <summary>The bearer challenge of an answer; null when there is none.</summary>
    public static BearerChallenge? Of(HttpResponseMessage response) => response.Headers.WwwAuthenticate.Select(Of).OfType<BearerChallenge>().FirstOrDefault();

    private static BearerChallenge? Of(AuthenticationHeaderValue header)
    {
        if (!header.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) || header.Parameter?.Length > MaxHeader)
        {
            return null;
        }

        var parameters = Parameters(header.Parameter ?? "");
        return new BearerChallenge(parameters.GetValueOrDefault("error"), OAuthScopes.Split(parameters.GetValueOrDefault("scope")), parameters.GetValueOrDefault("resource_metadata"));
    }

    /// <summary>RFC 9110 section 11.2: names, each with a token or a quoted text. Reading ends where it is neither; a name that stands twice counts once.</summary>
    private static Dictionary<string, string> Parameters(string text)
    {
        var found = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var at = 0; at < text.Length;)
        {
            at = Skip(text, at, ", \t");
            var equals = text.IndexOf('=', at);
            if (equals < 0)
            {
                break;
            }

            var name = text[at..equals].Trim();
            at = Skip(text, equals + 1, " \t");
            string value;
            if (at < text.Length && text[at] == '"')
            {
                var quoted = new System.Text.StringBuilder();
                for (at++; at < text.Length && text[at] != '"'; at++)
                {
                    at += text[at] == '\\' && at + 1 < text.Length ? 1 : 0;
                    quoted.Append(text[at]);
                }

                at++;
                value = quoted.ToString();
            }
            else
            {
                var end = text.AsSpan(at).IndexOfAny(',', ' ') is var stop && stop < 0 ? text.Length : at + stop;
                (value, at) = (text[at..end], end);
            }

            found.TryAdd(name, value);
        }

        return found;
    }

    private static int Skip(string text, int at, string what)
    {
        while (at < text.Length && what.Contains(text[at], StringComparison.Ordinal))
        {
            at++;
        }

        return at;
    }
}
