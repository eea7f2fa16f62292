using System.Buffers.Text;
using System.Security.Cryptography;

namespace Toolgate.Access;

/// <summary>The value of a single-use link: <c>tgl_</c> and 256 random bits. Only its digest is kept.</summary>
internal static class AccessLinkToken
{
    /// <summary>A new value.</summary>
    public static string New() => "tgl_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>The digest under which it is kept.</summary>
    public static string Digest(AccessState state, string value)
        => Convert.ToHexStringLower(AuthenticationIndex.Digest(Convert.FromBase64String(state.CredentialSalt!), value));

    /// <summary>The live link of a value; null for anything else, whatever is wrong with it.</summary>
    public static AccessLink? Find(AccessState state, string? value, DateTimeOffset now)
    {
        if (value is null or { Length: 0 or > 128 } || state.CredentialSalt is null)
        {
            return null;
        }

        var digest = Digest(state, value);
        return state.Links.Values.FirstOrDefault(link => link.Digest == digest && (link.ExpiresAt is not { } end || end > now));
    }
}
