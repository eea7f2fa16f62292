using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Toolgate.Access;

/// <summary>
/// Access tokens of external issuers (RFC 9068): judged once, kept by their digest until they end. Whoever presents one is a member of this workspace with the rights of
/// now; the token says which endpoint it opens and what for. Sessions belong to the person, the client, the endpoint and the scope, not to the token, so that they
/// outlive its renewal.
/// </summary>
internal sealed class ExternalTokens
{
    private const int MaxKept = 10_000;
    private const int MaxSubject = 255;

    private readonly string? origin;
    private readonly TimeProvider time;
    private readonly ConcurrentDictionary<UInt128, Kept> byDigest = new();
    private readonly ConcurrentDictionary<string, ExternalCredential> byId = new(StringComparer.Ordinal);
    private readonly ImmutableDictionary<string, Channel<bool>> bells;
    private volatile object revision = new();

    public ExternalTokens(IOptions<AccessOptions> options, TimeProvider time)
    {
        this.time = time;
        origin = options.Value.PublicUrl?.TrimEnd('/');
        Issuers = [.. options.Value.OAuth.Issuers.Select(issuer => new ExternalIssuer(issuer, time))];
        bells = Issuers.ToImmutableDictionary(
            issuer => issuer.Options.Issuer, _ => Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }), StringComparer.Ordinal);
    }

    /// <summary>Who is trusted.</summary>
    public ImmutableArray<ExternalIssuer> Issuers { get; }

    /// <summary>Another object whenever there is a credential more, whose end is to be awaited.</summary>
    public object Revision => revision;

    /// <summary>Ends of the credentials that are known.</summary>
    public IEnumerable<DateTimeOffset> Ends => byId.Values.Select(credential => credential.ExpiresAt);

    /// <summary>The principal of a token; null when it opens nothing.</summary>
    public Principal? Verify(ReadOnlySpan<char> token, AccessState state)
    {
        // A signed token begins with a header in base64url, and that with {".
        if (Issuers.IsEmpty || token.Length > ExternalIssuer.MaxToken || !token.StartsWith("ey", StringComparison.Ordinal))
        {
            return null;
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        Digest(token, digest);
        var bucket = GrantTokens.Bucket(digest);
        if (byDigest.TryGetValue(bucket, out var kept) && CryptographicOperations.FixedTimeEquals(digest, kept.Digest) && ReferenceEquals(kept.Keys, kept.Issuer.Revision))
        {
            if (kept.ExpiresAt <= time.GetUtcNow())
            {
                return null;
            }

            // Where many credentials are in use it may have had to make room.
            return (byId.ContainsKey(kept.Credential.Id) ? kept.Credential : Keep(kept.Credential)).PrincipalAt(state);
        }

        if (Judge(token.ToString()) is not var (issuer, keys, credential))
        {
            return null;
        }

        var whole = Keep(credential);
        MakeRoom(byDigest, one => one.ExpiresAt);
        byDigest[bucket] = new Kept(digest.ToArray(), issuer, keys, whole, credential.ExpiresAt);
        return whole.PrincipalAt(state);
    }

    /// <summary>The principal of a credential by its id, as long as a token of it lives that this node has seen.</summary>
    public Principal? Find(string id, AccessState state)
        => byId.TryGetValue(id, out var credential) && credential.ExpiresAt > time.GetUtcNow() ? credential.PrincipalAt(state) : null;

    /// <summary>Completes when a token names a key of the issuer that is not known.</summary>
    public async Task Missed(ExternalIssuer issuer, CancellationToken cancellationToken)
    {
        try
        {
            await bells[issuer.Options.Issuer].Reader.ReadAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Waited long enough.
        }
    }

    private (ExternalIssuer Issuer, object Keys, ExternalCredential Credential)? Judge(string token)
    {
        JsonWebToken read;
        try
        {
            read = new JsonWebToken(token);
        }
        catch (ArgumentException)
        {
            return null;
        }

        if (Issuers.FirstOrDefault(one => one.Options.Issuer == read.Issuer) is not { Revision: { } keys } issuer)
        {
            return null;
        }

        var claims = issuer.Judge(read, out var isUnknownKey);
        if (isUnknownKey)
        {
            bells[issuer.Options.Issuer].Writer.TryWrite(true);
        }

        return claims is { } good && Of(issuer.Options, good, read) is { } credential ? (issuer, keys, credential) : null;
    }

    private ExternalCredential? Of(IssuerOptions issuer, JsonElement claims, JsonWebToken token)
    {
        if (Claims.Text(claims, "sub") is not { Length: > 0 and <= MaxSubject } subject || !Opens(issuer, token, out var path))
        {
            return null;
        }

        var scopes = Words(claims, "scope").Concat(Words(claims, "scp")).ToHashSet(StringComparer.Ordinal);
        var allowed = scopes.Contains(GrantScopes.Use) ? Scopes.ToolsInvoke | Scopes.ToolsRead : scopes.Contains(GrantScopes.Read) ? Scopes.ToolsRead : Scopes.None;
        var email = issuer.ByEmail && Claims.IsTrue(claims, "email_verified") ? EmailAddress.Normalise(Claims.Text(claims, "email")) : null;
        var client = Claims.Text(claims, "client_id") ?? Claims.Text(claims, "azp") ?? "";
        var member = issuer.Members.GetValueOrDefault(subject);
        var parts = JsonSerializer.SerializeToUtf8Bytes(new[] { issuer.Issuer, subject, member ?? "", email ?? "", client, path ?? "", allowed.ToString() });
        return new ExternalCredential(
            "ext_" + Convert.ToHexStringLower(SHA256.HashData(parts).AsSpan(0, 16)), new MemberIdentity(issuer.Issuer, subject), member, email, path, allowed, token.ValidTo);
    }

    /// <summary>Whether the token is for this deployment, and which path it opens; null for every one.</summary>
    private bool Opens(IssuerOptions issuer, JsonWebToken token, out string? path)
    {
        path = null;
        if (issuer.Audience is { } whole)
        {
            return token.Audiences.Contains(whole, StringComparer.Ordinal);
        }

        // A token for two endpoints of ours says of neither that it is the one.
        if (token.Audiences.Select(audience => ResourceIndicator.PathOf(audience, origin!)).Where(found => found is not null).Distinct().ToList() is not [{ } only])
        {
            return false;
        }

        path = only;
        return true;
    }

    /// <summary>A list of words, or words in a text (RFC 8693 section 4.2).</summary>
    private static IEnumerable<string> Words(JsonElement claims, string name)
        => Claims.Texts(claims, name).SelectMany(text => text.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static void Digest(ReadOnlySpan<char> token, Span<byte> digest)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(token)];
        Encoding.UTF8.GetBytes(token, bytes);
        SHA256.HashData(bytes, digest);
    }

    /// <summary>One credential for all tokens of it; it ends with the last of them.</summary>
    private ExternalCredential Keep(ExternalCredential credential)
    {
        if (!byId.ContainsKey(credential.Id))
        {
            MakeRoom(byId, one => one.ExpiresAt);
        }

        var kept = byId.AddOrUpdate(credential.Id, credential, (_, before) => before.ExpiresAt >= credential.ExpiresAt ? before : credential);
        if (ReferenceEquals(kept, credential))
        {
            revision = new object();
        }

        return kept;
    }

    /// <summary>Drops what is over, and when that is not enough what ends first.</summary>
    private void MakeRoom<TKey, TValue>(ConcurrentDictionary<TKey, TValue> kept, Func<TValue, DateTimeOffset> endOf)
        where TKey : notnull
    {
        if (kept.Count < MaxKept)
        {
            return;
        }

        var now = time.GetUtcNow();
        var first = kept.OrderBy(pair => endOf(pair.Value)).ToList();
        foreach (var (key, value) in first.Take(MaxKept / 10).Concat(first.Skip(MaxKept / 10).TakeWhile(pair => endOf(pair.Value) <= now)))
        {
            kept.TryRemove(key, out _);
        }
    }

    private sealed record Kept(byte[] Digest, ExternalIssuer Issuer, object Keys, ExternalCredential Credential, DateTimeOffset ExpiresAt);
}
