using System.Text.RegularExpressions;
using Toolgate.Connections;

namespace Toolgate.Toolkits;

/// <summary>Finds the server of a resource URI.</summary>
internal static partial class OfferRouting
{
    /// <summary>Begins the URIs that name their server.</summary>
    public const string Scheme = "toolgate://";

    private const int LongestTemplate = 2_000;

    /// <summary>A URI that names its server.</summary>
    public static string Wrap(Upstream upstream, string uri) => $"{Scheme}{upstream.Address}/{Uri.EscapeDataString(uri)}";

    public static ViewItem? Route(OfferView view, string uri)
    {
        if (view.Resources.TryGetValue(uri, out var listed))
        {
            return listed;
        }

        if (uri.StartsWith(Scheme, StringComparison.Ordinal) && uri.IndexOf('/', Scheme.Length) is > 0 and var slash)
        {
            var address = uri[Scheme.Length..slash];
            return view.Readable.FirstOrDefault(offer => offer.Upstream.Address == address) is { } named
                ? new ViewItem(named.Upstream, uri, Uri.UnescapeDataString(uri[(slash + 1)..]))
                : null;
        }

        foreach (var template in view.Templates)
        {
            if (Fits(template.UpstreamKey, uri))
            {
                return new ViewItem(template.Upstream, uri, uri);
            }
        }

        return view.Readable is [var only] ? new ViewItem(only.Upstream, uri, uri) : null;
    }

    /// <summary>Whether a URI can come from a template (RFC 6570): literal text as it stands, an expression for anything, reserved characters only where it may.</summary>
    internal static bool Fits(string template, string uri)
    {
        if (template.Length > LongestTemplate || uri.Length > LongestTemplate)
        {
            return false;
        }

        var pattern = Expression().Replace(
            Regex.Escape(template).Replace("}", "\\}", StringComparison.Ordinal), expression => expression.Groups["reserved"].Length > 0 ? ".*" : "[^/?#]*");
        return Regex.IsMatch(uri, $@"\A{pattern}\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline);
    }

    /// <summary>An expression of a template after escaping: <c>\{var}</c>, with the operators that let reserved characters through.</summary>
    [GeneratedRegex(@"\\\{(?<reserved>(\\\+|\\\#|\+|\#|/|\\\?|&|;|\\\.|\?|\.)?)[^}]*\\\}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Expression();
}
