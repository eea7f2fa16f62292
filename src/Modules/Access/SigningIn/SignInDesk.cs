using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>Who is signed in now.</summary>
/// <param name="Id">Identity.</param>
/// <param name="Name">Name to show.</param>
/// <param name="Role">Role in the workspace.</param>
/// <param name="CsrfToken">To be sent with every write as <c>X-CSRF-Token</c>.</param>
/// <param name="ExpiresAt">When the sign-in ends by itself.</param>
internal sealed record SignedInAs(string Id, string Name, Role Role, string CsrfToken, DateTimeOffset ExpiresAt);

/// <summary>Lets people in and out: password, cookie, record. The same for pages and REST.</summary>
internal sealed class SignInDesk(IEventStore store, IReadModels models, Passwords passwords, AttemptThrottle throttle, TimeProvider time)
{
    /// <summary>How long a sign-in lasts.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(14);

    private const int LongestUserAgent = 200;
    private const int LongestEmail = 254;

    /// <summary>The member whose e-mail and password these are; else the refusal, the same for every reason but too many attempts.</summary>
    public async Task<(Member? Member, ProblemResult? Problem)> Check(HttpContext context, string? email, string? password, CancellationToken cancellationToken)
    {
        var account = email?.Trim().ToLowerInvariant() is { Length: <= LongestEmail } text ? text : "";
        var address = AddressOf(context);
        if (throttle.Wait(account, address) is { } wait)
        {
            return (null, AttemptThrottle.TooMany(context, wait));
        }

        throttle.Failed(account, address);
        var member = account.Length == 0 ? null : models.Current.Get<AccessState>().Members.Values.FirstOrDefault(one => one.Email == account);
        if (!await passwords.Verify(member?.Id, password ?? "", cancellationToken))
        {
            return (null, Problem.Of(401, "wrong_credentials", "The e-mail address or the password is not right."));
        }

        throttle.Succeeded(account, address);
        return (member, null);
    }

    /// <summary>Opens a sign-in and sets its cookie. One that the browser had before ends.</summary>
    public async Task<SignedInAs> Open(HttpContext context, string memberId, CancellationToken cancellationToken)
    {
        await Close(context, cancellationToken);
        var (id, secret, now) = (Ids.New("ses"), Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)), time.GetUtcNow());
        var agent = context.Request.Headers.UserAgent.ToString();
        agent = new string([.. agent.Where(character => character is >= ' ' and <= '~').Take(LongestUserAgent)]);
        await Append(
            id, ExpectedVersion.NoStream, new SignInStarted(id, memberId, BrowserSessions.Digest(secret), now + Lifetime, AddressOf(context), agent), memberId, cancellationToken);
        context.Response.Cookies.Append(PageForms.Cookie, secret, Cookie(Lifetime));
        var member = models.Current.Get<AccessState>().Members[memberId];
        return new SignedInAs(member.Id, member.Name, member.Role, PageForms.TokenOf(secret), now + Lifetime);
    }

    /// <summary>Ends the sign-in of this browser, if there is one, and takes its cookie away.</summary>
    public async Task Close(HttpContext context, CancellationToken cancellationToken)
    {
        if (context.Request.Cookies[PageForms.Cookie] is { Length: > 0 and <= 128 } secret
            && models.Current.Get<SignInsState>().ByDigest.TryGetValue(BrowserSessions.Digest(secret), out var signIn))
        {
            await End(signIn, cancellationToken);
        }

        context.Response.Cookies.Delete(PageForms.Cookie, Cookie(null));
    }

    /// <summary>Ends a sign-in; nothing when it has ended already.</summary>
    public Task End(SignIn signIn, CancellationToken cancellationToken)
        => Append(signIn.Id, ExpectedVersion.At(1), new SignInEnded(signIn.Id, signIn.MemberId), signIn.MemberId, cancellationToken);

    private async Task Append(string id, ExpectedVersion expected, object e, string memberId, CancellationToken cancellationToken)
    {
        var request = new AppendRequest { StreamId = "sign-in-" + id, StreamType = "sign-in", Expected = expected, Events = [e], Metadata = new EventMetadata(memberId) };
        if (await store.Append(request, cancellationToken) is AppendOutcome.Appended appended)
        {
            await models.WaitFor(appended.Position, cancellationToken);
        }
    }

    private static string AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "";

    /// <summary>Host-bound: this host only, this path upwards only, secure connections only (RFC 6265bis section 4.1.3.2). Browsers count loopback as secure.</summary>
    private static CookieOptions Cookie(TimeSpan? life) => new() { Path = "/", Secure = true, HttpOnly = true, SameSite = SameSiteMode.Lax, MaxAge = life, IsEssential = true };
}
