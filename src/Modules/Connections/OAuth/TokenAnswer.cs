using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>What a token endpoint gave. Lives in memory and in the vault only; never logged.</summary>
/// <param name="Access">The access token, with the time at which another one is asked for.</param>
/// <param name="EndsAt">When it ends; null when that was not said.</param>
/// <param name="Refresh">What the next one is asked for with; null when there is none.</param>
/// <param name="Scope">The scopes that were granted; null when they are those that were asked for (RFC 6749 section 5.1).</param>
internal sealed record TokenSet(AccessToken Access, DateTimeOffset? EndsAt, string? Refresh, string? Scope)
{
    /// <summary>Keeps the tokens out of anything that prints them.</summary>
    public override string ToString() => nameof(TokenSet);
}

/// <summary>Reads what a token endpoint answers (RFC 6749 sections 5.1 and 5.2).</summary>
internal static class TokenAnswer
{
    private const int MaxToken = 16 * 1024;
    private const int MaxScope = 20 * 1024;
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(60);

    /// <summary>How long a token is kept that does not say how long it lives; an upstream that thinks otherwise answers 401, and another one is obtained.</summary>
    private static readonly TimeSpan Unsaid = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);
    private static readonly TimeSpan LongestEnd = TimeSpan.FromDays(3650);

    /// <summary>The token; null when this is none, is no bearer token, cannot travel in a header, or a name stands twice.</summary>
    public static AccessToken? Of(ReadOnlyMemory<byte> json, DateTimeOffset now) => SetOf(json, now)?.Access;

    /// <summary>The tokens; null when the access token is none, or the refresh token cannot be kept.</summary>
    public static TokenSet? SetOf(ReadOnlyMemory<byte> json, DateTimeOffset now)
    {
        if (JsonMembers.Of(json) is not { } members
            || Text(members, "access_token") is not { Length: > 0 and <= MaxToken } token || token.AsSpan().ContainsAnyExceptInRange('!', '~')
            || Text(members, "token_type") is not { } type || !type.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var said = LifeOf(members);
        var life = said is { } seconds ? Shorter(seconds, Longest) : Unsaid;
        var refresh = Text(members, "refresh_token");
        var scope = Text(members, "scope");
        return refresh?.Length > MaxToken || scope?.Length > MaxScope
            ? null
            : new TokenSet(
                new AccessToken(token, now + (life >= Early * 2 ? life - Early : life / 2)), said is { } ends ? now + Shorter(ends, LongestEnd) : null,
                string.IsNullOrEmpty(refresh) ? null : refresh, scope);
    }

    /// <summary>The code of a refusal; null when it names none that RFC 6749 knows the form of.</summary>
    public static string? ErrorOf(ReadOnlyMemory<byte> json) => JsonMembers.Of(json) is { } members && Text(members, "error") is { Length: > 0 and <= 64 } error
        && error.All(character => char.IsAsciiLetterOrDigit(character) || character == '_') ? error : null;

    private static TimeSpan Shorter(TimeSpan life, TimeSpan limit) => life < limit ? life : limit;

    private static TimeSpan? LifeOf(List<JsonMember> members)
    {
        var value = members.Find(member => member.Name == "expires_in").Value;
        if (value.IsEmpty)
        {
            return null;
        }

        using var document = JsonDocument.Parse(value);
        return document.RootElement.ValueKind == JsonValueKind.Number && document.RootElement.TryGetDouble(out var seconds) && seconds > 0
            ? TimeSpan.FromSeconds(Math.Min(seconds, LongestEnd.TotalSeconds))
            : null;
    }

    private static string? Text(List<JsonMember> members, string name) => JsonMembers.Text(members.Find(member => member.Name == name).Value);
}
