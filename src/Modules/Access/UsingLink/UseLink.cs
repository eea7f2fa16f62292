using Microsoft.Extensions.Options;
using Toolgate.Access.Events;
using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>What a person brings to a link.</summary>
/// <param name="Name">Name to show; not asked for when a password is set anew.</param>
/// <param name="Email">Address to sign in with; not asked for when a password is set anew.</param>
/// <param name="Password">The password.</param>
internal sealed record LinkUse(string? Name, string? Email, string? Password)
{
    /// <summary>Keeps the password out of anything that prints it.</summary>
    public override string ToString() => nameof(LinkUse);
}

/// <summary>Uses a single-use link: sets the deployment up, joins, or sets a password anew. The winner of a race is one.</summary>
internal sealed class UsingLink(IEventStore store, IReadModels models, Passwords passwords, IOptions<AccessOptions> options, TimeProvider time)
{
    /// <summary>What is answered to a value that opens nothing, whatever is wrong with it.</summary>
    public static Rejection NoLink { get; } = Rejection.NotFound("link_not_found", "This link is not valid, was used already, or has expired. Ask for a new one.");

    /// <summary>The decision.</summary>
    /// <param name="linkId">The link.</param>
    /// <param name="newMember">Id of the person who joins.</param>
    /// <param name="name">Name to show, trimmed.</param>
    /// <param name="email">Normalised address; null when a password is set anew.</param>
    /// <param name="storing">The write that stores the password for a member.</param>
    /// <param name="state">The stream.</param>
    public static Decision Decide(string linkId, string newMember, string? name, string? email, Func<string, SideWrite> storing, AccessDecisionState state)
    {
        if (!state.Links.TryGetValue(linkId, out var link) || !LinkRules.Stands(link, state))
        {
            return NoLink;
        }

        if (link.Email is not null && link.Email != email)
        {
            return Rejection.Invalid("email_mismatch", "This invite is for another address.", "/email");
        }

        var memberId = link.MemberId ?? newMember;
        var events = new List<object>(6) { new AccessLinkUsed(linkId, memberId) };
        events.AddRange(LinkRules.OthersOf(memberId, linkId, state));
        if (link.MemberId is null)
        {
            events.Add(new MemberJoined(memberId, MemberKind.Person, name!, link.Role));
        }
        else if (name is not null && state.Members[memberId].Name != name)
        {
            events.Add(new MemberRenamed(memberId, name));
        }

        if (email is not null)
        {
            events.Add(new MemberEmailChanged(memberId, email));
        }

        events.Add(new PasswordChanged(memberId, null));
        return new Decision.Accepted(events)
        {
            Claims = email is null ? [] : [new NameClaim(EmailAddress.Claim, email)],
            Releases = email is not null && link.MemberId is not null && state.Members[memberId].Email is { } before && before != email ? [new NameClaim(EmailAddress.Claim, before)] : [],
            Alongside = [storing(memberId)],
        };
    }

    /// <summary>Uses a link; the member that it made or changed.</summary>
    public async Task<(string? MemberId, long Position, Rejection? Rejection)> Use(string? value, LinkPurpose purpose, LinkUse use, CancellationToken cancellationToken)
    {
        if (!options.Value.SignIn.Passwords)
        {
            return (null, 0, Passwords.AreOff);
        }

        if (AccessLinkToken.Find(models.Current.Get<AccessState>(), value, time.GetUtcNow()) is not { } link || link.Purpose != purpose)
        {
            return (null, 0, NoLink);
        }

        var (name, email) = purpose == LinkPurpose.Reset ? (null, null) : (use.Name?.Trim(), EmailAddress.Normalise(use.Email));
        if (Fault(purpose, name, email, use, link) is { } fault)
        {
            return (null, 0, fault);
        }

        var newMember = Rest.Ids.New("usr");
        if (await passwords.Store(link.MemberId ?? newMember, use.Password!, cancellationToken) is not { } storing)
        {
            return (null, 0, Passwords.Busy);
        }

        var decided = await store.Decide(
            AccessFold.StreamId, AccessFold.StreamType, AccessFold.Fold, folded => Decide(link.Id, newMember, name, email, _ => storing, folded.State),
            new EventMetadata(link.MemberId ?? newMember), nameTaken: _ => Rejection.Conflict("email_taken", "Somebody signs in with this address already.", "/email"),
            cancellationToken: cancellationToken);
        return decided.IsDone(out var done, out var rejection) ? (link.MemberId ?? newMember, done.Position, null) : (null, 0, rejection);
    }

    private Rejection? Fault(LinkPurpose purpose, string? name, string? email, LinkUse use, AccessLink link)
    {
        if (purpose != LinkPurpose.Reset)
        {
            if (name is null or { Length: 0 or > 100 } || name.Any(char.IsControl))
            {
                return Rejection.Invalid("invalid_name", "A name has 1 to 100 characters and no control characters.", "/name");
            }

            if (email is null)
            {
                return Rejection.Invalid("invalid_email", "This is no e-mail address.", "/email");
            }
        }

        var known = email ?? (link.MemberId is { } id && models.Current.Get<AccessState>().Members.TryGetValue(id, out var member) ? member.Email : null);
        return Passwords.Fault(use.Password, known) is { } why ? Rejection.Invalid("invalid_password", why, "/password") : null;
    }
}
