using System.Text.Json.Serialization;
using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.Policies;
using Toolgate.Rest;

namespace Toolgate.Toolkits;

/// <summary>Asks what is decided about an address, and why.</summary>
/// <param name="Address"><c>integration.owner.connection.tool</c>.</param>
/// <param name="Toolkit">Slug or id of a toolkit; the default resource when not given.</param>
/// <param name="Principal">For whom; admins may ask about others. Personal tools of another person are unknown to everybody else.</param>
/// <param name="At">A log position or an ISO 8601 time; now when not given.</param>
internal sealed record ResolvePolicy(
    string? Address, string? Toolkit, string? Principal, [property: JsonConverter(typeof(NumberOrTextConverter))] string? At)
{
    internal sealed class Validator : AbstractValidator<ResolvePolicy>
    {
        public Validator() => RuleFor(c => c.Address).Must(a => !string.IsNullOrEmpty(a) && a.Length <= 1_000).WithErrorCode("invalid_address")
            .WithMessage("address must be 1 to 1000 characters.");
    }

    public static void Map(IEndpointRouteBuilder group) => group.MapPost("/resolve", Handle).WithName("resolvePolicy")
        .WithSummary("What is decided about an address, and why, now or at a position or time.").ChangesNothing();

    private static async Task<Results<Ok<ResolvedDto>, ProblemResult>> Handle(
        ResolvePolicy query, HttpContext context, Moment moment, ToolViews views, IMembers members, CancellationToken cancellationToken)
    {
        var caller = context.Principal();
        var subject = query.Principal ?? caller.Id;
        if (subject != caller.Id && !caller.MayWriteOrg)
        {
            return Problem.Of(Rejection.Forbidden("admin_required", "Asking about another principal takes the role admin or owner."));
        }

        var (snapshot, problem) = await moment.Find(query.At, "/at", cancellationToken);
        if (problem is not null)
        {
            return problem;
        }

        if (subject != caller.Id && !members.Exists(snapshot, subject))
        {
            return Problem.Of(Rejection.Invalid("unknown_principal", "There is no such member.", "/principal"));
        }

        ToolkitRow? toolkit = null;
        if (query.Toolkit is { } name)
        {
            var book = snapshot.Get<ToolkitBook>();
            // A slug holds no underscore, an id does: they cannot meet. Asked for another principal, only shared toolkits exist.
            toolkit = book.FindSlug(name, caller) ?? book.Find(name, caller);
            if (toolkit is null || (subject != caller.Id && !toolkit.Owner.IsOrg))
            {
                return Problem.Of(ToolkitWrites.NotFound);
            }
        }

        var inputs = toolkit is null ? views.DefaultInputs(snapshot, subject) : views.Inputs(snapshot, toolkit, subject);
        var decision = Explain(query.Address!, inputs, subject == caller.Id ? views.DefaultInputs(snapshot, subject) : null, subject != caller.Id);
        return TypedResults.Ok(new ResolvedDto(
            query.Address!, decision.Action, decision.Source, decision.RuleId, decision.Pattern, snapshot.Position, decision.Action == PolicyAction.RequireApproval,
            decision.ShownApprover));
    }

    /// <summary>
    /// The decision about an address. Nobody sees another person's rows: asked for another principal, personal tools are unknown and a personal rule
    /// that decides is named by its source only.
    /// </summary>
    private static AccessDecision Explain(string address, ViewInputs inputs, ViewInputs? own, bool other)
    {
        var tool = inputs.Tools().Concat(own?.Personal ?? []).FirstOrDefault(tool => tool.Address == address && (tool.Owner.IsOrg || !other));
        if (tool is null)
        {
            return new AccessDecision(PolicyAction.Block, DecisionSource.Unknown);
        }

        var decision = new Decider(inputs).Decide(tool);
        return other && decision.Source == DecisionSource.User ? decision with { RuleId = null, Pattern = null } : decision;
    }
}

/// <summary>A decision with its reason.</summary>
/// <param name="Address">The address that was asked about.</param>
/// <param name="Action">What holds.</param>
/// <param name="Source">Why.</param>
/// <param name="RuleId">The rule or policy that decided, where one did.</param>
/// <param name="Pattern">Its pattern.</param>
/// <param name="Position">Log position that it was decided at.</param>
/// <param name="RequiresApproval">Whether a call waits for a person's yes.</param>
/// <param name="Approver">Whose yes it takes; null unless it waits for one.</param>
internal sealed record ResolvedDto(
    string Address, PolicyAction Action, DecisionSource Source, string? RuleId, string? Pattern, long Position, bool RequiresApproval, Approver? Approver);
