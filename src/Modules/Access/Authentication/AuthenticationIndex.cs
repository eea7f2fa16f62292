using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;

namespace Toolgate.Access;

/// <summary>Finds the key of a presented token by its salted digest: one hash, one dictionary lookup, one comparison in constant time.</summary>
internal sealed class AuthenticationIndex
{
    /// <summary>Longest token that is looked at, in characters; longer ones cannot be ours.</summary>
    private const int MaxTokenLength = 512;

    private readonly byte[] salt;
    private readonly FrozenDictionary<UInt128, Entry> entries;

    public AuthenticationIndex(AccessState state)
    {
        salt = state.CredentialSalt is { } text ? Convert.FromBase64String(text) : [];
        entries = state.Keys.Values
            .Select(key => (key, principal: state.PrincipalOf(key)))
            .Where(pair => pair.principal is not null)
            .ToFrozenDictionary(pair => Bucket(Convert.FromHexString(pair.key.Digest)), pair => new Entry(Convert.FromHexString(pair.key.Digest), pair.key, pair.principal!));
    }

    /// <summary>The digest under which a token is kept.</summary>
    public static byte[] Digest(ReadOnlySpan<byte> salt, string token)
    {
        var digest = new byte[SHA256.HashSizeInBytes];
        Digest(salt, token, digest);
        return digest;
    }

    /// <summary>The key and principal of a token, or null.</summary>
    public (ApiKey Key, Principal Principal)? Find(ReadOnlySpan<char> token)
    {
        if (token.Length is 0 or > MaxTokenLength)
        {
            return null;
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        Digest(salt, token, digest);
        return entries.TryGetValue(Bucket(digest), out var entry) && CryptographicOperations.FixedTimeEquals(digest, entry.Digest)
            ? (entry.Key, entry.Principal)
            : null;
    }

    private static void Digest(ReadOnlySpan<byte> salt, ReadOnlySpan<char> token, Span<byte> digest)
    {
        Span<byte> input = stackalloc byte[salt.Length + Encoding.UTF8.GetMaxByteCount(token.Length)];
        salt.CopyTo(input);
        var length = Encoding.UTF8.GetBytes(token, input[salt.Length..]);
        SHA256.HashData(input[..(salt.Length + length)], digest);
    }

    private static UInt128 Bucket(ReadOnlySpan<byte> digest) => System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(digest);

    private sealed record Entry(byte[] Digest, ApiKey Key, Principal Principal);
}
