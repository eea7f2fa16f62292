using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Toolgate.Access.Events;
using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>Every grant that may still live; who asks compares <see cref="Grant.EndsAt"/>.</summary>
/// <param name="grants">By id.</param>
/// <param name="byToken">Which grant an access token belongs to, by the first half of its digest.</param>
/// <param name="endings">Another object whenever a grant ended before its time.</param>
internal sealed class GrantsState(
    ImmutableSortedDictionary<string, Grant> grants, ImmutableDictionary<UInt128, (Grant Grant, AccessToken Token)> byToken, object endings)
{
    /// <summary>Longest token that is looked at, in characters.</summary>
    private const int MaxLength = 128;

    public static GrantsState Empty { get; } = Of([]);

    /// <summary>By id.</summary>
    public ImmutableSortedDictionary<string, Grant> Grants => grants;

    /// <summary>Another object whenever a grant ended before its time.</summary>
    public object Endings => endings;

    /// <summary>The state of these grants.</summary>
    public static GrantsState Of(IEnumerable<Grant> grants)
        => grants.Aggregate(
            new GrantsState(
                ImmutableSortedDictionary.Create<string, Grant>(StringComparer.Ordinal), ImmutableDictionary<UInt128, (Grant, AccessToken)>.Empty, new object()),
            (state, grant) => state.With(grant));

    /// <summary>The grant of a presented access token that has not expired: one hash, one lookup, one comparison in constant time.</summary>
    public Grant? Find(ReadOnlySpan<char> token, DateTimeOffset now)
    {
        if (token.Length > MaxLength)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[Encoding.UTF8.GetMaxByteCount(MaxLength)];
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(token, bytes)], digest);
        return byToken.TryGetValue(GrantTokens.Bucket(digest), out var found) && CryptographicOperations.FixedTimeEquals(digest, found.Token.Bytes) && found.Token.ExpiresAt > now
            ? found.Grant
            : null;
    }

    public GrantsState With(Grant grant)
    {
        var index = grants.TryGetValue(grant.Id, out var before) ? Without(byToken, before) : byToken;
        return new GrantsState(
            grants.SetItem(grant.Id, grant), index.SetItems(grant.Tokens.Select(token => KeyValuePair.Create(GrantTokens.Bucket(token.Bytes), (grant, token)))), endings);
    }

    /// <summary>Without those that ended; those that ran out by themselves are no ending.</summary>
    public GrantsState Without(Func<Grant, bool> ended, bool early)
    {
        var gone = grants.Values.Where(ended).ToList();
        return gone.Count == 0
            ? this
            : new GrantsState(grants.RemoveRange(gone.Select(grant => grant.Id)), gone.Aggregate(byToken, Without), early ? new object() : endings);
    }

    private static ImmutableDictionary<UInt128, (Grant Grant, AccessToken Token)> Without(
        ImmutableDictionary<UInt128, (Grant Grant, AccessToken Token)> index, Grant grant)
        => index.RemoveRange(grant.Tokens.Select(token => GrantTokens.Bucket(token.Bytes)));
}

/// <summary>Folds who let which client in. What has run out goes with the next grant, by the time of that event.</summary>
internal sealed class GrantsModel : ReadModel<GrantsState>
{
    public override string Name => "grants";

    public override int SchemaVersion => 1;

    public override IReadOnlyCollection<Type> Handles { get; } =
        [typeof(GrantGiven), typeof(GrantTokensIssued), typeof(GrantEnded), typeof(ClientRemoved), typeof(MemberRemoved), typeof(PasswordChanged)];

    public override GrantsState Empty => GrantsState.Empty;

    public override GrantsState Evolve(GrantsState state, StoredEvent e) => e.Data switch
    {
        GrantGiven given => state.Without(grant => grant.EndsAt <= e.Timestamp, early: false).With(new Grant(
            given.GrantId, given.MemberId, given.ClientId, given.ClientName, given.Audience, given.ToolkitId, given.Scopes, e.Timestamp, null, given.CodeExpiresAt, [])),
        GrantTokensIssued issued when state.Grants.TryGetValue(issued.GrantId, out var grant) => state.With(grant with
        {
            RenewedAt = e.Timestamp,
            EndsAt = issued.RefreshExpiresAt ?? issued.AccessExpiresAt,
            Tokens = [.. grant.Tokens.Where(token => token.ExpiresAt > e.Timestamp).TakeLast(Grant.MaxTokens - 1), new AccessToken(issued.AccessDigest, issued.AccessExpiresAt)],
        }),
        GrantEnded ended => state.Without(grant => grant.Id == ended.GrantId, early: true),
        ClientRemoved removed => state.Without(grant => grant.ClientId == removed.ClientId, early: true),
        MemberRemoved removed => state.Without(grant => grant.MemberId == removed.MemberId, early: true),

        // Whoever sets a password anew may have lost the old one to somebody who let clients in; who changes it at the console sees them listed.
        PasswordChanged { KeptSignIn: null } changed => state.Without(grant => grant.MemberId == changed.MemberId, early: true),
        _ => state,
    };

    public override byte[] Serialize(GrantsState state) => JsonSerializer.SerializeToUtf8Bytes(state.Grants.Values, EventTypes.Json);

    public override GrantsState Deserialize(ReadOnlySpan<byte> bytes) => GrantsState.Of(JsonSerializer.Deserialize<List<Grant>>(bytes, EventTypes.Json)!);
}
