using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Toolgate.Access.Events;
using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>A person at a browser.</summary>
internal sealed record SignIn(string Id, string MemberId, string Digest, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, string Address, string UserAgent);

/// <summary>Every sign-in that may still live; who asks compares <see cref="SignIn.ExpiresAt"/>.</summary>
internal sealed record SignInsState(ImmutableSortedDictionary<string, SignIn> SignIns)
{
    private Dictionary<string, SignIn>? byDigest;

    private SignInsState(SignInsState original) => SignIns = original.SignIns;

    public static SignInsState Empty { get; } = new(ImmutableSortedDictionary.Create<string, SignIn>(StringComparer.Ordinal));

    /// <summary>Lookup by the digest of the cookie, made once for each state on first use.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, SignIn> ByDigest
        => byDigest ??= SignIns.Values.ToDictionary(signIn => signIn.Digest, StringComparer.Ordinal);
}

/// <summary>Folds who is signed in. What has expired goes with the next sign-in, by the time of that event.</summary>
internal sealed class SignInsModel : ReadModel<SignInsState>
{
    public override string Name => "sign-ins";

    public override int SchemaVersion => 1;

    public override IReadOnlyCollection<Type> Handles { get; } = [typeof(SignInStarted), typeof(SignInEnded), typeof(PasswordChanged), typeof(MemberRemoved)];

    public override SignInsState Empty => SignInsState.Empty;

    public override SignInsState Evolve(SignInsState state, StoredEvent e) => e.Data switch
    {
        SignInStarted started => new SignInsState(Without(state, signIn => signIn.ExpiresAt <= e.Timestamp).SetItem(
            started.SignInId,
            new SignIn(started.SignInId, started.MemberId, started.Digest, e.Timestamp, started.ExpiresAt, started.Address, started.UserAgent))),
        SignInEnded ended => new SignInsState(state.SignIns.Remove(ended.SignInId)),
        PasswordChanged changed => new SignInsState(Without(state, signIn => signIn.MemberId == changed.MemberId && signIn.Id != changed.KeptSignIn)),
        MemberRemoved removed => new SignInsState(Without(state, signIn => signIn.MemberId == removed.MemberId)),
        _ => state,
    };

    public override byte[] Serialize(SignInsState state) => JsonSerializer.SerializeToUtf8Bytes(state, EventTypes.Json);

    public override SignInsState Deserialize(ReadOnlySpan<byte> bytes)
        => new(JsonSerializer.Deserialize<SignInsState>(bytes, EventTypes.Json)!.SignIns.ToImmutableSortedDictionary(StringComparer.Ordinal));

    private static ImmutableSortedDictionary<string, SignIn> Without(SignInsState state, Func<SignIn, bool> ended)
        => state.SignIns.RemoveRange(state.SignIns.Values.Where(ended).Select(signIn => signIn.Id));
}
