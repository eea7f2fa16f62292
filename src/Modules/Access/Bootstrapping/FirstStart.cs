using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>Makes the workspace, its owner and the owner's key on an empty database. Any number of hosts may start at once: one wins.</summary>
internal sealed class FirstStart(IEventStore store, IReadModels models, IOptions<AccessOptions> options, Passwords passwords, TimeProvider time) : IFirstStart
{
    /// <summary>How long a setup link works. It is printed where logs may keep it.</summary>
    private static readonly TimeSpan SetupLife = TimeSpan.FromHours(24);

    /// <summary>Most setup links that work at once: hosts that start together each print one.</summary>
    private const int MostSetupLinks = 5;


    public async Task<FirstStartResult> Run(CancellationToken cancellationToken)
    {
        if (models.Current.Get<AccessState>().WorkspaceId is not null)
        {
            return new FirstStartResult(false, null, null);
        }

        var salt = RandomNumberGenerator.GetBytes(32);
        var token = options.Value.BootstrapKey ?? ApiKeyToken.New();
        var owner = Ids.New("usr");

        var email = EmailAddress.Normalise(options.Value.Owner.Email);
        var setup = email is null && options.Value.SignIn.Passwords ? AccessLinkToken.New() : null;
        object[] person = setup is not null
            ? [new AccessLinkIssued(
                Ids.New("lnk"), LinkPurpose.Setup, owner, Role.Owner, null, Convert.ToHexStringLower(AuthenticationIndex.Digest(salt, setup)), time.GetUtcNow() + SetupLife)]
            : email is not null ? [new MemberEmailChanged(owner, email), new PasswordChanged(owner, null)]
            : [];

        // The stream is the lock: whoever creates it made everything.
        var workspace = new AppendRequest
        {
            StreamId = AccessFold.StreamId,
            StreamType = AccessFold.StreamType,
            Expected = ExpectedVersion.NoStream,
            Metadata = EventMetadata.System,
            Events =
            [
                new WorkspaceCreated(Ids.New("ws"), Convert.ToBase64String(salt)),
                new MemberJoined(owner, MemberKind.Person, "Owner", Role.Owner),
                new ApiKeyIssued(
                    Ids.New("key"), owner, "Owner key", options.Value.BootstrapKey is null ? ApiKeyToken.Prefix(token) : "", Convert.ToHexStringLower(AuthenticationIndex.Digest(salt, token)), Scopes.All, null),
                .. person,
            ],
            Claims = email is null ? [] : [new NameClaim(EmailAddress.Claim, email)],
            Alongside = email is null ? [] : [(await passwords.Store(owner, options.Value.Owner.Password!, cancellationToken))!],
        };
        var outcome = await store.Append(workspace, cancellationToken);
        await models.WaitFor(outcome is AppendOutcome.Appended appended ? appended.Position : await store.Head(cancellationToken), cancellationToken);
        return outcome is AppendOutcome.Appended
            ? new FirstStartResult(true, options.Value.BootstrapKey is null ? token : null, setup)
            : new FirstStartResult(false, null, null);
    }

    public async Task<string?> OfferSetup(CancellationToken cancellationToken)
    {
        if (!options.Value.SignIn.Passwords)
        {
            return null;
        }

        var (id, value, now) = (Ids.New("lnk"), AccessLinkToken.New(), time.GetUtcNow());
        var digest = AccessLinkToken.Digest(models.Current.Get<AccessState>(), value);
        var decided = await store.Decide(
            AccessFold.StreamId, AccessFold.StreamType, AccessFold.Fold, folded => Decide(id, digest, now, folded.State), EventMetadata.System, cancellationToken: cancellationToken);
        return decided.IsDone(out var done, out _) && done.Changed ? value : null;
    }

    /// <summary>A link for the first owner when no owner can sign in; ended and surplus ones go.</summary>
    public static Decision Decide(string linkId, string digest, DateTimeOffset now, AccessDecisionState state)
    {
        var owners = state.Members.Where(pair => pair.Value is { Role: Role.Owner, Kind: MemberKind.Person }).OrderBy(pair => pair.Key, StringComparer.Ordinal).ToList();
        if (owners.Count == 0 || owners.Any(owner => owner.Value.Email is not null))
        {
            return Decision.Nothing;
        }

        var ownerId = owners[0].Key;
        var open = state.Links.Where(pair => pair.Value.Purpose == LinkPurpose.Setup && pair.Value.MemberId == ownerId).OrderBy(pair => pair.Value.ExpiresAt ?? DateTimeOffset.MaxValue).ToList();
        var surplus = open.Where((pair, index) => pair.Value.ExpiresAt <= now || open.Count - index >= MostSetupLinks);
        return Decision.Accept([
            .. surplus.Select(pair => new AccessLinkRevoked(pair.Key)),
            new AccessLinkIssued(linkId, LinkPurpose.Setup, ownerId, Role.Owner, null, digest, now + SetupLife)]);
    }
}

/// <summary>The value of an API key.</summary>
internal static class ApiKeyToken
{
    private const int PrefixLength = 10;

    /// <summary>A new value: <c>tgk_</c> and 256 random bits.</summary>
    public static string New() => "tgk_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>The part of a generated value that is kept for recognition. Of a key that an operator chose nothing is kept: it may be guessable from less.</summary>
    public static string Prefix(string token) => token[..PrefixLength];
}
