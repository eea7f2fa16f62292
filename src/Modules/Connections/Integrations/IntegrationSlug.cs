using System.Text.RegularExpressions;
using FluentValidation;

namespace Toolgate.Connections;

/// <summary>What the slug of an integration may be.</summary>
internal static partial class IntegrationSlug
{
    private const int MaxLength = 40;

    /// <summary>The rules of a slug.</summary>
    public static IRuleBuilderOptions<T, string?> IsIntegrationSlug<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(slug => slug is { Length: <= MaxLength } && Shape().IsMatch(slug)).WithErrorCode("invalid_slug")
        .WithMessage($"A slug is lower-case letters and digits in words joined by single dashes, the first a letter, at most {MaxLength} characters.")
        .NotEqual("toolgate").WithErrorCode("slug_reserved").WithMessage("The slug 'toolgate' is the builtin integration's.");

    [GeneratedRegex(@"\A[a-z][a-z0-9]*(-[a-z0-9]+)*\z", RegexOptions.NonBacktracking)]
    private static partial Regex Shape();
}
