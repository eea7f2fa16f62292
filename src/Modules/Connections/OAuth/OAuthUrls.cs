namespace Toolgate.Connections;

/// <summary>Which URLs of authorization servers are spoken to (OAuth 2.1 section 1.5): https, or http on this machine where the egress rules allow that.</summary>
internal static class OAuthUrls
{
    private const int MaxLength = 2_000;

    /// <summary>The URL of an endpoint; null when nothing secret may go there.</summary>
    public static Uri? Endpoint(string? text) => text is { Length: <= MaxLength } && text.All(character => character is > ' ' and <= '~')
        && Uri.TryCreate(text, UriKind.Absolute, out var url) && url.UserInfo.Length == 0 && url.Fragment.Length == 0
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)) ? url : null;

    /// <summary>Whether a text can be an issuer (RFC 8414 section 2): an endpoint's URL without a query.</summary>
    public static bool IsIssuer(string? text) => Endpoint(text) is { Query.Length: 0 };

    /// <summary>Scheme, host and port.</summary>
    public static string OriginOf(Uri url) => url.GetLeftPart(UriPartial.Authority);

    /// <summary>A URL with more query parameters, those it had before them.</summary>
    public static string With(Uri url, IEnumerable<KeyValuePair<string, string>> parameters)
    {
        var text = url.OriginalString;
        var query = string.Join('&', parameters.Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value)}"));
        return text + (url.Query.Length == 0 ? text.EndsWith('?') ? "" : "?" : "&") + query;
    }
}

/// <summary>Names of scopes (RFC 6749 section 3.3).</summary>
internal static class OAuthScopes
{
    /// <summary>Most scopes of one request.</summary>
    public const int Most = 100;

    private const int MaxLength = 200;

    /// <summary>Whether it can be the name of a scope.</summary>
    public static bool IsScope(string scope) => scope.Length is > 0 and <= MaxLength && scope.All(character => character is '!' or (>= '#' and <= '[') or (>= ']' and <= '~'));

    /// <summary>The scopes of a list with blanks between them, each once and in order; what cannot be one is left out.</summary>
    public static string[] Split(string? text)
        => [.. (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(IsScope).Distinct(StringComparer.Ordinal).Take(Most)];

    /// <summary>All of both, each once.</summary>
    public static string[] Union(IEnumerable<string> some, IEnumerable<string> others) => [.. some.Concat(others).Distinct(StringComparer.Ordinal).Take(Most)];
}
