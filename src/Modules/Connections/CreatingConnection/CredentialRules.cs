using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>Whether values fill a template. Faults name variables, never values.</summary>
internal static class CredentialRules
{
    /// <summary>What is said of references in personal connections.</summary>
    public const string NotShared = "Values are referred to in connections of the workspace only.";

    private const int MaxValue = 16 * 1024;

    /// <summary>Every fault of the values, each with its pointer.</summary>
    /// <param name="template">The template that they fill.</param>
    /// <param name="values">The values, by variable.</param>
    /// <param name="isProcess">Whether the server is a process of this machine.</param>
    /// <param name="mayRefer">Whether a value may be kept at a place; none may when it is not given.</param>
    public static IReadOnlyList<ProblemError> Check(
        AuthTemplate template, IReadOnlyDictionary<string, CredentialValue> values, bool isProcess = false, Func<SecretReference, bool>? mayRefer = null)
    {
        if (AuthTemplateRules.Unusable(template, isProcess) is { } why)
        {
            return [new ProblemError("/template", "template_unusable", why)];
        }

        var variables = AuthTemplateRules.VariablesOf(template);
        var faults = new List<ProblemError>();
        foreach (var variable in variables)
        {
            if (!values.TryGetValue(variable, out var value) || value is null)
            {
                faults.Add(new ProblemError(Pointer(variable), "required", $"The template '{template.Slug}' needs a value for '{variable}'."));
            }
            else if ((value.Text is { } text ? Fault(template, variable, text) : Fault(variable, value.Place!, mayRefer)) is var (code, detail))
            {
                faults.Add(new ProblemError(Pointer(variable), code, detail));
            }
        }

        faults.AddRange(values.Keys.Except(variables, StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(unknown => new ProblemError(
            Pointer(unknown), "unknown_variable",
            variables.Count == 0 ? $"The template '{template.Slug}' takes no values." : $"The template '{template.Slug}' takes {string.Join(", ", variables)}.")));
        return faults;
    }

    /// <summary>Why a value cannot fill a variable; null when it can. Never repeats it.</summary>
    public static (string Code, string Detail)? Fault(AuthTemplate template, string variable, string value)
    {
        if (value.Length > MaxValue)
        {
            return ("too_long", $"A value has at most {MaxValue} characters.");
        }

        if (template.Kind == AuthKind.Basic)
        {
            return AuthTemplateRules.HasControl(value) ? ("invalid_value", "Values must not hold line ends or control characters.")
                : variable == AuthTemplateRules.UserName && value.Contains(':', StringComparison.Ordinal) ? ("invalid_value", "A user name must not hold a colon (RFC 7617).")
                : null;
        }

        if (value.Length == 0)
        {
            return ("empty", "The value is empty.");
        }

        var inHeader = template.Placements.Any(placement => placement.Carrier == Carrier.Header && placement.Variable == variable);
        return inHeader && !AuthTemplateRules.IsHeaderText(value) ? ("invalid_header_value", "This value travels in a header: visible ASCII characters only, no line ends.")
            : AuthTemplateRules.HasControl(value) ? ("invalid_value", "Values must not hold line ends or control characters.")
            : null;
    }

    /// <summary>Places that do not exist and places that the operator does not allow are the same to those who ask.</summary>
    private static (string Code, string Detail)? Fault(string variable, SecretPlace place, Func<SecretReference, bool>? mayRefer)
        => place.ToReference(variable) is not { } reference ? ("one_of", "Give exactly one of env, file and vault; vault has a path and a key.")
            : mayRefer is null ? ("reference_not_shared", NotShared)
            : mayRefer(reference) ? null
            : ("reference_not_allowed", "The operator of this deployment does not allow credentials to refer to this place.");

    private static string Pointer(string variable)
        => JsonPointer.Child("/values", variable);
}
