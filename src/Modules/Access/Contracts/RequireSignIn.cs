using Microsoft.AspNetCore.Builder;

namespace Toolgate.Access;

/// <summary>What a page asks of its visitor.</summary>
public static class RequireSignInExtensions
{
    /// <summary>
    /// The endpoint serves a person who is signed in at the console: anybody else is sent to <c>/sign-in?return=…</c> and back (GET), or refused (POST). A POST must
    /// come from a page of this origin and carry the form's token (<see cref="PageForms.Token"/>) in the field <see cref="PageForms.Field"/>. Sets the request's principal.
    /// </summary>
    public static TBuilder RequireSignIn<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
        => builder.WithMetadata(SignInRequirement.Instance);
}

/// <summary>Marks a page that takes a signed-in person.</summary>
internal sealed class SignInRequirement
{
    public static SignInRequirement Instance { get; } = new();
}
