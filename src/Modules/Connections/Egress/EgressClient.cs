using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Toolgate.Connections;

/// <summary>
/// Sends requests to upstreams under the egress rules: http and https, judged addresses, at most 5 redirects each judged again, and no
/// credential ever at another origin. One pool of connections for the whole process; no cookies, no proxy but the operator's.
/// </summary>
internal sealed class EgressClient : IDisposable
{
    private const int MaxHops = 5;
    private const string AgentHeader = "User-Agent";
    private static readonly string Agent = "Toolgate/" + (typeof(EgressClient).Assembly.GetName().Version?.ToString(3) ?? "0");
    private const string ProxyHeader = "Proxy-Authorization";
    private readonly HttpMessageInvoker http;
    private readonly HttpMessageInvoker? absolute;
    private readonly EgressConnector connector;
    private readonly EgressProxy? proxy;

    public EgressClient(EgressConnector connector, IOptions<EgressOptions> options)
    {
        this.connector = connector;
        proxy = EgressProxy.Of(options.Value, connector.Resolver);

        // What goes through the proxy in a tunnel is a direct connection to everything above it.
        http = new HttpMessageInvoker(Handler(options.Value, proxy: null, (context, cancellationToken) =>
            proxy is not null && proxy.Takes(context.InitialRequestMessage.RequestUri!)
                ? connector.Tunnel(proxy, context.DnsEndPoint, cancellationToken)
                : connector.Connect(context.DnsEndPoint, cancellationToken)));
        absolute = proxy is null ? null : new HttpMessageInvoker(Handler(options.Value, proxy, (_, cancellationToken) => proxy.Dial(cancellationToken)));
    }

    private static SocketsHttpHandler Handler(
        EgressOptions options, EgressProxy? proxy, Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> connect) => new()
        {
            ConnectCallback = connect,
            ConnectTimeout = options.ConnectTimeout,
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = proxy is not null,
            Proxy = proxy,

            // Decompressed while it is read: the response limit counts what comes out, so a bomb ends at the limit.
            AutomaticDecompression = DecompressionMethods.GZip | DecompressionMethods.Deflate | DecompressionMethods.Brotli,
            MaxResponseHeadersLength = 64,
            MaxResponseDrainSize = 64 * 1024,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),

            // A connection lives long enough to be worth it and short enough that a changed name is noticed.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };

    /// <summary>
    /// Sends and follows redirects; returns when the headers of the last response are there. The caller disposes the response and its own
    /// request, whose credentials are in <paramref name="auth"/> only.
    /// </summary>
    /// <exception cref="EgressRefusedException">The rules forbid the target or a hop, or there are more than 5 hops.</exception>
    /// <exception cref="EgressProxyException">The operator's proxy cannot be used; may come inside of the next one.</exception>
    /// <exception cref="HttpRequestException">The upstream cannot be reached or does not speak HTTP.</exception>
    /// <param name="request">The request, without credentials.</param>
    /// <param name="auth">The credentials.</param>
    /// <param name="cancellationToken">Whoever waits gave up.</param>
    /// <param name="mayReach">Narrows where the request and each of its redirects may go; everything that the rules allow when it is not given.</param>
    public async ValueTask<HttpResponseMessage> Send(
        HttpRequestMessage request, PreparedAuth auth, CancellationToken cancellationToken, Func<Uri, bool>? mayReach = null)
    {
        var target = request.RequestUri!;
        Judge(target, mayReach);
        request.Headers.Remove(AgentHeader);
        request.Headers.TryAddWithoutValidation(AgentHeader, Agent);
        auth.AddTo(request);
        var response = await Dispatch(request, cancellationToken);
        return IsRedirect(response) ? await Follow(request, target, auth, response, mayReach, cancellationToken) : response;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        http.Dispose();
        absolute?.Dispose();
    }

    /// <summary>Sends on the way that the target has: a request in the clear to the proxy itself, everything else over a connection to the target.</summary>
    private async ValueTask<HttpResponseMessage> Dispatch(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // Nobody but the proxy sees its credentials, and it sees no others.
        request.Headers.Remove(ProxyHeader);
        var target = request.RequestUri!;
        if (absolute is null || target.Scheme != Uri.UriSchemeHttp || !proxy!.Takes(target))
        {
            return await http.SendAsync(request, cancellationToken);
        }

        // Connections to the proxy are shared, so that each request is judged and not only the first one of a connection.
        try
        {
            await connector.Judge(proxy, target.IdnHost, cancellationToken);
        }
        catch (SocketException exception)
        {
            throw new HttpRequestException(HttpRequestError.NameResolutionError, "The host is not known.", exception);
        }

        if (proxy.Authorization is { } proof)
        {
            request.Headers.TryAddWithoutValidation(ProxyHeader, proof);
        }

        try
        {
            var response = await absolute.SendAsync(request, cancellationToken);
            if (response.StatusCode != HttpStatusCode.ProxyAuthenticationRequired)
            {
                return response;
            }

            response.Dispose();
            throw EgressProxy.Refused((int)HttpStatusCode.ProxyAuthenticationRequired);
        }
        finally
        {
            // A redirect copies the headers of the first request.
            request.Headers.Remove(ProxyHeader);
        }
    }

    private async Task<HttpResponseMessage> Follow(
        HttpRequestMessage first, Uri target, PreparedAuth auth, HttpResponseMessage response, Func<Uri, bool>? mayReach, CancellationToken cancellationToken)
    {
        var host = target.Host;
        var method = first.Method;
        var content = first.Content;
        var trusted = true;
        var carriesCredentials = auth.IsSent || first.Headers.Authorization is not null;
        for (var hop = 0; IsRedirect(response); hop++)
        {
            var status = response.StatusCode;
            var readable = Uri.TryCreate(new Uri(target.OriginalString), response.Headers.Location!, out var next);
            response.Dispose();
            if (!readable)
            {
                throw new HttpRequestException(HttpRequestError.InvalidResponse, "The upstream redirects to something that is no URL.");
            }

            if (hop == MaxHops)
            {
                throw new EgressRefusedException($"{host} redirects more than {MaxHops} times.");
            }

            Judge(next!, mayReach);

            if (RedirectRules.BecomesGet(status, method))
            {
                method = RedirectRules.MethodAfter(status, method);
                content = null;
            }

            if (RedirectRules.Refusal(target, next!, content is not null && content.Headers.ContentLength != 0, trusted && carriesCredentials) is { } why)
            {
                throw new EgressRefusedException(why);
            }

            // Once gone, the credentials stay gone: coming back to the first origin was the other origin's idea.
            trusted = trusted && RedirectRules.SameOrigin(target, next!);
            target = trusted ? next! : auth.Strip(next!);
            using var message = new HttpRequestMessage(method, target);
            message.Headers.TryAddWithoutValidation(AgentHeader, Agent);
            Copy(first, message, everything: trusted);
            if (trusted)
            {
                auth.AddTo(message);
            }

            message.Content = content;
            response = await Dispatch(message, cancellationToken);

            // The content is the caller's to dispose.
            message.Content = null;
        }

        return response;
    }

    /// <summary>What an operation calls a header parameter may be a credential by another name: only <c>Accept</c> crosses an origin.</summary>
    private static void Copy(HttpRequestMessage from, HttpRequestMessage to, bool everything)
    {
        foreach (var (name, values) in from.Headers.NonValidated)
        {
            if (everything ? name != AgentHeader : name == "Accept")
            {
                to.Headers.TryAddWithoutValidation(name, values.ToString());
            }
        }
    }

    private static void Judge(Uri target, Func<Uri, bool>? mayReach)
    {
        if (target.Scheme != Uri.UriSchemeHttp && target.Scheme != Uri.UriSchemeHttps)
        {
            throw new EgressRefusedException("Only http and https are allowed.");
        }

        if (AddressRules.IsMetadataHost(target.IdnHost))
        {
            throw new EgressRefusedException($"The egress rules forbid {target.Host}.");
        }

        if (target.UserInfo.Length > 0)
        {
            throw new EgressRefusedException("A URL must not hold a user name or a password.");
        }

        if (mayReach?.Invoke(target) == false)
        {
            throw new EgressRefusedException($"The source does not declare {target.Host} as a host of its own.");
        }
    }

    private static bool IsRedirect(HttpResponseMessage response) => response.Headers.Location is not null && response.StatusCode is
        HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;
}
