using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>Finds the sign-in of a cookie: one hash, one dictionary lookup.</summary>
internal sealed class BrowserSessions(IReadModels models, TimeProvider time) : IBrowserSessions
{
    /// <summary>Longest cookie that is looked at, in characters; longer ones are not ours.</summary>
    private const int MaxLength = 128;

    /// <inheritdoc/>
    public Principal? Find(HttpContext context)
        => context.Request.Cookies[PageForms.Cookie] is { Length: > 0 and <= MaxLength } secret
            && models.Current.Get<SignInsState>().ByDigest.TryGetValue(Digest(secret), out var signIn)
            ? PrincipalOf(signIn)
            : null;

    /// <summary>The person of a live sign-in by its id, with today's role; null once it has ended.</summary>
    public Principal? Find(string id) => models.Current.Get<SignInsState>().SignIns.TryGetValue(id, out var signIn) ? PrincipalOf(signIn) : null;

    /// <summary>What is kept of a cookie. It holds 256 random bits: no salt is needed.</summary>
    public static string Digest(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private Principal? PrincipalOf(SignIn signIn)
        => signIn.ExpiresAt > time.GetUtcNow() && models.Current.Get<AccessState>().Members.TryGetValue(signIn.MemberId, out var member)
            ? new Principal(member.Id, member.Name, member.Role, AccessState.Allowed(member.Role), signIn.Id) { Kind = CredentialKind.SignIn }
            : null;
}
