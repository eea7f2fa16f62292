using System.Net;
using System.Net.Http.Headers;
using Toolgate.Access;

namespace Toolgate.Connections;

/// <summary>Gets documents by the egress rules.</summary>
internal sealed class GuardedFetch(EgressClient egress, TimeProvider time) : IGuardedFetch
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Unsaid = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <inheritdoc/>
    public async Task<Fetched> Get(Uri url, int maxBytes, CancellationToken cancellationToken)
    {
        if (!url.IsAbsoluteUri || (url.Scheme != Uri.UriSchemeHttps && !(url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)))
        {
            return Fetched.Failed("The address is not https.");
        }

        using var timeout = new CancellationTokenSource(Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await Get(url, maxBytes, time.GetUtcNow(), either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Fetched.Failed($"{url.Host} did not answer within {Timeout.TotalSeconds:0} seconds.");
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or EgressRefusedException)
        {
            return Fetched.Failed(exception.GetBaseException() is EgressRefusedException refused ? refused.Message : $"{url.Host} cannot be reached.");
        }
    }

    private async Task<Fetched> Get(Uri url, int maxBytes, DateTimeOffset now, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));

        // A document speaks for the address that it was asked of: a redirect to any other is refused before it is followed.
        using var response = await egress.Send(request, PreparedAuth.None, cancellationToken, target => target == url);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return Fetched.Failed($"{url.Host} answered with status {(int)response.StatusCode}.");
        }

        if (!IsJson(response.Content.Headers.ContentType?.MediaType))
        {
            return Fetched.Failed($"{url.Host} answered with something that is not JSON.");
        }

        using var body = await BoundedBody.Read(response, maxBytes, cancellationToken);
        return body is null
            ? Fetched.Failed($"{url.Host} answered with more than {maxBytes} bytes.")
            : new Fetched(body.Memory.ToArray(), LifetimeOf(response.Headers), null);
    }

    private static bool IsJson(string? mediaType) => mediaType is not null
        && (mediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || (mediaType.StartsWith("application/", StringComparison.OrdinalIgnoreCase) && mediaType.EndsWith("+json", StringComparison.OrdinalIgnoreCase)));

    /// <summary>Never shorter than a minute: whoever publishes a document must not be able to have it fetched with every request.</summary>
    private static TimeSpan LifetimeOf(HttpResponseHeaders headers)
    {
        if (headers.CacheControl is not { } control)
        {
            return Unsaid;
        }

        var said = control.NoStore || control.NoCache ? TimeSpan.Zero : (control.MaxAge ?? Unsaid) - (headers.Age ?? TimeSpan.Zero);
        return said < Shortest ? Shortest : said > Longest ? Longest : said;
    }
}
