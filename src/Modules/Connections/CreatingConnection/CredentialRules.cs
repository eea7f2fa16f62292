using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>Whether values fill a template. Faults name variables, never values.</summary>
internal static class CredentialRules
{
    private const int MaxValue = 16 * 1024;

    /// <summary>Every fault of the values, each with its pointer.</summary>
    public static IReadOnlyList<ProblemError> Check(AuthTemplate template, IReadOnlyDictionary<string, string> values, bool isProcess = false)
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
            else if (Fault(template, variable, value) is var (code, detail))
            {
                faults.Add(new ProblemError(Pointer(variable), code, detail));
            }
        }

        faults.AddRange(values.Keys.Except(variables, StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(unknown => new ProblemError(
            Pointer(unknown), "unknown_variable",
            variables.Count == 0 ? $"The template '{template.Slug}' takes no values." : $"The template '{template.Slug}' takes {string.Join(", ", variables)}.")));
        return faults;
    }

    private static (string Code, string Detail)? Fault(AuthTemplate template, string variable, string value)
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

    private static string Pointer(string variable)
        => JsonPointer.Child("/values", variable);
}
