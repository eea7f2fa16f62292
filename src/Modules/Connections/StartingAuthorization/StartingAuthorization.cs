using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Toolgate.Rest;

namespace Toolgate.Connections;

/// <summary>Begins the authorization of a connection, one that is to be made or one that exists.</summary>
/// <param name="Owner"><c>org</c> for everyone, <c>user</c> for the caller alone.</param>
/// <param name="Integration">Slug of the integration.</param>
/// <param name="Name">Name of the connection, made a camelCase identifier.</param>
/// <param name="Template">Slug of an auth template with an authorization code flow; that of the connection, else the integration's first when it is not given.</param>
/// <param name="Scopes">The scopes to ask for; those of the template, or those that the server names, when they are not given.</param>
/// <param name="Toolkit">Slug of the toolkit that the person came for; shown at the end.</param>
/// <param name="Description">What a new connection is for.</param>
internal sealed record StartAuthorization(
    string? Owner, string? Integration, string? Name, string? Template = null, IReadOnlyList<string>? Scopes = null, string? Toolkit = null, string? Description = null);

/// <summary>An authorization that was begun.</summary>
/// <param name="AuthorizationUrl">Where the person's browser goes next: to the authorization server.</param>
/// <param name="State">What the authorization server sends back. It works once, within 15 minutes, in a browser where the same person is signed in.</param>
internal sealed record StartedAuthorization(string AuthorizationUrl, string State);

/// <summary>Rules of <see cref="StartAuthorization"/>.</summary>
internal sealed class StartAuthorizationValidator : AbstractValidator<StartAuthorization>
{
    private const int MaxToolkit = 64;

    public StartAuthorizationValidator()
    {
        RuleFor(command => command.Owner).Must(owner => owner is "org" or "user").WithErrorCode("invalid_owner").WithMessage("The owner is org or user.");
        RuleFor(command => command.Integration).NotEmpty().WithErrorCode("required").WithMessage("Name the integration.");
        RuleFor(command => command.Name).NotNull().WithErrorCode("required").WithMessage("The connection needs a name.");
        RuleFor(command => command.Name).Must(name => name is null || (name.Length <= 200 && ConnectionName.Normalise(name).Length <= ConnectionName.MaxLength))
            .WithErrorCode("too_long").WithMessage($"The name is longer than {ConnectionName.MaxLength} characters.");
        RuleFor(command => command.Name).Must(name => name is null || !AuthTemplateRules.HasControl(name))
            .WithErrorCode("invalid_name").WithMessage("The name must not hold control characters.");
        RuleFor(command => command.Scopes).Must(scopes => scopes is null || (scopes.Count <= OAuthScopes.Most && scopes.All(scope => scope is not null && OAuthScopes.IsScope(scope))))
            .WithErrorCode("invalid_scopes").WithMessage($"At most {OAuthScopes.Most} scopes, visible ASCII without blanks, quotes and backslashes.");
        RuleFor(command => command.Toolkit).Must(toolkit => toolkit is null || (toolkit.Length <= MaxToolkit && toolkit.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')))
            .WithErrorCode("invalid_toolkit").WithMessage("The slug of a toolkit has letters, digits and dashes.");
        RuleFor(command => command.Description).MaximumLength(DescribingRules.MaxDescription)
            .Must(DescribingRules.IsDescription).WithErrorCode("invalid_description").WithMessage(DescribingRules.DescriptionMessage);
    }
}

/// <summary><c>POST /connections/oauth/start</c>.</summary>
internal static class StartingAuthorization
{
    public static void Map(IEndpointRouteBuilder group) => group.MapPost("/oauth/start", Handle)
        .WithName("startAuthorization").WithSummary("Begins the authorization of a connection by a person; the answer says where their browser goes.").NotATool().ShowsSecretOnce();

    private static async Task<Results<Ok<StartedAuthorization>, ProblemResult>> Handle(
        StartAuthorization command, AuthorizationDesk desk, HttpContext context, CancellationToken cancellationToken)
    {
        var (started, rejection) = await desk.Begin(command, context, cancellationToken);
        return started is null ? Problem.Of(rejection!) : TypedResults.Ok(started);
    }
}
