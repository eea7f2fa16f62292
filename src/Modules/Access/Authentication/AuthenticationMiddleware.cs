using Microsoft.AspNetCore.Http;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>Authenticates endpoints that carry a requirement: 401 without a live credential, 403 when it allows too little.</summary>
internal sealed class AuthenticationMiddleware(RequestDelegate next, ICredentials credentials)
{
    private const string Scheme = "Bearer ";

    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<AccessRequirement>() is not { } requirement)
        {
            return next(context);
        }

        var header = context.Request.Headers.Authorization.ToString();
        var principal = context.Features.Get<ActingAs>() is { } acting ? credentials.Find(acting.Principal.CredentialId)
            : header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? credentials.Verify(header.AsSpan(Scheme.Length).Trim()) : null;
        if (principal is null)
        {
            return StillAllowed.Unauthenticated(context, presented: header.Length > 0).ExecuteAsync(context);
        }

        if (!requirement.IsMetBy(principal))
        {
            return StillAllowed.TooLittle(requirement).ExecuteAsync(context);
        }

        context.SetPrincipal(principal);
        context.Features.Set(new RequestActor(principal.Id));
        return next(context);
    }
}
