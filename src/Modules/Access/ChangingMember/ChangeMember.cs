using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>Changes a member's name or role; everybody may change their own name. Absent members of the command stay as they are.</summary>
internal sealed record ChangeMember(string? Name, Role? Role);

internal sealed class ChangeMemberValidator : AbstractValidator<ChangeMember>
{
    public ChangeMemberValidator() => RuleFor(command => command.Name).Must(name => name is null || !string.IsNullOrWhiteSpace(name))
        .WithErrorCode("empty").WithMessage("name must not be empty.").MaximumLength(100).NoControlCharacters();
}

internal static class ChangingMember
{
    public static void Map(IEndpointRouteBuilder group) => group.MapPatch("/{id}", Handle).WithName("changeMember").WithSummary("Change a member's name or role");

    public static Decision Decide(string id, ChangeMember command, IfMatch ifMatch, Principal principal, AccessDecisionState state)
    {
        if (state.Today(principal) is not { } caller)
        {
            return MemberRules.CredentialEnded;
        }

        if (!state.Members.TryGetValue(id, out var member))
        {
            return Rejection.NotFound("member_not_found", "There is no such member.");
        }

        var role = command.Role ?? member.Role;
        var isOwnName = id == caller.Id && role == member.Role;
        if (!isOwnName && (!MemberRules.MayManage(caller, member.Role) || !MemberRules.MayManage(caller, role)))
        {
            return Rejection.Forbidden("role_too_small", "Changing this member takes a higher role.");
        }

        if (MemberRules.Precondition(member, ifMatch) is { } stale)
        {
            return stale;
        }

        if (role != Role.Owner && state.IsLastOwner(id))
        {
            return Rejection.Conflict("last_owner", "The last owner must stay one. Make another member owner first.", "/role");
        }

        var events = new List<object>(2);
        if (command.Name?.Trim() is { } name && name != member.Name)
        {
            events.Add(new MemberRenamed(id, name));
        }

        if (role != member.Role)
        {
            events.AddRange(LinkRules.EndedByRole(id, role, state));
            events.Add(new MemberRoleChanged(id, role));
        }

        return events.Count == 0 ? Decision.Nothing : Decision.Accept(events);
    }

    private static async Task<Results<Ok<ShownMember>, ProblemResult>> Handle(
        string id, ChangeMember command, IfMatch ifMatch, HttpContext context, IEventStore store, IReadModels models, CancellationToken cancellationToken)
    {
        var caller = context.Principal();
        var decided = await store.Decide(
            AccessFold.StreamId, AccessFold.StreamType, AccessFold.Fold, folded => Decide(id, command, ifMatch, caller, folded.State), context.Metadata(),
            cancellationToken: cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return MemberRules.Answer(context, rejection);
        }

        if (!models.Current.Get<AccessState>().Members.TryGetValue(id, out var member))
        {
            return ShownMember.Gone;
        }

        context.Wrote(done.Position, member.Version);
        return TypedResults.Ok(ShownMember.Of(member));
    }
}
