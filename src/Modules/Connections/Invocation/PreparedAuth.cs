using System.Text;

namespace Toolgate.Connections;

/// <summary>The credentials of a connection, ready to be written into a request. Lives in memory only; never logged, never serialised.</summary>
internal sealed class PreparedAuth
{
    private readonly KeyValuePair<string, string>[] query;
    private readonly string querySuffix;
    private volatile KeyValuePair<string, string>[] headers;
    private volatile string[] forms;

    private PreparedAuth(
        KeyValuePair<string, string>[] headers, KeyValuePair<string, string>[] query, KeyValuePair<string, string>[] environment, string[] secrets)
    {
        this.headers = headers;
        this.query = query;
        forms = SecretMask.FormsOf(secrets);
        Environment = environment;
        querySuffix = string.Join('&', query.Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value)}"));
    }

    /// <summary>Most forms of secrets that are looked for.</summary>
    private const int MostForms = 64;

    /// <summary>Nothing is sent.</summary>
    public static PreparedAuth None { get; } = new([], [], [], []);

    /// <summary>Variables of a server that is a process.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; }

    /// <summary>Fills a template; null when a variable of it has no value.</summary>
    /// <param name="template">The template.</param>
    /// <param name="values">A value for each of its variables.</param>
    /// <param name="isReferenced">Whether a value is kept elsewhere and may have been replaced there.</param>
    public static PreparedAuth? Of(AuthTemplate template, IReadOnlyDictionary<string, string> values, bool isReferenced = false)
    {
        if (AuthTemplateRules.VariablesOf(template).Any(variable => !values.ContainsKey(variable)))
        {
            return null;
        }

        string[] secrets = [.. values.Values.Where(value => value.Length > 0)];
        if (template.Kind == AuthKind.Basic)
        {
            var pair = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{values[AuthTemplateRules.UserName]}:{values[AuthTemplateRules.Password]}"));
            return new PreparedAuth([new("Authorization", "Basic " + pair)], [], [], [.. secrets, pair]) { IsReferenced = isReferenced };
        }

        KeyValuePair<string, string> Fill(Placement placement)
            => new(placement.Name, placement.Literal ?? placement.Prefix + values[placement.Variable!]);

        return new PreparedAuth(
            [.. template.Placements.Where(placement => placement.Carrier == Carrier.Header).Select(Fill)],
            [.. template.Placements.Where(placement => placement.Carrier == Carrier.Query).Select(Fill)],
            [.. template.Placements.Where(placement => placement.Carrier == Carrier.Env).Select(Fill)],
            secrets) { IsReferenced = isReferenced };
    }

    /// <summary>An access token that was obtained for the connection (RFC 6750 section 2.1).</summary>
    /// <param name="token">The token.</param>
    /// <param name="secret">What it was obtained with: never sent, and never shown.</param>
    public static PreparedAuth Bearer(string token, string? secret) => new(HeadersOf(token), [], [], secret is null ? [token] : [token, secret]) { IsObtained = true, Token = token };

    /// <summary>Whether another token can be obtained when the upstream does not take this one.</summary>
    public bool IsObtained { get; private init; }

    /// <summary>The access token; null when there is none.</summary>
    public string? Token { get; private set; }

    /// <summary>
    /// Another access token in the same place: whoever holds on to these credentials (a session with an upstream) goes on with it. Earlier tokens stay hidden in
    /// what is shown.
    /// </summary>
    public void Renew(string token)
    {
        if (token == Token)
        {
            return;
        }

        string[] hidden = [.. SecretMask.FormsOf([token]), .. forms];
        forms = hidden[..Math.Min(hidden.Length, MostForms)];
        headers = HeadersOf(token);
        Token = token;
    }

    private static KeyValuePair<string, string>[] HeadersOf(string token) => [new("Authorization", "Bearer " + token)];

    /// <summary>Whether a value of these is kept elsewhere: when the upstream does not take it, it may have been replaced there.</summary>
    public bool IsReferenced { get; private init; }

    /// <summary>Whether there may be others when the upstream does not take these.</summary>
    public bool MayRenew => IsObtained || IsReferenced;

    /// <summary>Whether a request carries any of these.</summary>
    public bool IsSent => headers.Length > 0 || query.Length > 0;

    /// <summary>Writes the credentials into a request to the integration's own origin, over whatever stood in their places.</summary>
    public void AddTo(HttpRequestMessage request)
    {
        foreach (var (name, value) in headers)
        {
            var whole = name.Equals("Cookie", StringComparison.OrdinalIgnoreCase) ? Beside(request, value) : value;
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, whole);
        }

        if (querySuffix.Length > 0)
        {
            var bare = Strip(request.RequestUri!).OriginalString;
            request.RequestUri = Raw(bare + (bare.Contains('?', StringComparison.Ordinal) ? '&' : '?') + querySuffix);
        }
    }

    /// <summary>There is one header for all cookies: those of the operation stay, except under the credential's own name.</summary>
    private static string Beside(HttpRequestMessage request, string credential)
    {
        var name = credential.Split('=', 2)[0];
        var others = request.Headers.NonValidated.TryGetValues("Cookie", out var values) ? values.ToString().Split("; ") : [];
        return string.Join("; ", others.Where(pair => pair.Split('=', 2)[0] != name).Append(credential));
    }

    /// <summary>The URL without the query parameters that carry credentials.</summary>
    public Uri Strip(Uri url)
    {
        if (query.Length == 0 || url.OriginalString.IndexOf('?', StringComparison.Ordinal) is var mark && mark < 0)
        {
            return url;
        }

        var text = url.OriginalString;
        var end = text.IndexOf('#', StringComparison.Ordinal) is var hash && hash >= 0 ? hash : text.Length;
        var kept = string.Join('&', text[(mark + 1)..end].Split('&').Where(pair => !IsCredential(pair)));
        return Raw(kept.Length == 0 ? text[..mark] : $"{text[..mark]}?{kept}");
    }

    /// <summary>Longest form of a secret value, in UTF-8 bytes: how far a text must be read beyond what is shown of it.</summary>
    public int LongestSecret => forms.Length == 0 ? 0 : forms.Max(Encoding.UTF8.GetByteCount);

    /// <summary>The first <paramref name="length"/> characters of a text with every secret value replaced, for excerpts of what an upstream answered.</summary>
    public string Mask(string text, int length) => SecretMask.Apply(text, length, forms);

    private bool IsCredential(string pair)
    {
        var name = Uri.UnescapeDataString(pair.Split('=', 2)[0]);
        return Array.Exists(query, credential => credential.Key.Equals(name, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>What was encoded before is sent as it is: no second reading by the Uri class, which then does not add a missing path either.</summary>
    private static Uri Raw(string url)
    {
        var host = url.IndexOf("://", StringComparison.Ordinal) + 3;
        var end = url.AsSpan(host).IndexOfAny('/', '?', '#') is var found && found >= 0 ? host + found : url.Length;
        var whole = end < url.Length && url[end] == '/' ? url : url.Insert(end, "/");
        return new Uri(whole, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
    }
}
