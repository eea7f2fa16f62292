using FluentValidation;
using Toolgate.EventStore;

namespace Toolgate.Policies;

/// <summary>What requests about rules have in common, with the codes of the REST contract.</summary>
public static class RuleInput
{
    /// <summary>A member tried to write what the workspace shares (403).</summary>
    public static Rejection AdminRequired { get; } = Rejection.Forbidden("admin_required", "Writing what the workspace shares takes the role admin or owner.");

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
