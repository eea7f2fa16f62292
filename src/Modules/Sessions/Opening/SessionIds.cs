using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Toolgate.Sessions;

/// <summary>
/// Ids of sessions. The client holds 192 random bits; the log, REST and logs know only a digest of them, so that nobody who reads those can
/// use a session.
/// </summary>
internal static class SessionIds
{
    private const int Bytes = 24;

    /// <summary>Characters of an id: visible ASCII, as the specification asks.</summary>
    private const int Length = 32;

    /// <summary>A new id for a client to hold.</summary>
    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>The public identity of an id, <c>ses_…</c>; null for a text that <see cref="New"/> cannot have made.</summary>
    public static string? PublicOf(string id)
    {
        if (id.Length != Length)
        {
            return null;
        }

        Span<byte> text = stackalloc byte[Length];
        if (!Encoding.UTF8.TryGetBytes(id, text, out var written) || written != Length)
        {
            return null;
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text, digest);
        return string.Concat("ses_", Base64Url.EncodeToString(digest[..18]));
    }
}
