using System.Diagnostics.CodeAnalysis;
using FluentValidation;
using Toolgate.EventStore;

namespace Toolgate.Policies;

/// <summary>What requests about rules have in common, with the codes of the REST contract.</summary>
public static class RuleInput
{
    /// <summary>A member tried to write what the workspace shares (403).</summary>
    public static Rejection AdminRequired { get; } = Rejection.Forbidden("admin_required", "Writing what the workspace shares takes the role admin or owner.");

    /// <summary>
    /// Whose yes a rule takes once a request is applied to it: what the request says, else what the rule said for as long as it requires approval.
    /// False with 422 <c>approver_needs_approval</c> when the request names an approver of a rule that asks nobody.
    /// </summary>
    /// <param name="action">The rule's action from now on.</param>
    /// <param name="said">What the request says; null for nothing.</param>
    /// <param name="before">What the rule said.</param>
    /// <param name="approver">Whose yes it takes from now on.</param>
    /// <param name="rejection">Why not.</param>
    public static bool TryApprover(PolicyAction action, Approver? said, Approver before, out Approver approver, [NotNullWhen(false)] out Rejection? rejection)
    {
        var asks = action == PolicyAction.RequireApproval;
        approver = said ?? (asks ? before : Approver.Client);
        rejection = approver == Approver.Client || asks
            ? null
            : Rejection.Invalid("approver_needs_approval", "Only a policy that says require_approval can name an approver.", "/approver");
        return rejection is null;
    }

    /// <summary>422 <c>invalid_pattern</c> unless the text is a pattern; a missing one is refused only when <paramref name="required"/>.</summary>
    public static IRuleBuilderOptionsConditions<T, string?> ValidPattern<T>(this IRuleBuilder<T, string?> rule, bool required)
        => rule.Custom((text, context) =>
        {
            if ((required || text is not null) && !Pattern.TryParse(text, out _, out var fault))
            {
                context.AddFailure(new FluentValidation.Results.ValidationFailure(context.PropertyPath, fault) { ErrorCode = "invalid_pattern" });
            }
        });

    /// <summary>422 <c>one_place_only</c> when both <c>before</c> and <c>after</c> are given.</summary>
    public static IRuleBuilderOptions<T, string?> OnlyOnePlace<T>(this IRuleBuilder<T, string?> rule, Func<T, string?> before)
        => rule.Must((command, after) => after is null || before(command) is null).WithErrorCode("one_place_only").WithMessage("Give before or after, not both.");
}
