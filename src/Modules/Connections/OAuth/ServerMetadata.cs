using System.Collections.Immutable;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>Reads what servers publish of themselves: protected resources (RFC 9728) and authorization servers (RFC 8414, OpenID Connect Discovery 1.0).</summary>
internal static class ServerMetadata
{
    private const string ResourceName = "/.well-known/oauth-protected-resource";
    private const int MaxServers = 20;

    /// <summary>Where the metadata of a resource may be: inserted in front of its path, then at the root (RFC 9728 section 3.1, MCP "Protected Resource Metadata Discovery").</summary>
    public static IEnumerable<Uri> ResourceUrls(Uri resource)
    {
        var origin = OAuthUrls.OriginOf(resource);
        var path = resource.AbsolutePath.TrimEnd('/');
        return path.Length == 0 ? [new Uri(origin + ResourceName)] : [new Uri(origin + ResourceName + path), new Uri(origin + ResourceName)];
    }

    /// <summary>Where the metadata of an issuer may be, in the order in which clients of MCP ask.</summary>
    public static IEnumerable<Uri> IssuerUrls(Uri issuer)
    {
        const string oauth = "/.well-known/oauth-authorization-server";
        const string openId = "/.well-known/openid-configuration";
        var origin = OAuthUrls.OriginOf(issuer);
        var path = issuer.AbsolutePath.TrimEnd('/');
        return path.Length == 0
            ? [new Uri(origin + oauth), new Uri(origin + openId)]
            : [new Uri(origin + oauth + path), new Uri(origin + openId + path), new Uri(origin + path + openId)];
    }

    /// <summary>
    /// Whether metadata speak of this resource. RFC 9728 section 3.3 asks for the same identifier; servers of MCP name their origin or a parent of their path as
    /// well, and their clients take it. Another origin, or a path that is no parent, is another resource: a token for it would be replayed.
    /// </summary>
    public static bool Covers(string? stated, Uri resource) => OAuthUrls.Endpoint(stated) is { } url && RedirectRules.SameOrigin(url, resource)
        && (resource.AbsolutePath + "/").StartsWith(url.AbsolutePath.TrimEnd('/') + "/", StringComparison.Ordinal);

    /// <summary>The issuers that a resource trusts.</summary>
    public static ImmutableArray<string> IssuersOf(JsonElement resource) => [.. Texts(resource, "authorization_servers").Where(OAuthUrls.IsIssuer).Take(MaxServers)];

    /// <summary>The scopes of a document.</summary>
    public static ImmutableArray<string> ScopesOf(JsonElement document)
        => [.. Texts(document, "scopes_supported").Where(OAuthScopes.IsScope).Distinct(StringComparer.Ordinal).Take(OAuthScopes.Most)];

    /// <summary>The server that a document describes.</summary>
    /// <param name="document">The metadata.</param>
    /// <param name="issuer">The issuer that was asked for: the document must state the very same (RFC 8414 section 3.3), compared as text.</param>
    /// <exception cref="OAuthFaultException">It is another issuer's, lacks what is needed, or does not support PKCE by S256.</exception>
    public static AuthorizationServer ServerOf(JsonElement document, string issuer)
    {
        if (document.Text("issuer") != issuer)
        {
            throw new OAuthFaultException("oauth_issuer_mismatch", "The metadata of the authorization server state another issuer than the one that was asked for.");
        }

        if (!Texts(document, "code_challenge_methods_supported").Contains("S256"))
        {
            throw new OAuthFaultException("oauth_pkce_missing", "The authorization server does not say that it supports PKCE with S256.");
        }

        return OAuthUrls.Endpoint(document.Text("authorization_endpoint")) is { } authorization && OAuthUrls.Endpoint(document.Text("token_endpoint")) is { } token
            ? new AuthorizationServer(issuer, authorization, token)
            {
                RegistrationEndpoint = OAuthUrls.Endpoint(document.Text("registration_endpoint")),
                RevocationEndpoint = OAuthUrls.Endpoint(document.Text("revocation_endpoint")),
                AuthMethods = [.. Texts(document, "token_endpoint_auth_methods_supported")],
                Scopes = ScopesOf(document),
                ReadsClientDocuments = document.Flag("client_id_metadata_document_supported") == true,
                NamesItself = document.Flag("authorization_response_iss_parameter_supported") == true,
                IsStated = true,
            }
            : throw new OAuthFaultException("oauth_endpoints_unusable", "The endpoints of the authorization server are missing, or are neither https nor on this machine.");
    }

    private static IEnumerable<string> Texts(JsonElement document, string name)
        => document.Elements(name).Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()).OfType<string>();
}
