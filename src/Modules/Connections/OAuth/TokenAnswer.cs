using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>Reads what a token endpoint answers (RFC 6749 section 5.1).</summary>
internal static class TokenAnswer
{
    private const int MaxToken = 16 * 1024;
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(60);

    /// <summary>How long a token is kept that does not say how long it lives; an upstream that thinks otherwise answers 401, and another one is obtained.</summary>
    private static readonly TimeSpan Unsaid = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>The token; null when this is none, is no bearer token, cannot travel in a header, or a name stands twice.</summary>
    public static AccessToken? Of(ReadOnlyMemory<byte> json, DateTimeOffset now)
    {
        if (JsonMembers.Of(json) is not { } members
            || Text(members, "access_token") is not { Length: > 0 and <= MaxToken } token || token.AsSpan().ContainsAnyExceptInRange('!', '~')
            || Text(members, "token_type") is not { } type || !type.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var life = LifeOf(members);
        return new AccessToken(token, now + (life >= Early * 2 ? life - Early : life / 2));
    }

    private static TimeSpan LifeOf(List<JsonMember> members)
    {
        var value = members.Find(member => member.Name == "expires_in").Value;
        if (value.IsEmpty)
        {
            return Unsaid;
        }

        using var document = JsonDocument.Parse(value);
        return document.RootElement.ValueKind == JsonValueKind.Number && document.RootElement.TryGetDouble(out var seconds) && seconds > 0
            ? TimeSpan.FromSeconds(Math.Min(seconds, Longest.TotalSeconds))
            : Unsaid;
    }

    private static string? Text(List<JsonMember> members, string name)
    {
        var value = members.Find(member => member.Name == name).Value;
        if (value.IsEmpty || value.Span[0] != (byte)'"')
        {
            return null;
        }

        using var document = JsonDocument.Parse(value);
        try
        {
            return document.RootElement.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair has no text form.
            return null;
        }
    }
}
