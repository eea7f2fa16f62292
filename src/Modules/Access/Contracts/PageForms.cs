using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>
/// Antiforgery of the pages and of cookie requests: a token that only a page of this origin can know, computed from the secret of the person's own cookie. It needs no
/// storage, ends with the sign-in, and tells nothing of the secret.
/// </summary>
public static class PageForms
{
    /// <summary>Name of the form field.</summary>
    public const string Field = "csrf";

    /// <summary>Name of the header in which the console sends it with writes.</summary>
    public const string Header = "X-CSRF-Token";

    /// <summary>The person's cookie.</summary>
    internal const string Cookie = "__Host-toolgate";

    /// <summary>The token for forms on a page of this request's person; null when nobody is signed in.</summary>
    public static string? Token(HttpContext context)
        => context.Request.Cookies[Cookie] is { Length: > 0 } secret ? TokenOf(secret) : null;

    /// <summary>The token of a sign-in whose cookie holds <paramref name="secret"/>.</summary>
    internal static string TokenOf(string secret) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes("toolgate:form:" + secret)));

    /// <summary>The hidden field to put into a form.</summary>
    public static Html Hidden(HttpContext context) => Html.Of($"""<input type="hidden" name="{Field}" value="{Token(context)}">""");

    /// <summary>Whether a presented token is the one of this request's person. Constant time.</summary>
    internal static bool IsValid(HttpContext context, string? presented)
        => presented is not null && Token(context) is { } expected
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(presented), Encoding.UTF8.GetBytes(expected));
}
