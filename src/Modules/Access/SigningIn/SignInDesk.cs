using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
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

/// <summary>Whose password was right.</summary>
/// <param name="MemberId">The member.</param>
/// <param name="PasswordAt">Position of the change that made it the password: a later one ends what is opened with it.</param>
internal sealed record RightPassword(string MemberId, long PasswordAt);

/// <summary>Lets people in and out: password, cookie, record. The same for pages and REST.</summary>
internal sealed class SignInDesk(
    IEventStore store, IReadModels models, Passwords passwords, AttemptThrottle throttle, IOptions<AccessOptions> options, TimeProvider time)
{
    private const int LongestUserAgent = 200;
    private const int LongestEmail = 254;

    private readonly TimeSpan lifetime = options.Value.SignIn.Lifetime;
    private readonly bool passwordsAreOn = options.Value.SignIn.Passwords;

    /// <summary>The refusal of a password, the same for every reason.</summary>
    public static ProblemResult WrongCredentials => Problem.Of(401, "wrong_credentials", "The e-mail address or the password is not right.");

    /// <summary>The member whose e-mail and password these are; else the refusal, the same for every reason but too many attempts.</summary>
    public async Task<(RightPassword? Right, ProblemResult? Problem)> Check(HttpContext context, string? email, string? password, CancellationToken cancellationToken)
    {
        if (!passwordsAreOn)
        {
            return (null, Problem.Of(Passwords.AreOff));
        }

        var account = email?.Trim().ToLowerInvariant() is { Length: <= LongestEmail } text ? text : "";
        var snapshot = models.Current;
        var member = account.Length == 0 ? null : snapshot.Get<AccessState>().Members.Values.FirstOrDefault(one => one.Email == account);
        var facts = member is null ? SignInFacts.None : snapshot.Get<SignInsState>().Of(member.Id);
        var (address, device) = (AddressOf(context), DeviceCookie.Known(context, facts));
        if (throttle.Wait(account, address, device) is { } wait)
        {
            return (null, AttemptThrottle.TooMany(context, wait));
        }

        throttle.Failed(account, address, device);
        switch (await passwords.Verify(member?.Id, password ?? "", device is not null, cancellationToken))
        {
            case null:
                throttle.Untried(account, address, device);
                return (null, Passwords.IsBusy(context));
            case false:
                return (null, WrongCredentials);
            default:
                throttle.Succeeded(account, address, device);
                return (new RightPassword(member!.Id, facts.PasswordAt), null);
        }
    }

    /// <summary>
    /// Opens a sign-in and sets its cookie; one that the browser had before ends. Null when what it was opened with has ended meanwhile: the password, or the member.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="memberId">Who.</param>
    /// <param name="passwordAt">Position of the change that made the presented password the password; null when none was presented.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<SignedInAs?> Open(HttpContext context, string memberId, long? passwordAt, CancellationToken cancellationToken)
    {
        var (id, secret, now) = (Ids.New("ses"), Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)), time.GetUtcNow());
        var agent = context.Request.Headers.UserAgent.ToString();
        agent = new string([.. agent.Where(character => character is >= ' ' and <= '~').Take(LongestUserAgent)]);
        var device = DeviceCookie.Of(context, models.Current.Get<SignInsState>().Of(memberId));
        var started = new SignInStarted(
            id, memberId, BrowserSessions.Digest(secret), now + lifetime, AddressOf(context), agent, passwordAt, BrowserSessions.Digest(device));
        await Append(id, ExpectedVersion.NoStream, started, memberId, cancellationToken);
        await EndOfBrowser(context, cancellationToken);

        // Both models at one position: what ended before this sign-in began is seen here.
        var snapshot = models.Current;
        if (!snapshot.Get<SignInsState>().SignIns.ContainsKey(id) || !snapshot.Get<AccessState>().Members.TryGetValue(memberId, out var member))
        {
            context.Response.Cookies.Delete(PageForms.Cookie, HostCookie(null));
            return null;
        }

        context.Response.Cookies.Append(PageForms.Cookie, secret, HostCookie(lifetime));
        DeviceCookie.Set(context, device);
        return new SignedInAs(member.Id, member.Name, member.Role, PageForms.TokenOf(secret), now + lifetime);
    }

    /// <summary>Ends the sign-in of this browser, if there is one, and takes its cookie away.</summary>
    public async Task Close(HttpContext context, CancellationToken cancellationToken)
    {
        await EndOfBrowser(context, cancellationToken);
        context.Response.Cookies.Delete(PageForms.Cookie, HostCookie(null));
    }

    /// <summary>Ends a sign-in; nothing when it has ended already.</summary>
    public Task End(SignIn signIn, CancellationToken cancellationToken)
        => Append(signIn.Id, ExpectedVersion.At(1), new SignInEnded(signIn.Id, signIn.MemberId), signIn.MemberId, cancellationToken);

    /// <summary>Host-bound: this host only, this path upwards only, secure connections only (RFC 6265bis section 4.1.3.2). Browsers count loopback as secure.</summary>
    public static CookieOptions HostCookie(TimeSpan? life) => new() { Path = "/", Secure = true, HttpOnly = true, SameSite = SameSiteMode.Lax, MaxAge = life, IsEssential = true };

    private async Task EndOfBrowser(HttpContext context, CancellationToken cancellationToken)
    {
        if (context.Request.Cookies[PageForms.Cookie] is { Length: > 0 and <= 128 } secret
            && models.Current.Get<SignInsState>().ByDigest.TryGetValue(BrowserSessions.Digest(secret), out var signIn))
        {
            await End(signIn, cancellationToken);
        }
    }

    private async Task Append(string id, ExpectedVersion expected, object e, string memberId, CancellationToken cancellationToken)
    {
        var request = new AppendRequest { StreamId = "sign-in-" + id, StreamType = "sign-in", Expected = expected, Events = [e], Metadata = new EventMetadata(memberId) };
        if (await store.Append(request, cancellationToken) is AppendOutcome.Appended appended)
        {
            await models.WaitFor(appended.Position, cancellationToken);
        }
    }

    private static string AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "";
}
