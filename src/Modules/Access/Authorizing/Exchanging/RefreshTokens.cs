using Toolgate.Access.Events;
using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>Replaces a refresh token.</summary>
/// <param name="ClientId">The client that presents it.</param>
/// <param name="Token">The token.</param>
/// <param name="Family">What it has in common with the others of its grant.</param>
/// <param name="Path">Path of the resource; null when the client does not say.</param>
internal sealed record RefreshTokens(string ClientId, string Token, string Family, string? Path)
{
    /// <summary>How long a token that was replaced may be presented again by a client that asks twice at once or lost the answer.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(45);

    /// <summary>
    /// The decision (OAuth 2.1 section 4.3.1). Each use replaces the token. The one before it is still good for a while and gives a token of the same generation;
    /// the first use of any of them replaces them all, so that of two who hold tokens one is found out. Anything older ends the grant.
    /// </summary>
    public Decision Decide(GrantDecisionState state, NewTokens tokens, DateTimeOffset now)
    {
        if (state.Given is not { } given || state.HasEnded || given.ClientId != ClientId || state.FamilyDigest is null || state.FamilyDigest != GrantTokens.Digest(Family)
            || state.RefreshExpiresAt <= now)
        {
            return RedeemCode.Invalid;
        }

        var digest = GrantTokens.Digest(Token);
        var generation = state.Current.Contains(digest, StringComparer.Ordinal) ? state.Generation + 1
            : state.Replaced.Contains(digest, StringComparer.Ordinal) && now < state.ReplacedAt + Grace ? state.Generation
            : 0;
        if (generation == 0)
        {
            return Decision.Accept(new GrantEnded(given.GrantId, GrantEnding.RefreshReplayed));
        }

        return Path is not null && Path != given.Audience ? RedeemCode.Target : Decision.Accept(tokens.Event(given, generation, now));
    }
}
