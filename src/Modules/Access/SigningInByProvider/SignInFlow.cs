using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Toolgate.Access;

/// <summary>
/// One sign-in on its way to the provider and back. Its state, nonce and PKCE verifier are computed from 256 random bits that only this browser holds, in a cookie
/// that ends with the way back: nothing is kept here, any node can go on, and what began in one browser is worth nothing in another (RFC 6749 section 10.12).
/// </summary>
internal sealed class SignInFlow
{
    /// <summary>Name of the cookie.</summary>
    public const string Cookie = "__Host-toolgate-oidc";

    private const int MostCharacters = 4_000;
    private const int LongestBack = 2_500;
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(15);
    private readonly byte[] secret;

    private SignInFlow(byte[] secret, string back) => (this.secret, Back) = (secret, back);

    /// <summary>Where the person was going, below the base path.</summary>
    public string Back { get; }

    /// <summary><c>state</c>: that the answer is to a question of this browser.</summary>
    public string State => Derive("state");

    /// <summary><c>nonce</c>: that the token was made for this sign-in (OpenID Connect Core 1.0 section 15.5.2).</summary>
    public string Nonce => Derive("nonce");

    /// <summary><c>code_verifier</c> (RFC 7636): that who exchanges the code is who asked for it.</summary>
    public string Verifier => Derive("verifier");

    /// <summary><c>code_challenge</c> of the method S256.</summary>
    public string Challenge => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));

    /// <summary>Begins one, and sets its cookie.</summary>
    public static SignInFlow Begin(HttpContext context, string back)
    {
        // Browsers drop cookies over 4 KiB.
        back = back.Length <= LongestBack ? back : "/";
        var flow = new SignInFlow(RandomNumberGenerator.GetBytes(32), back);
        context.Response.Cookies.Append(
            Cookie, Base64Url.EncodeToString(flow.secret) + "." + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(back)), SignInDesk.HostCookie(Life));
        return flow;
    }

    /// <summary>The one that this browser has begun, when the answer is to it; its cookie goes. Null else.</summary>
    public static SignInFlow? End(HttpContext context, string? state)
    {
        var value = context.Request.Cookies[Cookie];
        context.Response.Cookies.Delete(Cookie, SignInDesk.HostCookie(null));
        if (value is not { Length: > 0 and <= MostCharacters } || value.Split('.') is not [var secret, var back]
            || !Base64Url.IsValid(secret, out var length) || length != 32 || !Base64Url.IsValid(back, out _))
        {
            return null;
        }

        var flow = new SignInFlow(Base64Url.DecodeFromChars(secret), LocalPath.Of(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(back))));
        return state is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(state), Encoding.UTF8.GetBytes(flow.State)) ? flow : null;
    }

    private string Derive(string label) => Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes("toolgate:oidc:" + label)));
}
