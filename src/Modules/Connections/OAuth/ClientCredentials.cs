using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Toolgate.Connections;

/// <summary>An access token of an upstream. Lives in memory only; never logged, never serialised.</summary>
/// <param name="Value">The token.</param>
/// <param name="Until">When another one is asked for: 60 seconds before its end, or at half of a shorter life.</param>
internal sealed record AccessToken(string Value, DateTimeOffset Until)
{
    /// <summary>Keeps the token out of anything that prints it.</summary>
    public override string ToString() => nameof(AccessToken);
}

/// <summary>
/// Obtains access tokens for a client of its own (RFC 6749 section 4.4). There is no refresh token: another access token is asked for instead, so that hosts
/// that share a database need not agree on one.
/// </summary>
internal sealed class ClientCredentials(EgressClient egress, TimeProvider time)
{
    /// <summary>The variable for the identifier of the client.</summary>
    public const string ClientId = "clientId";

    /// <summary>The variable for its secret.</summary>
    public const string ClientSecret = "clientSecret";

    /// <summary>What is said when the token endpoint refuses the client.</summary>
    public const string RefusedCode = "oauth_refresh_failed";

    private const int MaxAnswer = 64 * 1024;
    private const int MaxScopes = 100;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    /// <summary>The flow of a template that needs nobody at a browser; null when it has none that could be used.</summary>
    public static AuthFlow? FlowOf(AuthTemplate template) => template.Kind != AuthKind.OAuth2 ? null
        : template.Flows.FirstOrDefault(flow => flow.Flow == "clientCredentials" && EndpointOf(flow) is not null && flow.Scopes.Length <= MaxScopes);

    /// <summary>Asks the token endpoint for a token.</summary>
    /// <exception cref="McpFault">There is none: <c>oauth_refresh_failed</c> when the endpoint refuses or answers nonsense, <c>upstream_unavailable</c> when it cannot be reached.</exception>
    public async Task<AccessToken> Obtain(AuthFlow flow, string clientId, string clientSecret)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        try
        {
            return await Ask(EndpointOf(flow)!, flow.Scopes, clientId, clientSecret, timeout.Token);
        }
        catch (OperationCanceledException)
        {
            throw McpFault.Unavailable($"The token endpoint did not answer within {Timeout.TotalSeconds:0} seconds.");
        }
        catch (Exception exception) when (exception is IOException || (exception is HttpRequestException && exception.GetBaseException() is not EgressRefusedException))
        {
            throw McpFault.Unavailable("The token endpoint cannot be reached.");
        }
    }

    private async Task<AccessToken> Ask(Uri endpoint, ImmutableArray<string> scopes, string clientId, string clientSecret, CancellationToken cancellationToken)
    {
        var form = new List<KeyValuePair<string, string>> { new("grant_type", "client_credentials") };
        if (scopes.Length > 0)
        {
            form.Add(new("scope", string.Join(' ', scopes)));
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new FormUrlEncodedContent(form) };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));

        // Section 2.3.1: both are form-encoded before they become a user name and a password.
        var pair = $"{WebUtility.UrlEncode(clientId)}:{WebUtility.UrlEncode(clientSecret)}";
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));

        // The secret of the client goes to this very URL: a redirect to any other is refused.
        using var response = await egress.Send(request, PreparedAuth.None, cancellationToken, url => url == endpoint);
        var status = (int)response.StatusCode;
        if (status >= 500 || response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout)
        {
            throw McpFault.Unavailable($"The token endpoint answered with status {status}.");
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw Refused($"The token endpoint refused the client of this connection (status {status}).");
        }

        using var body = await BoundedBody.Read(response, MaxAnswer, cancellationToken);
        return body is not null && TokenAnswer.Of(body.Memory, time.GetUtcNow()) is { } token
            ? token
            : throw Refused("The token endpoint answered with something that is no bearer token.");
    }

    /// <summary>Where the tokens are: over https, or in the clear on this machine where the operator allows that.</summary>
    private static Uri? EndpointOf(AuthFlow flow) => Uri.TryCreate(flow.TokenUrl, UriKind.Absolute, out var url) && url.UserInfo.Length == 0 && url.Fragment.Length == 0
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)) ? url : null;

    private static McpFailureException Refused(string message) => new(new ToolError(RefusedCode, message, Retryable: false));
}
