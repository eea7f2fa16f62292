using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Toolgate.Access;

/// <summary>
/// Talks to the provider: metadata, keys, codes, claims. The operator named it, so that it may be in a private network; but redirects are not followed, answers are
/// bounded, and every address that it names must be as safe as its own.
/// </summary>
internal sealed class Provider : IDisposable
{
    private const int MostBytes = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FreshFor = TimeSpan.FromHours(1);

    private readonly OpenIdConnectOptions options;
    private readonly TimeProvider time;
    private readonly SemaphoreSlim reading = new(1);
    private readonly HttpClient http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = Patience, PooledConnectionLifetime = TimeSpan.FromMinutes(2),
    })
    {
        Timeout = Patience, MaxResponseContentBufferSize = MostBytes,
    };

    private volatile Known? known;

    public Provider(IOptions<AccessOptions> options, TimeProvider time) => (this.options, this.time) = (options.Value.OpenIdConnect, time);

    /// <summary>What the provider says of itself, at most an hour old.</summary>
    /// <param name="except">Metadata that turned out to be stale: it is read anew unless that has happened meanwhile.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ProviderException">It cannot be reached, or says nonsense.</exception>
    public async Task<ProviderMetadata> Metadata(ProviderMetadata? except, CancellationToken cancellationToken)
    {
        if (Fresh(except) is { } fresh)
        {
            return fresh;
        }

        await reading.WaitAsync(cancellationToken);
        try
        {
            if (Fresh(except) is { } meanwhile)
            {
                return meanwhile;
            }

            using var document = await Read(new HttpRequestMessage(HttpMethod.Get, options.Issuer!.TrimEnd('/') + "/.well-known/openid-configuration"), cancellationToken);
            using var keys = await Read(new HttpRequestMessage(HttpMethod.Get, ProviderMetadata.KeysOf(document.RootElement)), cancellationToken);
            var metadata = ProviderMetadata.Read(document.RootElement, options.Issuer, keys.RootElement.GetRawText());
            known = new Known(metadata, time.GetUtcNow());
            return metadata;
        }
        finally
        {
            reading.Release();
        }
    }

    /// <summary>Exchanges a code (OpenID Connect Core 1.0 section 3.1.3, RFC 7636 section 4.5).</summary>
    /// <exception cref="ProviderException">The provider refuses it, cannot be reached, or says nonsense.</exception>
    public async Task<(string IdToken, string? AccessToken)> Exchange(
        ProviderMetadata metadata, string code, string verifier, string redirectUri, CancellationToken cancellationToken)
    {
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "authorization_code", ["code"] = code, ["redirect_uri"] = redirectUri, ["code_verifier"] = verifier, ["client_id"] = options.ClientId!,
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, metadata.TokenEndpoint);
        if (options.ClientSecret is { } secret && metadata.TakesBasic)
        {
            // RFC 6749 section 2.3.1: both parts are form-encoded before they are joined.
            request.Headers.Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{WebUtility.UrlEncode(options.ClientId)}:{WebUtility.UrlEncode(secret)}")));
        }
        else if (options.ClientSecret is { } posted)
        {
            form["client_secret"] = posted;
        }

        request.Content = new FormUrlEncodedContent(form);
        using var answer = await Read(request, cancellationToken, refused: "code_refused");
        return Text(answer, "id_token") is { } token ? (token, Text(answer, "access_token")) : throw new ProviderException("no_id_token");
    }

    /// <summary>Claims of the person behind an access token (OpenID Connect Core 1.0 section 5.3).</summary>
    /// <exception cref="ProviderException">The provider refuses it, cannot be reached, or says nonsense.</exception>
    public async Task<JsonDocument> UserInfo(string endpoint, string accessToken, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, endpoint);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        return await Read(request, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        http.Dispose();
        reading.Dispose();
    }

    private ProviderMetadata? Fresh(ProviderMetadata? except)
        => known is { } last && !ReferenceEquals(last.Metadata, except) && time.GetUtcNow() - last.At < FreshFor ? last.Metadata : null;

    private async Task<JsonDocument> Read(HttpRequestMessage request, CancellationToken cancellationToken, string refused = "provider_unreachable")
    {
        try
        {
            using (request)
            {
                using var response = await http.SendAsync(request, cancellationToken);
                if (response.StatusCode != HttpStatusCode.OK)
                {
                    throw new ProviderException((int)response.StatusCode is >= 400 and < 500 ? refused : "provider_unreachable");
                }

                return JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
            }
        }
        catch (Exception e) when (e is HttpRequestException or JsonException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new ProviderException("provider_unreachable", e);
        }
    }

    private static string? Text(JsonDocument document, string name)
        => document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private sealed record Known(ProviderMetadata Metadata, DateTimeOffset At);
}
