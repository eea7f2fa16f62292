using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>
/// Finds out what an integration's authorizations are made with.
/// <code>
/// URLs in the template ───────────────────────────────────────────────► those
/// issuer in the template ────────────────────────► RFC 8414, OIDC ────► what its metadata say
/// MCP server ─ 401 ─► RFC 9728 metadata ─► issuer ─► RFC 8414, OIDC ──► what its metadata say
///                └─ none ─► its origin is the issuer (2025-03-26) ────► metadata, else /authorize, /token, /register
/// </code>
/// </summary>
internal sealed class AuthorizationDiscovery(MetadataClient metadata)
{
    private const string OfflineAccess = "offline_access";

    /// <summary>What a stranger asks: some servers challenge at the handshake, others only for their lists.</summary>
    private static readonly byte[][] Questions =
    [
        JsonSerializer.SerializeToUtf8Bytes(new
        {
            jsonrpc = "2.0",
            id = 0,
            method = McpProtocol.Initialize,
            @params = new { protocolVersion = McpProtocol.Legacy, capabilities = new { }, clientInfo = new { name = "toolgate", version = "1" } },
        }),
        JsonSerializer.SerializeToUtf8Bytes(new { jsonrpc = "2.0", id = 1, method = "tools/list", @params = new { } }),
    ];

    /// <summary>Whether the authorization server is found by asking somebody.</summary>
    public static bool Asks(AuthTemplate template) => AuthorizationCode.FlowOf(template) is { } flow && AuthorizationCode.IsDiscovered(template, flow);

    /// <summary>The target of a template.</summary>
    /// <exception cref="OAuthFaultException">It cannot be found out, or is not to be trusted.</exception>
    public async Task<AuthorizationTarget> Find(Integration integration, AuthTemplate template, CancellationToken cancellationToken)
    {
        try
        {
            return await Look(integration, template, cancellationToken);
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair in a document has no text form.
            throw new OAuthFaultException("oauth_discovery_failed", "The metadata hold something that is no text.");
        }
    }

    private async Task<AuthorizationTarget> Look(Integration integration, AuthTemplate template, CancellationToken cancellationToken)
    {
        var flow = AuthorizationCode.FlowOf(template) ?? throw new OAuthFaultException("template_unusable", $"The template '{template.Slug}' has no authorization code flow that could be used.");
        if (template.Issuer is { } issuer)
        {
            var server = await Server(issuer, cancellationToken) ?? throw NoMetadata();
            return new AuthorizationTarget(server, null, flow.Scopes);
        }

        if (!AuthorizationCode.IsDiscovered(template, flow))
        {
            var token = OAuthUrls.Endpoint(flow.TokenUrl)!;
            return new AuthorizationTarget(
                new AuthorizationServer(OAuthUrls.OriginOf(token), OAuthUrls.Endpoint(flow.AuthorizationUrl)!, token) { RefreshEndpoint = OAuthUrls.Endpoint(flow.RefreshUrl) ?? token },
                null, flow.Scopes);
        }

        return integration.Server is { Url: { } url } server2 && OAuthUrls.Endpoint(url) is { } resource
            ? await OfServer(resource, server2.Transport == McpServer.Sse, cancellationToken)
            : throw new OAuthFaultException("oauth_discovery_failed", "There is nothing that could be asked for the authorization server: name its issuer, or its endpoints, in the template.");
    }

    private async Task<AuthorizationTarget> OfServer(Uri resource, bool isSse, CancellationToken cancellationToken)
    {
        var challenge = await Challenge(resource, isSse, cancellationToken);
        if (await Resource(resource, challenge, cancellationToken) is not { } document)
        {
            return await OfOrigin(resource, challenge, cancellationToken);
        }

        if (!ServerMetadata.Covers(document.Text("resource"), resource))
        {
            throw new OAuthFaultException("oauth_resource_mismatch", "The metadata of the server speak of another resource.");
        }

        var issuers = ServerMetadata.IssuersOf(document);
        if (issuers.Length == 0)
        {
            throw new OAuthFaultException("oauth_discovery_failed", "The metadata of the server name no authorization server that could be spoken to.");
        }

        var server = await Server(issuers[0], cancellationToken) ?? throw NoMetadata();
        return new AuthorizationTarget(server, document.Text("resource"), Scopes(challenge, ServerMetadata.ScopesOf(document), server));
    }

    /// <summary>A server of 2025-03-26 is its own authorization server, and where it says nothing of itself its endpoints have fixed names.</summary>
    private async Task<AuthorizationTarget> OfOrigin(Uri resource, BearerChallenge? challenge, CancellationToken cancellationToken)
    {
        var origin = OAuthUrls.OriginOf(resource);
        if (await Server(origin, cancellationToken, origin + "/") is not { } server)
        {
            if (challenge is null)
            {
                throw new OAuthFaultException("oauth_not_offered", "The server neither asks for authorization nor says where it could be had.");
            }

            server = new AuthorizationServer(origin, new Uri(origin + "/authorize"), new Uri(origin + "/token")) { RegistrationEndpoint = new Uri(origin + "/register"), IsStated = true };
        }

        return new AuthorizationTarget(server, resource.OriginalString, Scopes(challenge, [], server));
    }

    private async Task<JsonElement?> Resource(Uri resource, BearerChallenge? challenge, CancellationToken cancellationToken)
    {
        if (challenge?.ResourceMetadata is { } named)
        {
            return OAuthUrls.Endpoint(named) is { } url
                ? await metadata.Get(url, cancellationToken) ?? throw new OAuthFaultException("oauth_discovery_failed", "There are no metadata where the server says that they are.")
                : throw new OAuthFaultException("oauth_endpoints_unusable", "The server names metadata that are neither https nor on this machine.");
        }

        foreach (var url in ServerMetadata.ResourceUrls(resource))
        {
            if (await metadata.Get(url, cancellationToken) is { } document)
            {
                return document;
            }
        }

        return null;
    }

    /// <summary>The server of an issuer; null when it publishes nothing.</summary>
    private async Task<AuthorizationServer?> Server(string issuer, CancellationToken cancellationToken, string? alias = null)
    {
        foreach (var url in ServerMetadata.IssuerUrls(new Uri(issuer)))
        {
            if (await metadata.Get(url, cancellationToken) is { } document)
            {
                // An origin has two spellings; whoever was not told one may be answered either.
                return ServerMetadata.ServerOf(document, alias is not null && document.Text("issuer") == alias ? alias : issuer);
            }
        }

        return null;
    }

    /// <summary>The scopes of the challenge, else those of the resource, else none (MCP "Scope Selection Strategy"), and what a refresh token takes (SEP-2207).</summary>
    private static ImmutableArray<string> Scopes(BearerChallenge? challenge, ImmutableArray<string> supported, AuthorizationServer server)
    {
        ImmutableArray<string> scopes = challenge is { Scope.Count: > 0 } ? [.. challenge.Scope] : supported;
        return server.Scopes.Contains(OfflineAccess) && !scopes.Contains(OfflineAccess) ? [.. scopes, OfflineAccess] : scopes;
    }

    private async Task<BearerChallenge?> Challenge(Uri url, bool isSse, CancellationToken cancellationToken)
    {
        if (isSse)
        {
            return await metadata.Challenge(url, () => Stranger(HttpMethod.Get, url, null), cancellationToken);
        }

        foreach (var question in Questions)
        {
            if (await metadata.Challenge(url, () => Stranger(HttpMethod.Post, url, question), cancellationToken) is { } challenge)
            {
                return challenge;
            }
        }

        return null;
    }

    private static HttpRequestMessage Stranger(HttpMethod method, Uri url, byte[]? question)
    {
        var request = new HttpRequestMessage(method, url);
        request.Headers.TryAddWithoutValidation("Accept", question is null ? "text/event-stream" : "application/json, text/event-stream");
        request.Content = question is null ? null : new ByteArrayContent(question) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        return request;
    }

    private static OAuthFaultException NoMetadata() => new("oauth_discovery_failed", "The authorization server publishes no metadata.");
}
