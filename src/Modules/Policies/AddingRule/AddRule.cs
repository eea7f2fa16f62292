using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Policies;

/// <summary>Adds a rule, on top unless a place is named.</summary>
/// <param name="Owner"><c>org</c> or <c>user</c>.</param>
/// <param name="Pattern">What it speaks about.</param>
/// <param name="Action">What it says.</param>
/// <param name="Enforced">Workspace rules only: it holds inside toolkits too.</param>
/// <param name="Before">Id of the rule that must follow.</param>
/// <param name="After">Id of the rule that must precede.</param>
/// <param name="Approver">Whose yes it takes, where it says require_approval; the client's when not given.</param>
internal sealed record AddRule(
    string? Owner, string? Pattern, PolicyAction? Action, bool? Enforced, string? Before, string? After, Approver? Approver = null)
{
    internal sealed class Validator : AbstractValidator<AddRule>
    {
        public Validator()
        {
            RuleFor(c => c.Owner).Must(o => o is "org" or "user").WithErrorCode("invalid_owner").WithMessage("owner must be org or user.");
            RuleFor(c => c.Pattern).ValidPattern(required: true);
            RuleFor(c => c.Action).NotNull().WithErrorCode("required").WithMessage("action must be approve, require_approval or block.");
            RuleFor(c => c.Enforced).Must((c, enforced) => enforced != true || c.Owner != "user").WithErrorCode("enforced_needs_org")
                .WithMessage("Only a policy of the workspace can be enforced.");
            RuleFor(c => c.After).OnlyOnePlace(c => c.Before);
        }
    }

    public static void Map(IEndpointRouteBuilder group) => group.MapPost("/", Handle).WithName("createPolicy").WithSummary("Adds a policy.");

    private static async Task<Results<Created<PolicyDto>, ProblemResult>> Handle(
        AddRule command, HttpContext context, IEventStore store, IReadModels models, CancellationToken cancellationToken)
    {
        var owner = Access.Owner.FromWord(command.Owner, context.Principal())!.Value;
        if (!owner.IsWritableBy(context.Principal()))
        {
            return Problem.Of(RuleInput.AdminRequired);
        }

        var id = Ids.New("pol");
        var decided = await store.Decide(
            OwnerRules.StreamOf(owner), OwnerRules.StreamType, OwnerRules.Fold, state => Decide(command, state.State, owner, id), context.Metadata(),
            cancellationToken: cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return Problem.Of(rejection);
        }

        context.Wrote(done);
        return PolicyDto.Find(context, models.Current, id) is { } policy ? TypedResults.Created("/api/policies/" + id, policy) : Problem.Of(PolicyDto.NotFound);
    }

    public static Decision Decide(AddRule command, OwnerRules state, Owner owner, string id)
    {
        if (state.Rules.Length >= OwnerRules.Most)
        {
            return Rejection.Conflict("too_many_policies", $"An owner has at most {OwnerRules.Most} policies.");
        }

        if (!RuleInput.TryApprover(command.Action!.Value, command.Approver, Policies.Approver.Client, out var approver, out var refusal))
        {
            return refusal;
        }

        return Placement.TryPlace(state.Rules, null, command.Before, command.After, out var place, out var rejection)
            ? Decision.Accept([
                .. OwnerRules.Respread(place, owner),
                new PolicyRuleAdded(id, owner.Subject, command.Pattern!, command.Action.Value, place.Position!, command.Enforced ?? false, approver)])
            : rejection;
    }
}
