using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>Finds the sign-in of a cookie: one hash, one dictionary lookup.</summary>
internal sealed class BrowserSessions(IReadModels models, LastUse uses, IOptions<AccessOptions> options, TimeProvider time) : IBrowserSessions
{
    /// <summary>Longest cookie that is looked at, in characters; longer ones are not ours.</summary>
    private const int MaxLength = 128;

    private readonly TimeSpan idle = options.Value.SignIn.IdleTimeout;

    /// <inheritdoc/>
    public Principal? Find(HttpContext context)
    {
        if (context.Request.Cookies[PageForms.Cookie] is not { Length: > 0 and <= MaxLength } secret
            || !models.Current.Get<SignInsState>().ByDigest.TryGetValue(Digest(secret), out var signIn)
            || PrincipalOf(signIn) is not { } person)
        {
            return null;
        }

        uses.Note(signIn.Id);
        return person;
    }

    /// <summary>The person of a live sign-in by its id, with today's role; null once it has ended.</summary>
    public Principal? Find(string id) => models.Current.Get<SignInsState>().SignIns.TryGetValue(id, out var signIn) ? PrincipalOf(signIn) : null;

    /// <summary>When the person was seen last at this browser.</summary>
    public DateTimeOffset SeenAt(SignIn signIn) => uses.Of(signIn.Id) is { } used && used > signIn.CreatedAt ? used : signIn.CreatedAt;

    /// <summary>Whether a sign-in neither reached its end nor was idle too long.</summary>
    public bool IsLive(SignIn signIn)
    {
        var now = time.GetUtcNow();
        return signIn.ExpiresAt > now && (idle == TimeSpan.Zero || SeenAt(signIn) + idle > now);
    }

    /// <summary>What is kept of a cookie. It holds 256 random bits: no salt is needed.</summary>
    public static string Digest(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private Principal? PrincipalOf(SignIn signIn)
        => IsLive(signIn) && models.Current.Get<AccessState>().Members.TryGetValue(signIn.MemberId, out var member)
            ? new Principal(member.Id, member.Name, member.Role, AccessState.Allowed(member.Role), signIn.Id) { Kind = CredentialKind.SignIn }
            : null;
}
