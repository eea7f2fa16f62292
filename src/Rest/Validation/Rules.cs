using FluentValidation;

namespace Toolgate.Rest;

/// <summary>Rules that the validators of every module share.</summary>
public static class Rules
{
    /// <summary>
    /// The text holds no control character (Unicode category Cc; code <c>control_character</c>): PostgreSQL's jsonb stores no NUL, and the
    /// others forge lines wherever a name is shown. For names and other texts of one line.
    /// </summary>
    public static IRuleBuilderOptions<T, string?> NoControlCharacters<T>(this IRuleBuilder<T, string?> rule)
        => rule.Must(text => text is null || !text.Any(char.IsControl))
            .WithErrorCode("control_character").WithMessage("The text must not hold control characters.");

    /// <summary>
    /// As <see cref="NoControlCharacters"/>, but line breaks and tabs are allowed: for descriptions, which may have many lines.
    /// </summary>
    public static IRuleBuilderOptions<T, string?> NoControlCharactersButLines<T>(this IRuleBuilder<T, string?> rule)
        => rule.Must(text => text is null || !text.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t')))
            .WithErrorCode("control_character").WithMessage("The text must not hold control characters other than line breaks and tabs.");
}
