using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Toolgate.Access;

/// <summary>Where a person may be sent back to: compared character by character, but for the port of a program on the person's own machine (RFC 8252 section 7.3).</summary>
internal static partial class RedirectUri
{
    /// <summary>Longest one that is accepted, in characters.</summary>
    public const int MaxLength = 2_000;

    /// <summary>Schemes that run, read or render something instead of leading to a program that waits for a code.</summary>
    private static readonly HashSet<string> Refused = new(StringComparer.Ordinal)
    {
        "about", "blob", "chrome", "content", "data", "file", "filesystem", "ftp", "intent", "jar", "javascript", "mailto", "ms-appx", "resource", "sms", "tel", "vbscript", "view-source",
        "ws", "wss",
    };

    /// <summary>Whether a client may register it; else why not.</summary>
    public static bool IsAcceptable(string? text, [NotNullWhen(false)] out string? fault)
    {
        fault = text is not { Length: > 0 and <= MaxLength } ? $"A redirect URI has 1 to {MaxLength} characters."
            : text.Any(character => character is <= ' ' or > '~' or '\\' or '"' or '<' or '>' or '`' or '{' or '}' or '|' or '^') ? "A redirect URI consists of the characters of a URI; others are percent-encoded."
            : text.Contains('#', StringComparison.Ordinal) ? "A redirect URI has no fragment."
            : !Uri.TryCreate(text, UriKind.Absolute, out var uri) ? "A redirect URI is absolute."
            : uri.UserInfo.Length > 0 ? "A redirect URI holds no user name and no password."
            : uri.Scheme switch
            {
                "https" => uri.Host.Length > 0 && text.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? null : "A redirect URI of https names a host.",
                "http" => Loopback().IsMatch(text) ? null : "A redirect URI of http leads to 127.0.0.1, [::1] or localhost. Use https.",
                _ => Refused.Contains(uri.Scheme) ? "A redirect URI leads to the client, by https, http on loopback, or a scheme of its own." : null,
            };
        return fault is null;
    }

    /// <summary>Whether a presented URI is a registered one.</summary>
    public static bool Matches(string registered, string presented)
        => string.Equals(registered, presented, StringComparison.Ordinal)
            || (Loopback().Match(registered) is { Success: true } known && Loopback().Match(presented) is { Success: true } asked
                && string.Equals(known.Groups["host"].Value, asked.Groups["host"].Value, StringComparison.Ordinal)
                && string.Equals(Rest(known), Rest(asked), StringComparison.Ordinal)
                && (!asked.Groups["port"].Success || ushort.TryParse(asked.Groups["port"].ValueSpan, System.Globalization.CultureInfo.InvariantCulture, out _)));

    /// <summary>Whether it leads to a program on the person's own machine.</summary>
    public static bool IsLoopback(string uri) => Loopback().IsMatch(uri);

    /// <summary>What a person is shown of it: its host, or its scheme where the scheme is the client's own.</summary>
    public static string Shown(string uri) => new Uri(uri) is { Scheme: "http" or "https" } web ? web.Authority : new Uri(uri).Scheme + ":";

    /// <summary>The source that lets a form lead there (CSP Level 3, "form-action").</summary>
    public static string FormTarget(string uri)
    {
        // Host sources know no IPv6 addresses.
        var parsed = new Uri(uri);
        return parsed.Scheme is not ("http" or "https") || parsed.HostNameType == UriHostNameType.IPv6 ? parsed.Scheme + ":" : $"{parsed.Scheme}://{parsed.IdnHost}:{parsed.Port}";
    }

    /// <summary>The URI with what an answer adds to its query (RFC 6749 section 4.1.2).</summary>
    public static string With(string uri, params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var text = new System.Text.StringBuilder(uri);
        var separator = uri.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        foreach (var (name, value) in parameters)
        {
            if (value is not null)
            {
                text.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
                separator = '&';
            }
        }

        return text.ToString();
    }

    private static string Rest(Match match) => match.Groups["rest"].Value is { Length: > 0 } rest ? rest : "/";

    [GeneratedRegex(@"\Ahttp://(?<host>127\.0\.0\.1|\[::1\]|localhost)(?::(?<port>[0-9]{1,5}))?(?<rest>(?:[/?][!-~]*)?)\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Loopback();
}
