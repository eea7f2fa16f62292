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
internal sealed record DecideApproval(string? Decision)
{
    internal sealed class Validator : AbstractValidator<DecideApproval>
    {
        public Validator()
        {
            RuleFor(c => c.Decision).Must(said => said is "approve" or "decline").WithErrorCode("invalid_decision").WithMessage("decision must be approve or decline.");
        }
    }
}

/// <summary>Decides an approval, once: who comes second gets 409. Never by the credential that asked, and no tool: an agent does not decide.</summary>
internal static class DecidingApproval
{
    public static void Map(IEndpointRouteBuilder group) => group.MapPost("/{id}/decision", Handle).WithName("decideApproval")
        .WithSummary("Approves or declines a call that waits for approval.").NotATool();

    private static async Task<Results<Ok<ApprovalDocument>, ProblemResult>> Handle(
        string id, DecideApproval command, HttpContext context, ApprovalDesk desk, ApprovalVault vault, ICredentials credentials, TimeProvider time, CancellationToken cancellationToken)
    {
        var decider = context.Principal();
        if (await desk.Find(id, cancellationToken) is not { } approval || !ApproverRule.Sees(decider, approval))
        {
            return Problem.Of(ApprovalDesk.NotFound);
        }

        if (ApproverRule.Refusal(decider, approval) is { } refusal)
        {
            return Problem.Of(refusal);
        }

        var verdict = new ApprovalVerdict(command.Decision == "approve" ? "approved" : "declined", "rest", decider.Id, decider.CredentialId);
        var decided = await desk.Decide(id, verdict, context.Metadata(), cancellationToken);
        if (!decided.IsDone(out var done, out var rejection))
        {
            return Problem.Of(rejection);
        }

        context.Wrote(done);
        var now = await desk.Find(id, cancellationToken) ?? approval;
        return TypedResults.Ok(await ShowingApprovals.Document(now, decider, vault, credentials, time.GetUtcNow(), cancellationToken));
    }
}
