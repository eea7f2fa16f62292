using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Toolgate.Access.Events;
using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>Redeems the code of a grant, once.</summary>
/// <param name="ClientId">The client that presents it.</param>
/// <param name="Code">The code.</param>
/// <param name="RedirectUri">Where it was sent; null when the client does not say (OAuth 2.1 section 10.2 does not ask for it).</param>
/// <param name="Verifier">The PKCE verifier.</param>
/// <param name="Path">Path of the resource; null when the client does not say.</param>
internal sealed record RedeemCode(string ClientId, string Code, string? RedirectUri, string? Verifier, string? Path)
{
    public static Rejection Invalid { get; } = Rejection.Invalid("invalid_grant", OAuthFault.Grant.Description);

    public static Rejection Target { get; } = Rejection.Invalid("invalid_target", OAuthFault.Target.Description);

    /// <summary>
    /// The decision. A code that is presented again ends the grant (OAuth 2.1 section 4.1.3): one of the two who presented it is not who the person meant.
    /// </summary>
    public Decision Decide(GrantDecisionState state, NewTokens tokens, DateTimeOffset now)
    {
        if (state.Given is not { } given || state.HasEnded || given.CodeDigest != GrantTokens.Digest(Code) || given.ClientId != ClientId)
        {
            return Invalid;
        }

        if (state.Generation > 0)
        {
            return Decision.Accept(new GrantEnded(given.GrantId, GrantEnding.CodeReplayed));
        }

        if (given.CodeExpiresAt <= now || (RedirectUri is not null && RedirectUri != given.RedirectUri) || !IsVerifier(given.Challenge))
        {
            return Invalid;
        }

        return Path is not null && Path != given.Audience ? Target : Decision.Accept(tokens.Event(given, 1, now));
    }

    private bool IsVerifier(string challenge)
        => Verifier is { Length: >= 43 and <= 128 }
            && CryptographicOperations.FixedTimeEquals(
                Encoding.ASCII.GetBytes(Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)))), Encoding.ASCII.GetBytes(challenge));
}
