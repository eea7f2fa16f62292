using FluentValidation;
using FluentValidation.Results;
using Microsoft.AspNetCore.Http;

namespace Toolgate.Rest;

/// <summary>Runs the registered validator of every command of an endpoint; all faults at once, each with its pointer (422).</summary>
internal static class ValidationFilter
{
    /// <summary>Decides once for each endpoint which arguments have a validator.</summary>
    public static EndpointFilterDelegate Create(EndpointFilterFactoryContext factory, EndpointFilterDelegate next)
    {
        var validators = factory.MethodInfo.GetParameters()
            .Select((parameter, index) => (index, validator: (IValidator?)factory.ApplicationServices.GetService(
                typeof(IValidator<>).MakeGenericType(Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType))))
            .Where(pair => pair.validator is not null)
            .ToArray();
        if (validators.Length == 0)
        {
            return next;
        }

        return async invocation =>
        {
            foreach (var (index, validator) in validators)
            {
                if (invocation.Arguments[index] is not { } command)
                {
                    return Problem.Of(422, "validation", "The request needs a body.", new ProblemError("", "required", "The request needs a body."));
                }

                var result = validator!.Validate(new ValidationContext<object>(command));
                if (!result.IsValid)
                {
                    return Invalid(result.Errors);
                }
            }

            return await next(invocation);
        };
    }

    private static ProblemResult Invalid(List<ValidationFailure> failures)
        => Problem.Of(
            422,
            "validation",
            failures.Count == 1 ? failures[0].ErrorMessage : $"The request has {failures.Count} faults.",
            failures.ConvertAll(failure => new ProblemError(Pointer(failure.PropertyName), CodeOf(failure), failure.ErrorMessage)));

    /// <summary><c>Spec.Url</c>, <c>Changes[0].Pattern</c> as <c>/spec/url</c>, <c>/changes/0/pattern</c>.</summary>
    private static string Pointer(string propertyName) => propertyName.Length == 0
        ? ""
        : "/" + string.Join('/', propertyName.Replace("[", ".", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal)
            .Split('.').Select(name => name.Length == 0 ? name : char.ToLowerInvariant(name[0]) + name[1..]));

    /// <summary>A code set with <c>WithErrorCode</c> as it is; the library's own names (<c>NotEmptyValidator</c>) as snake_case.</summary>
    private static string CodeOf(ValidationFailure failure)
    {
        var code = failure.ErrorCode ?? "invalid";
        return code.EndsWith("Validator", StringComparison.Ordinal)
            ? System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(code[..^"Validator".Length])
            : code;
    }
}
