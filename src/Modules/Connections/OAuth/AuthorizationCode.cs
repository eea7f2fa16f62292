using System.Security.Cryptography;
using System.Buffers.Text;
using System.Text;

namespace Toolgate.Connections;

/// <summary>The authorization code flow (OAuth 2.1 section 4.1): which templates have it, and its random values.</summary>
internal static class AuthorizationCode
{
    /// <summary>The word for the flow in source documents.</summary>
    public const string Flow = "authorizationCode";

    /// <summary>Where MCP servers are: the template that every one over HTTP has, and that is told by the server itself what it needs.</summary>
    public static AuthTemplate Discovered { get; } = new("oauth", AuthKind.OAuth2, "OAuth", []) { Flows = [new AuthFlow(Flow, null, null, null, [])] };

    /// <summary>The flow of a template that a person begins; null when it has none that could be used.</summary>
    public static AuthFlow? FlowOf(AuthTemplate template) => template.Kind != AuthKind.OAuth2 ? null
        : template.Flows.FirstOrDefault(flow => flow.Flow == Flow && flow.Scopes.Length <= OAuthScopes.Most && (IsDiscovered(template, flow) || IsWritten(flow)));

    /// <summary>Whether its endpoints are to be found out.</summary>
    public static bool IsDiscovered(AuthTemplate template, AuthFlow flow) => template.Issuer is not null || (flow.AuthorizationUrl is null && flow.TokenUrl is null);

    /// <summary>A random value of 256 bits, base64url: a state, or a verifier (RFC 7636 section 4.1).</summary>
    public static string NewSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>The challenge of a verifier, by <c>S256</c> (RFC 7636 section 4.2).</summary>
    public static string ChallengeOf(string verifier) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));

    private static bool IsWritten(AuthFlow flow) => OAuthUrls.Endpoint(flow.AuthorizationUrl) is not null && OAuthUrls.Endpoint(flow.TokenUrl) is not null
        && (flow.RefreshUrl is null || IsBeside(flow.RefreshUrl, flow.TokenUrl!));

    /// <summary>Whether both are at one origin: a client and its secret were registered for that of the token endpoint.</summary>
    private static bool IsBeside(string refresh, string token)
        => OAuthUrls.Endpoint(refresh) is { } one && OAuthUrls.Endpoint(token) is { } other && OAuthUrls.OriginOf(one) == OAuthUrls.OriginOf(other);
}
