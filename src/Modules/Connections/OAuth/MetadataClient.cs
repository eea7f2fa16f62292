using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>Fetches the small JSON documents of discovery and registration: bounded in bytes and time, under the egress rules, redirected within its origin only.</summary>
internal sealed class MetadataClient(EgressClient egress)
{
    private const int MaxDocument = 256 * 1024;
    private const int MaxDepth = 16;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>A JSON object; null when there is none at this URL.</summary>
    /// <exception cref="OAuthFaultException">It cannot be reached, is too large, or is refused by the egress rules.</exception>
    public Task<JsonElement?> Get(Uri url, CancellationToken cancellationToken) => Guarded(
        url,
        async stop =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
            request.Headers.TryAddWithoutValidation(McpProtocol.VersionHeader, McpProtocol.Modern);
            using var response = await egress.Send(request, PreparedAuth.None, stop, next => RedirectRules.SameOrigin(url, next));
            return response.StatusCode == HttpStatusCode.OK ? await Read(response, url, stop)
                : (int)response.StatusCode < 500 ? null
                : throw new OAuthFaultException("oauth_discovery_failed", $"{url.Host} answered with status {(int)response.StatusCode}.");
        },
        cancellationToken);

    /// <summary>Posts a JSON object and reads one.</summary>
    /// <exception cref="OAuthFaultException">As for <see cref="Get"/>.</exception>
    public Task<(HttpStatusCode Status, JsonElement? Body)> Post(Uri url, object body, CancellationToken cancellationToken) => Guarded(
        url,
        async stop =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, url);
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
            request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            using var response = await egress.Send(request, PreparedAuth.None, stop, next => next == url);
            return (response.StatusCode, await Read(response, url, stop));
        },
        cancellationToken);

    /// <summary>What a server challenges a stranger with; null when it does not challenge.</summary>
    /// <param name="url">The server.</param>
    /// <param name="send">Sends the request of a stranger.</param>
    /// <param name="cancellationToken">The caller gave up.</param>
    public Task<BearerChallenge?> Challenge(Uri url, Func<HttpRequestMessage> send, CancellationToken cancellationToken) => Guarded(
        url,
        async stop =>
        {
            using var request = send();
            using var response = await egress.Send(request, PreparedAuth.None, stop, next => RedirectRules.SameOrigin(url, next));
            return response.StatusCode == HttpStatusCode.Unauthorized ? BearerChallenge.Of(response) : null;
        },
        cancellationToken);

    private static async Task<JsonElement?> Read(HttpResponseMessage response, Uri url, CancellationToken cancellationToken)
    {
        using var body = await BoundedBody.Read(response, MaxDocument, cancellationToken)
            ?? throw new OAuthFaultException("oauth_discovery_failed", $"What {url.Host} answered is larger than {MaxDocument} bytes.");
        try
        {
            using var document = JsonDocument.Parse(body.Memory, new JsonDocumentOptions { MaxDepth = MaxDepth });
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static async Task<T> Guarded<T>(Uri url, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Timeout);
        try
        {
            return await work(timeout.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OAuthFaultException("oauth_discovery_failed", $"{url.Host} did not answer within {Timeout.TotalSeconds:0} seconds.");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or EgressRefusedException)
        {
            throw exception.GetBaseException() is EgressRefusedException refused
                ? new OAuthFaultException("egress_refused", refused.Message)
                : new OAuthFaultException("oauth_discovery_failed", $"{url.Host} cannot be reached.");
        }
    }
}

/// <summary>An authorization cannot begin or end; the message is for a person and holds no secret.</summary>
/// <param name="code">Stable code of the problem.</param>
/// <param name="message">What is wrong.</param>
internal sealed class OAuthFaultException(string code, string message) : Exception(message)
{
    /// <summary>Stable code of the problem.</summary>
    public string Code => code;
}
