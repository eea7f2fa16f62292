using Microsoft.AspNetCore.Builder;

namespace Toolgate.Access;

/// <summary>What an endpoint asks of its caller.</summary>
public static class RequireScopeExtensions
{
    /// <summary>The endpoint answers only to a credential with every one of <paramref name="scopes"/>: 401 without one, 403 with too little.</summary>
    public static TBuilder RequireScope<TBuilder>(this TBuilder builder, Scopes scopes)
        where TBuilder : IEndpointConventionBuilder
        => builder.Require(new AccessRequirement(scopes, null));

    /// <summary>Either the scopes, or the admin role with <c>manage</c>: what reading the log takes.</summary>
    public static TBuilder RequireScopeOrAdmin<TBuilder>(this TBuilder builder, Scopes scopes)
        where TBuilder : IEndpointConventionBuilder
        => builder.Require(new AccessRequirement(scopes, Role.Admin));

    private static TBuilder Require<TBuilder>(this TBuilder builder, AccessRequirement requirement)
        where TBuilder : IEndpointConventionBuilder
    {
        // Before every other filter: who may no longer come in learns nothing from validation either.
        builder.Add(endpoint => endpoint.FilterFactories.Insert(0, static (_, next) => invocation => StillAllowed.Filter(invocation, next)));
        return builder.WithMetadata(requirement);
    }
}

/// <summary>A requirement on an endpoint.</summary>
/// <param name="Scopes">Scopes that suffice.</param>
/// <param name="OrRole">A role that, with the scope <c>manage</c>, suffices too.</param>
internal sealed record AccessRequirement(Scopes Scopes, Role? OrRole)
{
    /// <summary>Whether the principal meets it.</summary>
    public bool IsMetBy(Principal principal)
        => principal.Has(Scopes) || (OrRole is { } role && principal.Role >= role && principal.Has(Scopes.Manage));
}
