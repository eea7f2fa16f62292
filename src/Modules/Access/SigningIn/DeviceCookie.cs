using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace Toolgate.Access;

/// <summary>
/// A cookie by which a browser is known to the accounts that have signed in there, after OWASP's "device cookies": whoever was in before keeps an own count of failed
/// attempts, which strangers cannot use up. It lets nobody in. 256 random bits of which the log holds a digest, so that every node knows it.
/// </summary>
internal static class DeviceCookie
{
    /// <summary>Its name; host-bound like the cookie of the sign-in.</summary>
    public const string Name = "__Host-toolgate-device";

    private const int MaxLength = 128;

    /// <summary>Browsers keep no cookie longer than this (RFC 6265bis section 5.5).</summary>
    private static readonly TimeSpan Life = TimeSpan.FromDays(400);

    /// <summary>The digest of this browser's cookie when the account knows it; else null.</summary>
    public static string? Known(HttpContext context, SignInFacts account)
        => Value(context) is { } value && BrowserSessions.Digest(value) is var digest && account.Devices.Any(device => device.Digest == digest) ? digest : null;

    /// <summary>This browser's cookie when the account knows it, else a new one: a value that somebody planted is never taken over.</summary>
    public static string Of(HttpContext context, SignInFacts account)
        => Known(context, account) is not null ? Value(context)! : Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>Sets it.</summary>
    public static void Set(HttpContext context, string value) => context.Response.Cookies.Append(Name, value, SignInDesk.HostCookie(Life));

    private static string? Value(HttpContext context) => context.Request.Cookies[Name] is { Length: > 0 and <= MaxLength } value ? value : null;
}
