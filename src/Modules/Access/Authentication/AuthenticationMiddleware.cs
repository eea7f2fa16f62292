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
        var principal = header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? credentials.Verify(header.AsSpan(Scheme.Length).Trim()) : null;
        if (principal is null)
        {
            context.Response.Headers.WWWAuthenticate = header.Length == 0 ? "Bearer" : "Bearer error=\"invalid_token\"";
            return Problem.Of(401, "unauthenticated", "Send a live API key: Authorization: Bearer <key>.").ExecuteAsync(context);
        }

        if (!requirement.IsMetBy(principal))
        {
            return Problem.Of(403, "insufficient_scope", $"This takes the scope {ScopeNames.Text(requirement.Scopes)}.").ExecuteAsync(context);
        }

        context.SetPrincipal(principal);
        context.Features.Set(new RequestActor(principal.Id));
        return next(context);
    }
}
