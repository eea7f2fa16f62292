using System.Text;
using System.Text.RegularExpressions;
using Toolgate.EventStore;

namespace Toolgate.Toolkits;

/// <summary>Slugs of toolkits: the last segment of an MCP URL, unique in the workspace.</summary>
internal static partial class ToolkitSlug
{
    /// <summary>Longest slug, in characters.</summary>
    public const int MaxLength = 63;

    /// <summary>Whether the text is a slug.</summary>
    public static bool IsValid(string? text) => text is not null && Grammar().IsMatch(text);

    /// <summary>The slug that a name suggests; empty when it holds no letter or digit of ASCII.</summary>
    public static string From(string name)
    {
        var slug = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            if (char.IsAsciiLetterOrDigit(c))
            {
                slug.Append(char.ToLowerInvariant(c));
            }
            else if (slug.Length > 0 && slug[^1] != '-')
            {
                slug.Append('-');
            }
        }

        slug.Length = Math.Min(slug.Length, MaxLength);
        return slug.ToString().TrimEnd('-');
    }

    /// <summary>The claim that keeps a slug unique, in the transaction of the event.</summary>
    public static NameClaim Claim(string slug) => new("toolkit-slug", slug);

    /// <summary>409: somebody holds the slug. Says nothing about who.</summary>
    public static Rejection Taken(string slug) => Rejection.Conflict("toolkit_slug_taken", $"The slug '{slug}' is taken.", "/slug");

    [GeneratedRegex(@"\A[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Grammar();
}
