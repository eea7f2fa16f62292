using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Toolgate.Access.Events;

namespace Toolgate.Access;

/// <summary>A program that people can let act for them over MCP.</summary>
/// <param name="Id"><c>cli_…</c>, or the https address of its metadata document.</param>
/// <param name="Origin">How it became known; null for a document.</param>
/// <param name="Name">What it calls itself.</param>
/// <param name="RedirectUris">Where people may be sent back to.</param>
/// <param name="SecretDigest">Null for a public client.</param>
/// <param name="Refreshes">Whether it asked for refresh tokens.</param>
/// <param name="CreatedAt">When it became known.</param>
internal sealed record Client(
    string Id, ClientOrigin? Origin, string Name, ImmutableArray<string> RedirectUris, string? SecretDigest, bool Refreshes, DateTimeOffset CreatedAt)
{
    /// <summary>Most redirect URIs of one client.</summary>
    public const int MaxRedirects = 20;

    /// <summary>Longest name, in characters.</summary>
    public const int MaxName = 100;

    /// <summary>Whether it presents a secret.</summary>
    public bool IsConfidential => SecretDigest is not null;

    /// <summary>Whether it may send people there.</summary>
    public bool MayReturnTo(string uri) => RedirectUris.Any(registered => RedirectUri.Matches(registered, uri));

    /// <summary>Whether a presented secret is its own. Constant time.</summary>
    public bool IsSecret(string presented)
        => SecretDigest is { } digest && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(GrantTokens.Digest(presented)), Encoding.ASCII.GetBytes(digest));

    /// <summary>A name as it may be shown: one line without characters that hide or turn others, bounded; null when nothing is left.</summary>
    public static string? ShownName(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var shown = new string([.. text.Where(character => char.GetUnicodeCategory(character)
            is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate))
            .Take(MaxName)]).Trim();
        return shown.Length == 0 ? null : shown;
    }
}
