using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>
/// Looks at the credential again once the request is bound. Middleware sees a request before its body was read, and a body may take as
/// long as its sender likes: a key that was revoked meanwhile must not act, nor a member with the role it had.
/// </summary>
internal static class StillAllowed
{
    /// <summary>Sets the principal as it is now, or refuses as <see cref="AuthenticationMiddleware"/> would.</summary>
    public static ValueTask<object?> Filter(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var context = invocation.HttpContext;
        if (context.GetEndpoint()?.Metadata.GetMetadata<AccessRequirement>() is not { } requirement)
        {
            return next(invocation);
        }

        var credentials = context.RequestServices.GetRequiredService<ICredentials>();
        if (credentials.Find(context.Principal().CredentialId) is not { } principal)
        {
            return ValueTask.FromResult<object?>(Unauthenticated(context, presented: true));
        }

        if (!requirement.IsMetBy(principal))
        {
            return ValueTask.FromResult<object?>(TooLittle(requirement));
        }

        context.SetPrincipal(principal);
        return next(invocation);
    }

    /// <summary>401, with the challenge of RFC 6750 section 3.</summary>
    public static ProblemResult Unauthenticated(HttpContext context, bool presented)
    {
        context.Response.Headers.WWWAuthenticate = presented ? "Bearer error=\"invalid_token\"" : "Bearer";
        return Problem.Of(401, "unauthenticated", "Send a live API key (Authorization: Bearer <key>), or sign in at /sign-in.");
    }

    /// <summary>403.</summary>
    public static ProblemResult TooLittle(AccessRequirement requirement)
        => Problem.Of(403, "insufficient_scope", $"This takes the scope {ScopeNames.Text(requirement.Scopes)}.");
}
