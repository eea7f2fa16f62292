using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.EventStore;
using Toolgate.Policies;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>Changes what a toolkit's policy says, or moves it. What is not given stays.</summary>
/// <param name="Pattern">Pattern from now on.</param>
/// <param name="Action">Action from now on.</param>
/// <param name="Before">Id of the policy that must follow.</param>
/// <param name="After">Id of the policy that must precede.</param>
/// <param name="Approver">Whose yes it takes from now on, where it says require_approval.</param>
internal sealed record ChangeToolkitPolicy(string? Pattern, PolicyAction? Action, string? Before, string? After, Approver? Approver = null)
{
    internal sealed class Validator : AbstractValidator<ChangeToolkitPolicy>
    {
        public Validator()
        {
            RuleFor(c => c.Pattern).ValidPattern(required: false);
            RuleFor(c => c.After).OnlyOnePlace(c => c.Before);
        }
    }

    public static void Map(IEndpointRouteBuilder group)
        => group.MapPatch("/{id}/policies/{policyId}", Handle).WithName("updateToolkitPolicy").WithSummary("Changes or moves a policy of a toolkit.");

    private static async Task<Results<Ok<ToolkitPolicyDto>, ProblemResult>> Handle(
        string id, string policyId, ChangeToolkitPolicy command, HttpContext context, IfMatch ifMatch, ToolkitWrites writes, CancellationToken cancellationToken)
    {
        var written = await writes.Run(context, id, ifMatch, state => Decide(command, state, id, policyId), cancellationToken);
        return written.Row is { } row && row.Policies.FirstOrDefault(policy => policy.Rule.Id == policyId) is { } changed
            ? TypedResults.Ok(ToolkitPolicyDto.Of(row, changed))
            : written.Problem;
    }

    public static Decision Decide(ChangeToolkitPolicy command, ToolkitState state, string id, string policyId)
    {
        if (state.Rules.Find(policyId) is not { } rule)
        {
            return ToolkitPolicyDto.NotFound;
        }

        if (!Placement.TryPlace(state.Rules, policyId, command.Before, command.After, out var place, out var rejection))
        {
            return rejection;
        }

        var pattern = command.Pattern ?? rule.Pattern.Text;
        var action = command.Action ?? rule.Action;
        if (!RuleInput.TryApprover(action, command.Approver, rule.Approver, out var approver, out var refusal))
        {
            return refusal;
        }

        var events = place.Respread.Select(pair => (object)new ToolkitPolicyMoved(id, pair.Key, pair.Value)).ToList();
        if (place.Position is { } position)
        {
            events.Add(new ToolkitPolicyMoved(id, policyId, position));
        }

        if (pattern != rule.Pattern.Text || action != rule.Action || approver != rule.Approver)
        {
            events.Add(new ToolkitPolicyChanged(id, policyId, pattern, action, approver));
        }

        return events.Count == 0 ? Decision.Nothing : Decision.Accept(events);
    }
}
