using System.Text;
using System.Text.Json;
using FluentValidation;

namespace Toolgate.Connections;

/// <summary>Where a document is: exactly one of the two.</summary>
/// <param name="Url">Where to fetch it, http or https.</param>
/// <param name="Document">The document itself: its text (JSON or YAML) as a string, or the JSON object.</param>
internal sealed record SpecSource(string? Url = null, JsonElement? Document = null)
{
    /// <summary>The bytes of an inline document; null when it is to be fetched.</summary>
    public ReadOnlyMemory<byte>? Inline() => Document?.ValueKind switch
    {
        // Typed arm by arm: an array's null would become an empty document.
        JsonValueKind.String => (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(Document.Value.GetString()!),
        JsonValueKind.Object => (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(Document.Value.GetRawText()),
        _ => null,
    };
}

/// <summary>Rules of <see cref="SpecSource"/>.</summary>
internal sealed class SpecSourceValidator : AbstractValidator<SpecSource>
{
    public SpecSourceValidator()
    {
        RuleFor(spec => spec)
            .Must(spec => (spec.Url is null) != (spec.Document is null))
            .OverridePropertyName("").WithErrorCode("one_of").WithMessage("Give exactly one of url and document.");
        RuleFor(spec => spec.Url).Must(BaseUrls.IsFetchable).When(spec => spec.Url is not null)
            .WithErrorCode("invalid_url").WithMessage("The URL must be absolute, http or https, and hold no user name or password.");
        RuleFor(spec => spec.Document).Must(document => document?.ValueKind is null or JsonValueKind.String or JsonValueKind.Object)
           .WithErrorCode("wrong_type").WithMessage("The document must be its text or a JSON object.");
    }
}

/// <summary>URLs that people write.</summary>
internal static class BaseUrls
{
    private const int MaxLength = 2_048;

    /// <summary>Whether a document can be fetched there. The class Uri forgives control characters; the log, which keeps the text, does not.</summary>
    public static bool IsFetchable(string? url) => url is { Length: <= MaxLength } && !AuthTemplateRules.HasControl(url) && Uri.TryCreate(url, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps) && uri.UserInfo.Length == 0 && uri.Host.Length > 0;

    /// <summary>Whether it can stand in front of the paths of a document: no query, no fragment.</summary>
    public static bool IsBase(string? url) => IsFetchable(url) && new Uri(url!) is { Query: "", Fragment: "" };
}
