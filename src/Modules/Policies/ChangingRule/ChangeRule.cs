using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Policies;

/// <summary>Changes what a rule says, or moves it. What is not given stays.</summary>
/// <param name="Pattern">The pattern from now on.</param>
/// <param name="Action">The action from now on.</param>
/// <param name="Enforced">Workspace rules only.</param>
/// <param name="Before">Id of the rule that must follow.</param>
/// <param name="After">Id of the rule that must precede.</param>
/// <param name="Approver">Whose yes it takes from now on, where it says require_approval.</param>
internal sealed record ChangeRule(string? Pattern, PolicyAction? Action, bool? Enforced, string? Before, string? After, Approver? Approver = null)
{
    internal sealed class Validator : AbstractValidator<ChangeRule>
    {
        public Validator()
        {
            RuleFor(c => c.Pattern).ValidPattern(required: false);
            RuleFor(c => c.After).OnlyOnePlace(c => c.Before);
        }
    }

    public static void Map(IEndpointRouteBuilder group) => group.MapPatch("/{id}", Handle).WithName("updatePolicy").WithSummary("Changes or moves a policy.");

    private static async Task<Results<Ok<PolicyDto>, ProblemResult>> Handle(
        string id, ChangeRule command, HttpContext context, IfMatch ifMatch, IEventStore store, IReadModels models, CancellationToken cancellationToken)
    {
        if (RuleTarget.Find(context, models.Current, id, out var rejection) is not { } owner)
        {
            return Problem.Of(rejection);
        }

        var decided = await store.Decide(
            OwnerRules.StreamOf(owner), OwnerRules.StreamType, OwnerRules.Fold, state => Decide(command, state.State, owner, id), context.Metadata(),
            ifMatch.Version, cancellationToken: cancellationToken);
        if (!decided.IsDone(out var done, out var refusal))
        {
            return Problem.Of(refusal);
        }

        context.Wrote(done);
        return PolicyDto.Find(context, models.Current, id) is { } policy ? TypedResults.Ok(policy) : Problem.Of(PolicyDto.NotFound);
    }

    public static Decision Decide(ChangeRule command, OwnerRules state, Owner owner, string id)
    {
        if (state.Rules.Find(id) is not { } rule)
        {
            return PolicyDto.NotFound;
        }

        if (command.Enforced == true && !owner.IsOrg)
        {
            return Rejection.Invalid("enforced_needs_org", "Only a policy of the workspace can be enforced.", "/enforced");
        }

        if (!Placement.TryPlace(state.Rules, id, command.Before, command.After, out var place, out var rejection))
        {
            return rejection;
        }

        var pattern = command.Pattern ?? rule.Pattern.Text;
        var action = command.Action ?? rule.Action;
        if (!RuleInput.TryApprover(action, command.Approver, rule.Approver, out var approver, out var refusal))
        {
            return refusal;
        }

        var wasEnforced = state.Enforced.Contains(id);
        var enforced = command.Enforced ?? wasEnforced;
        var events = OwnerRules.Respread(place, owner).ToList();
        if (place.Position is { } position)
        {
            events.Add(new PolicyRuleMoved(id, owner.Subject, position));
        }

        if (pattern != rule.Pattern.Text || action != rule.Action || approver != rule.Approver || enforced != wasEnforced)
        {
            events.Add(new PolicyRuleChanged(id, owner.Subject, pattern, action, enforced, approver));
        }

        return events.Count == 0 ? Decision.Nothing : Decision.Accept(events);
    }
}
