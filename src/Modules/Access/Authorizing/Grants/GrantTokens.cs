using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Toolgate.Access;

/// <summary>
/// The values that a client holds. Each has 256 random bits, so that a plain digest suffices. Codes and refresh tokens name their grant: they are judged on its
/// stream, on whatever node they arrive.
/// </summary>
internal static class GrantTokens
{
    /// <summary>Prefix of access tokens.</summary>
    public const string AccessPrefix = "tgo_";

    private const string CodePrefix = "tgc_";
    private const string RefreshPrefix = "tgr_";
    private const int IdLength = 26;
    private const int FamilyLength = 22;
    private const int SecretLength = 43;

    /// <summary>A new access token.</summary>
    public static string NewAccess() => AccessPrefix + Random(32);

    /// <summary>A new code of a grant.</summary>
    public static string NewCode(string grantId) => CodePrefix + Tail(grantId) + Random(32);

    /// <summary>What the refresh tokens of one grant have in common.</summary>
    public static string NewFamily() => Random(16);

    /// <summary>A new refresh token.</summary>
    public static string NewRefresh(string grantId, string family) => RefreshPrefix + Tail(grantId) + family + Random(32);

    /// <summary>The digest under which a value is kept.</summary>
    public static string Digest(string value) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value)));

    /// <summary>The grant of a code; null for what is none.</summary>
    public static string? GrantOfCode(string? code)
        => code is { Length: 4 + IdLength + SecretLength } && code.StartsWith(CodePrefix, StringComparison.Ordinal) ? "grt_" + code[4..(4 + IdLength)] : null;

    /// <summary>The grant and the family of a refresh token; null for what is none.</summary>
    public static (string GrantId, string Family)? OfRefresh(string? token)
        => token is { Length: 4 + IdLength + FamilyLength + SecretLength } && token.StartsWith(RefreshPrefix, StringComparison.Ordinal)
            ? ("grt_" + token[4..(4 + IdLength)], token[(4 + IdLength)..(4 + IdLength + FamilyLength)])
            : null;

    /// <summary>Where an access token stands in the index: the first half of its digest.</summary>
    public static UInt128 Bucket(ReadOnlySpan<byte> digest) => System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(digest);

    private static string Tail(string grantId) => grantId["grt_".Length..];

    private static string Random(int bytes) => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(bytes));
}
