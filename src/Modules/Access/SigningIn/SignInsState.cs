using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Toolgate.Access.Events;
using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>A person at a browser.</summary>
internal sealed record SignIn(
    string Id, string MemberId, string Digest, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, string Address, string UserAgent, string? Device = null);

/// <summary>A browser from which an account has signed in.</summary>
/// <param name="Digest">SHA-256 of its cookie, lower-case hex.</param>
/// <param name="At">When it did so last.</param>
internal sealed record KnownDevice(string Digest, DateTimeOffset At);

/// <summary>What is known of a member who signs in.</summary>
/// <param name="PasswordAt">Position of the last change of its password; 0 for none.</param>
/// <param name="Devices">The browsers that its account knows, the newest last.</param>
internal sealed record SignInFacts(long PasswordAt, ImmutableArray<KnownDevice> Devices)
{
    /// <summary>Nothing.</summary>
    public static SignInFacts None { get; } = new(0, []);
}

/// <summary>Every sign-in that may still live; who asks compares <see cref="SignIn.ExpiresAt"/>.</summary>
internal sealed record SignInsState(ImmutableSortedDictionary<string, SignIn> SignIns)
{
    private Dictionary<string, SignIn>? byDigest;

    private SignInsState(SignInsState original) => (SignIns, Members) = (original.SignIns, original.Members);

    public static SignInsState Empty { get; } = new(ImmutableSortedDictionary.Create<string, SignIn>(StringComparer.Ordinal));

    /// <summary>Facts by member.</summary>
    public ImmutableSortedDictionary<string, SignInFacts> Members { get; init; } = ImmutableSortedDictionary.Create<string, SignInFacts>(StringComparer.Ordinal);

    /// <summary>Lookup by the digest of the cookie, made once for each state on first use.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, SignIn> ByDigest
        => byDigest ??= SignIns.Values.ToDictionary(signIn => signIn.Digest, StringComparer.Ordinal);

    /// <summary>What is known of a member.</summary>
    public SignInFacts Of(string memberId) => Members.GetValueOrDefault(memberId, SignInFacts.None);
}

/// <summary>Folds who is signed in. What has expired goes with the next sign-in, by the time of that event.</summary>
internal sealed class SignInsModel : ReadModel<SignInsState>
{
    /// <summary>Most browsers that an account knows.</summary>
    public const int MostDevices = 20;

    public override string Name => "sign-ins";

    public override int SchemaVersion => 2;

    public override IReadOnlyCollection<Type> Handles { get; } = [typeof(SignInStarted), typeof(SignInEnded), typeof(PasswordChanged), typeof(MemberRemoved)];

    public override SignInsState Empty => SignInsState.Empty;

    public override SignInsState Evolve(SignInsState state, StoredEvent e) => e.Data switch
    {
        SignInStarted started => Started(Without(state, signIn => signIn.ExpiresAt <= e.Timestamp), started, e.Timestamp),
        SignInEnded ended => state with { SignIns = state.SignIns.Remove(ended.SignInId) },
        PasswordChanged changed => PasswordIsNew(state, changed, e.Position),
        MemberRemoved removed => Without(state, signIn => signIn.MemberId == removed.MemberId) with { Members = state.Members.Remove(removed.MemberId) },
        _ => state,
    };

    public override byte[] Serialize(SignInsState state) => JsonSerializer.SerializeToUtf8Bytes(state, EventTypes.Json);

    public override SignInsState Deserialize(ReadOnlySpan<byte> bytes)
    {
        var state = JsonSerializer.Deserialize<SignInsState>(bytes, EventTypes.Json)!;
        return new SignInsState(state.SignIns.ToImmutableSortedDictionary(StringComparer.Ordinal))
        {
            Members = state.Members.ToImmutableSortedDictionary(StringComparer.Ordinal),
        };
    }

    private static SignInsState Started(SignInsState state, SignInStarted started, DateTimeOffset at)
    {
        var facts = state.Of(started.MemberId);
        if (started.PasswordAt < facts.PasswordAt)
        {
            return state;
        }

        var signIn = new SignIn(started.SignInId, started.MemberId, started.Digest, at, started.ExpiresAt, started.Address, started.UserAgent, started.Device);
        var devices = started.Device is { } device
            ? [.. facts.Devices.Where(one => one.Digest != device).TakeLast(MostDevices - 1), new KnownDevice(device, at)]
            : facts.Devices;
        return state with { SignIns = state.SignIns.SetItem(signIn.Id, signIn), Members = state.Members.SetItem(signIn.MemberId, facts with { Devices = devices }) };
    }

    /// <summary>Only the browser at which the password was changed is still known: the others may be why it was.</summary>
    private static SignInsState PasswordIsNew(SignInsState state, PasswordChanged changed, long position)
    {
        var device = changed.KeptSignIn is { } kept ? state.SignIns.GetValueOrDefault(kept)?.Device : null;
        var facts = new SignInFacts(position, [.. state.Of(changed.MemberId).Devices.Where(one => one.Digest == device)]);
        return Without(state, signIn => signIn.MemberId == changed.MemberId && signIn.Id != changed.KeptSignIn) with
        {
            Members = state.Members.SetItem(changed.MemberId, facts),
        };
    }

    private static SignInsState Without(SignInsState state, Func<SignIn, bool> ended)
        => state with { SignIns = state.SignIns.RemoveRange(state.SignIns.Values.Where(ended).Select(signIn => signIn.Id)) };
}
