namespace Toolgate.Access;

/// <summary>Verifies credentials from memory: no I/O, no waiting.</summary>
public interface ICredentials
{
    /// <summary>The principal of a presented bearer token; null for an unknown, expired or revoked one. Constant work for every input.</summary>
    Principal? Verify(ReadOnlySpan<char> token);

    /// <summary>The principal of a live credential by its id, with today's role and scopes; null once it has ended.</summary>
    Principal? Find(string credentialId);

    /// <summary>Another object whenever a credential may have ended or changed: comparing it costs nothing. Expiry alone does not change it.</summary>
    object? Revision => null;

    /// <summary>When the next credential that is live now ends by itself, UTC; null when none will.</summary>
    DateTimeOffset? NextEnd => null;

    /// <summary>Issuers besides this deployment whose access tokens open MCP endpoints, for the metadata of those (RFC 9728).</summary>
    IReadOnlyList<string> Issuers => [];

    /// <summary>Principal served on toolkits that the operator opened to callers without a credential (loopback only); null when none is.</summary>
    Principal? Anonymous { get; }
}

/// <summary>What the rest of Toolgate asks of the current request.</summary>
public static class PrincipalOfRequest
{
    private static readonly object Key = new();

    /// <summary>The verified principal.</summary>
    /// <exception cref="InvalidOperationException">The endpoint is not behind <c>RequireScope</c>.</exception>
    public static Principal Principal(this Microsoft.AspNetCore.Http.HttpContext context)
        => context.Items[Key] as Principal
            ?? throw new InvalidOperationException("No principal: map the endpoint in a group with RequireScope(…).");

    /// <summary>Sets the verified principal; for the authentication filter and tests.</summary>
    public static void SetPrincipal(this Microsoft.AspNetCore.Http.HttpContext context, Principal principal) => context.Items[Key] = principal;
}
