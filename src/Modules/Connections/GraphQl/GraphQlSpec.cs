using System.Text;
using System.Text.Json;
using FluentValidation;

namespace Toolgate.Connections;

/// <summary>Where a GraphQL API is and, when the endpoint is not to be asked for it, its schema.</summary>
/// <param name="Endpoint">Where operations are posted.</param>
/// <param name="Introspection">The result of an introspection query: the JSON object or its text.</param>
/// <param name="Sdl">The schema in the schema language.</param>
internal sealed record GraphQlSpec(string? Endpoint, JsonElement? Introspection = null, string? Sdl = null)
{
    /// <summary>Whether the request carries the schema.</summary>
    public bool IsInline => Introspection is not null || Sdl is not null;

    /// <summary>The member that carries it, for refusals.</summary>
    public string Pointer => Introspection is not null ? "/introspection" : Sdl is not null ? "/sdl" : "/endpoint";

    /// <summary>The bytes of an inline schema; null when the endpoint is to be asked.</summary>
    public ReadOnlyMemory<byte>? Inline() => Introspection?.ValueKind switch
    {
        JsonValueKind.String => (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(Introspection.Value.GetString()!),
        JsonValueKind.Object => (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(Introspection.Value.GetRawText()),
        _ => Sdl is null ? null : (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(Sdl),
    };
}

/// <summary>Rules of <see cref="GraphQlSpec"/>.</summary>
internal sealed class GraphQlSpecValidator : AbstractValidator<GraphQlSpec>
{
    public GraphQlSpecValidator()
    {
        RuleFor(spec => spec.Endpoint).Must(url => BaseUrls.IsFetchable(url) && new Uri(url!).Fragment.Length == 0)
            .WithErrorCode("invalid_url").WithMessage("The endpoint must be an absolute URL, http or https, without user name, password and fragment.");
        RuleFor(spec => spec).Must(spec => spec.Introspection is null || spec.Sdl is null).OverridePropertyName("sdl")
            .WithErrorCode("one_of").WithMessage("Give introspection or sdl, not both.");
        RuleFor(spec => spec.Introspection).Must(introspection => introspection?.ValueKind is null or JsonValueKind.String or JsonValueKind.Object)
            .WithErrorCode("wrong_type").WithMessage("The introspection must be a JSON object or its text.");
    }
}
