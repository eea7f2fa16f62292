using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>Invites somebody by a link that works once.</summary>
/// <param name="Role">The role that they get, member when absent.</param>
/// <param name="Email">The only address that may use it; any when absent.</param>
/// <param name="ExpiresInDays">1 to 30, 7 when absent.</param>
internal sealed record IssueInvite(Role? Role, string? Email, int? ExpiresInDays);

/// <summary>An invite as it is shown: never its link.</summary>
internal sealed record ShownInvite(string Id, Role Role, string? Email, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt)
{
    public static ShownInvite Of(AccessLink link) => new(link.Id, link.Role, link.Email, link.CreatedAt, link.ExpiresAt);
}

/// <summary>An invite that was just issued: the only answer that ever holds its link.</summary>
internal sealed record IssuedInvite(string Id, Role Role, string? Email, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, string Url);

internal sealed class IssueInviteValidator : AbstractValidator<IssueInvite>
{
    public IssueInviteValidator()
    {
        RuleFor(command => command.ExpiresInDays).InclusiveBetween(1, 30);
        RuleFor(command => command.Email).Must(email => email is null || EmailAddress.Normalise(email) is not null)
            .WithErrorCode("invalid_email").WithMessage("This is no e-mail address.");
    }
}

internal static class IssuingInvite
{
    public static void Map(IEndpointRouteBuilder group)
        => group.MapPost("/", Handle).WithName("issueInvite").WithSummary("Invite a person; the link is shown once").NotATool().ShowsSecretOnce();

    public static Decision Decide(IssueInvite command, string id, string digest, DateTimeOffset now, Principal principal, AccessDecisionState state)
        => state.Today(principal) is not { } caller ? MemberRules.CredentialEnded
            : !MemberRules.MayManage(caller, command.Role ?? Role.Member) ? Rejection.Forbidden("role_too_small", "Inviting somebody into this role takes a higher one.")
            : !MemberRules.MayLetIn(caller, state) ? MemberRules.KeyTooSmall
            : Decision.Accept(new AccessLinkIssued(
                id, LinkPurpose.Invite, null, command.Role ?? Role.Member, command.Email is null ? null : EmailAddress.Normalise(command.Email), digest,
                now.AddDays(command.ExpiresInDays ?? 7), caller.Id));

    private static async Task<Results<Created<IssuedInvite>, ProblemResult>> Handle(
        IssueInvite command, HttpContext context, IEventStore store, IReadModels models, TimeProvider time, PublicAddress address,
        IOptions<AccessOptions> options, CancellationToken cancellationToken)
    {
        if (!options.Value.SignIn.Passwords)
        {
            return Problem.Of(Passwords.AreOff);
        }

        var (id, value, caller, now) = (Ids.New("lnk"), AccessLinkToken.New(), context.Principal(), time.GetUtcNow());
        var digest = AccessLinkToken.Digest(models.Current.Get<AccessState>(), value);
        var decided = await store.Decide(
            AccessFold.StreamId, AccessFold.StreamType, AccessFold.Fold, folded => Decide(command, id, digest, now, caller, folded.State), context.Metadata(),
            cancellationToken: cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return MemberRules.Answer(context, rejection);
        }

        context.Wrote(done.Position);
        var link = done.State.Links[id];
        return TypedResults.Created(
            $"/api/invites/{id}", new IssuedInvite(id, link.Role, link.Email, now, link.ExpiresAt, $"{address.Of(context.Request)}/sign-up?invite={value}"));
    }
}
