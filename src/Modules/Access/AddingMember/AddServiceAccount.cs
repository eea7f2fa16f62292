using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>Adds a service account: a member without a person, reachable only by API keys that an admin issues for it.</summary>
/// <param name="Name">Name to show.</param>
/// <param name="Role">Its role, member when absent.</param>
internal sealed record AddServiceAccount(string Name, Role? Role);

internal sealed class AddServiceAccountValidator : AbstractValidator<AddServiceAccount>
{
    public AddServiceAccountValidator() => RuleFor(command => command.Name).NotEmpty().MaximumLength(100).NoControlCharacters();
}

internal static class AddingServiceAccount
{
    public static void Map(IEndpointRouteBuilder group) => group.MapPost("/", Handle).WithName("addServiceAccount").WithSummary("Add a service account");

    public static Decision Decide(AddServiceAccount command, string id, Principal principal, AccessDecisionState state)
        => state.Today(principal) is not { } caller ? MemberRules.CredentialEnded
            : !MemberRules.MayManage(caller, command.Role ?? Role.Member)
            ? Rejection.Forbidden("role_too_small", "Adding this member takes a higher role.")
            : Decision.Accept(new MemberJoined(id, MemberKind.Service, command.Name.Trim(), command.Role ?? Role.Member));

    private static async Task<Results<Created<ShownMember>, ProblemResult>> Handle(
        AddServiceAccount command, HttpContext context, IEventStore store, IReadModels models, CancellationToken cancellationToken)
    {
        var id = Ids.New("svc");
        var caller = context.Principal();
        var decided = await store.Decide(
            AccessFold.StreamId, AccessFold.StreamType, AccessFold.Fold, folded => Decide(command, id, caller, folded.State), context.Metadata(), cancellationToken: cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return MemberRules.Answer(context, rejection);
        }

        if (!models.Current.Get<AccessState>().Members.TryGetValue(id, out var member))
        {
            return ShownMember.Gone;
        }

        context.Wrote(done.Position, member.Version);
        return TypedResults.Created($"/api/members/{id}", ShownMember.Of(member));
    }
}
