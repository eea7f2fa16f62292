using Microsoft.AspNetCore.Http;

namespace Toolgate.Sessions;

/// <summary>Tells a client how to get a credential (RFC 6750 section 3, RFC 9728 section 5.1).</summary>
internal static class Challenge
{
    /// <summary>The path under which a resource's metadata is served.</summary>
    public const string WellKnown = "/.well-known/oauth-protected-resource";

    /// <summary>401: no credential, or one that is not valid. <paramref name="id"/> is that of the request, where it has one.</summary>
    public static async Task Unauthorized(HttpContext context, string origin, bool presented, ValueTask<ReadOnlyMemory<byte>> id)
    {
        context.Response.Headers.WWWAuthenticate =
            $"Bearer resource_metadata=\"{Metadata(context, origin)}\", scope=\"mcp\"{(presented ? ", error=\"invalid_token\"" : "")}";
        await McpResponse.Error(context, StatusCodes.Status401Unauthorized, ErrorCodes.NotFound, presented
            ? "The credential is not valid here: it is unknown, expired, revoked or for another audience."
            : "A credential is needed: send Authorization: Bearer with an API key or access token that may invoke tools.", await id);
    }

    /// <summary>403: the credential is good, its scope is too small.</summary>
    public static async Task InsufficientScope(HttpContext context, string origin, ValueTask<ReadOnlyMemory<byte>> id)
    {
        context.Response.Headers.WWWAuthenticate =
            $"Bearer error=\"insufficient_scope\", scope=\"mcp\", resource_metadata=\"{Metadata(context, origin)}\"";
        await McpResponse.Error(context, StatusCodes.Status403Forbidden, ErrorCodes.Forbidden, "The credential needs the scope tools:invoke.", await id);
    }

    private static string Metadata(HttpContext context, string origin) => origin + WellKnown + context.Request.Path.ToUriComponent().TrimEnd('/');
}
