using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.EventStore;
using Toolgate.Policies;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>Adds a policy to a toolkit, on top unless a place is named. It grants nothing.</summary>
/// <param name="Pattern">What it speaks about.</param>
/// <param name="Action">What it says.</param>
/// <param name="Before">Id of the policy that must follow.</param>
/// <param name="After">Id of the policy that must precede.</param>
/// <param name="Approver">Whose yes it takes, where it says require_approval; the client's when not given.</param>
internal sealed record AddToolkitPolicy(string? Pattern, PolicyAction? Action, string? Before, string? After, Approver? Approver = null)
{
    internal sealed class Validator : AbstractValidator<AddToolkitPolicy>
    {
        public Validator()
        {
            RuleFor(c => c.Pattern).ValidPattern(required: true);
            RuleFor(c => c.Action).NotNull().WithErrorCode("required").WithMessage("action must be approve, require_approval or block.");
            RuleFor(c => c.After).OnlyOnePlace(c => c.Before);
        }
    }

    public static void Map(IEndpointRouteBuilder group)
        => group.MapPost("/{id}/policies", Handle).WithName("createToolkitPolicy").WithSummary("Adds a policy to a toolkit.");

    private static async Task<Results<Created<ToolkitPolicyDto>, ProblemResult>> Handle(
        string id, AddToolkitPolicy command, HttpContext context, IfMatch ifMatch, ToolkitWrites writes, CancellationToken cancellationToken)
    {
        var policyId = Ids.New("tkpol");
        var written = await writes.Run(context, id, ifMatch, state => Decide(command, state, id, policyId), cancellationToken);
        return written.Row is { } row && row.Policies.FirstOrDefault(policy => policy.Rule.Id == policyId) is { } added
            ? TypedResults.Created($"/api/toolkits/{id}/policies/{policyId}", ToolkitPolicyDto.Of(row, added))
            : written.Problem;
    }

    public static Decision Decide(AddToolkitPolicy command, ToolkitState state, string id, string policyId)
    {
        if (state.Rules.Length >= ToolkitState.Most)
        {
            return Rejection.Conflict("too_many_policies", $"A toolkit has at most {ToolkitState.Most} policies.");
        }

        if (!RuleInput.TryApprover(command.Action!.Value, command.Approver, Policies.Approver.Client, out var approver, out var refusal))
        {
            return refusal;
        }

        return Placement.TryPlace(state.Rules, null, command.Before, command.After, out var place, out var rejection)
            ? Decision.Accept([
                .. place.Respread.Select(pair => (object)new ToolkitPolicyMoved(id, pair.Key, pair.Value)),
                new ToolkitPolicyAdded(id, policyId, command.Pattern!, command.Action.Value, place.Position!, approver)])
            : rejection;
    }
}
