using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Toolgate.Access;

/// <summary>The resource that a client names (RFC 8707): the address of an MCP endpoint of this deployment.</summary>
internal static partial class ResourceIndicator
{
    /// <summary>What is meant when nothing is named, as clients of 2025-03-26 do.</summary>
    public const string Default = "/mcp";

    /// <summary>The path of the resource; null when it is none of this deployment. Tolerates capitals in scheme and host, the default port and one slash at the end.</summary>
    /// <param name="text">Absolute, without query and fragment; null for <see cref="Default"/>.</param>
    /// <param name="origin">Origin of this deployment.</param>
    public static string? PathOf(string? text, string origin)
    {
        if (text is null)
        {
            return Default;
        }

        if (text.Length > RedirectUri.MaxLength || text.AsSpan().ContainsAny('#', '?', '\\') || !Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.UserInfo.Length > 0
            || !string.Equals(uri.GetLeftPart(UriPartial.Authority), new Uri(origin).GetLeftPart(UriPartial.Authority), StringComparison.Ordinal))
        {
            return null;
        }

        // As written: an address with dots in it is not ours, whatever it comes to.
        var at = text.IndexOf('/', text.IndexOf("://", StringComparison.Ordinal) + 3);
        return at >= 0 && Path().Match(text[at..]) is { Success: true } match ? match.Groups["path"].Value : null;
    }

    /// <summary>The resource's address.</summary>
    public static string Of(string origin, string path) => origin + new PathString(path).ToUriComponent();

    [GeneratedRegex(@"\A(?<path>/mcp(?:/toolkits/[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)?)/?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Path();
}
