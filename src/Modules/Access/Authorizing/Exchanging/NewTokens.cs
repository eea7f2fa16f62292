using Toolgate.Access.Events;

namespace Toolgate.Access;

/// <summary>The values of one answer of the token endpoint; only their digests are kept.</summary>
/// <param name="Access">The access token.</param>
/// <param name="Family">What the refresh tokens of the grant have in common.</param>
/// <param name="Refresh">The refresh token, where the grant has them.</param>
/// <param name="AccessLife">How long the access token lives.</param>
/// <param name="RefreshLife">How long the refresh token lives.</param>
internal sealed record NewTokens(string Access, string Family, string Refresh, TimeSpan AccessLife, TimeSpan RefreshLife)
{
    /// <summary>Values for a grant; <paramref name="family"/> is null for its first tokens.</summary>
    public static NewTokens For(string grantId, string? family, OAuthOptions options)
    {
        family ??= GrantTokens.NewFamily();
        return new NewTokens(GrantTokens.NewAccess(), family, GrantTokens.NewRefresh(grantId, family), options.AccessTokenLifetime, options.RefreshTokenLifetime);
    }

    /// <summary>What is written of them.</summary>
    public GrantTokensIssued Event(GrantGiven given, int generation, DateTimeOffset now) => given.Refreshes
        ? new(given.GrantId, generation, now, GrantTokens.Digest(Access), now + AccessLife, GrantTokens.Digest(Family), GrantTokens.Digest(Refresh), now + RefreshLife)
        : new(given.GrantId, generation, now, GrantTokens.Digest(Access), now + AccessLife, null, null, null);

    /// <summary>Keeps the values out of anything that prints them.</summary>
    public override string ToString() => nameof(NewTokens);
}
