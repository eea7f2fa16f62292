using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.Rest;

namespace Toolgate.Sessions;

/// <summary>Says yes or no to a call that waits.</summary>
/// <param name="Decision"><c>approve</c> or <c>decline</c>.</param>
/// <param name="Remember">With a yes: always allow this tool in this toolkit from now on, by a policy.</param>
internal sealed record DecideApproval(string? Decision, bool? Remember)
{
    internal sealed class Validator : AbstractValidator<DecideApproval>
    {
        public Validator()
        {
            RuleFor(c => c.Decision).Must(said => said is "approve" or "decline").WithErrorCode("invalid_decision").WithMessage("decision must be approve or decline.");
            RuleFor(c => c.Remember).Must((c, remember) => remember != true || c.Decision == "approve").WithErrorCode("only_with_approve")
                .WithMessage("Only an approval can be remembered.");
        }
    }
}

/// <summary>An approval after a decision.</summary>
/// <param name="Approval">The approval.</param>
/// <param name="PolicyId">The policy that was written because it is to be remembered; null when there is none.</param>
internal sealed record DecisionDocument(ApprovalDocument Approval, string? PolicyId);

/// <summary>Decides an approval, once: who comes second gets 409. Never by the credential that asked, and no tool: an agent does not decide.</summary>
internal static class DecidingApproval
{
    public static void Map(IEndpointRouteBuilder group) => group.MapPost("/{id}/decision", Handle).WithName("decideApproval")
        .WithSummary("Approves or declines a call that waits for approval.").NotATool();

    private static async Task<Results<Ok<DecisionDocument>, ProblemResult>> Handle(
        string id, DecideApproval command, HttpContext context, DecisionDesk desk, ApprovalVault vault, ICredentials credentials, TimeProvider time, CancellationToken cancellationToken)
    {
        var by = context.Principal();
        var (taken, refusal) = await desk.Decide(
            id, command.Decision == "approve", command.Remember ?? false, "rest", by, context.Metadata(), cancellationToken);
        if (taken is null)
        {
            return Problem.Of(refusal!);
        }

        context.Wrote(taken.Position, taken.Version);
        return TypedResults.Ok(new DecisionDocument(
            await ShowingApprovals.Document(taken.Approval, by, vault, credentials, time.GetUtcNow(), cancellationToken), taken.PolicyId));
    }
}
