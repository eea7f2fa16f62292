using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Toolgate.Connections;

/// <summary>The proxy could not be used. The message holds neither its address nor its credentials.</summary>
internal sealed class EgressProxyException(string message) : IOException(message);

/// <summary>
/// The proxy of the operator, if there is one. Its own address is configuration and not judged; the targets are judged before it hears of them.
/// <code>
/// https ─► resolve ─► judge ─► CONNECT address:port ─► TLS with the name        the proxy looks nothing up
/// http  ─► resolve ─► judge ─► GET http://name/…                                the proxy looks the name up again
/// </code>
/// </summary>
internal sealed class EgressProxy : IWebProxy
{
    private const int MaxHead = 16 * 1024;
    private const int MaxTries = 3;
    private readonly INameResolver resolver;
    private readonly string[] names;
    private readonly string[] suffixes;
    private readonly IPNetwork[] networks;
    private readonly Uri address;

    private EgressProxy(Uri url, EgressOptions options, INameResolver resolver)
    {
        this.resolver = resolver;
        address = new Uri(url.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped));
        var pair = options.ProxyCredentials ?? (url.UserInfo.Length > 0 ? Uri.UnescapeDataString(url.UserInfo) : null);
        Authorization = pair is null ? null : "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(pair));
        ResolvesNames = options.ProxyResolvesNames;
        networks = [.. options.NoProxy.Select(entry => IPNetwork.TryParse(entry, out var network) ? network : (IPNetwork?)null).OfType<IPNetwork>()];
        suffixes = [.. options.NoProxy.Where(entry => entry.StartsWith("*.", StringComparison.Ordinal)).Select(entry => Plain(entry[1..]))];
        names = [.. options.NoProxy.Select(Plain)];
    }

    /// <summary>Whether names are the proxy's to look up, for networks in which only it can.</summary>
    public bool ResolvesNames { get; }

    /// <summary>What the proxy is shown; null when it asks for nothing. Never logged, never sent to anyone else.</summary>
    public string? Authorization { get; }

    /// <inheritdoc/>
    public ICredentials? Credentials { get; set; }

    /// <summary>The configured proxy; null when there is none. The variables of the environment (<c>HTTP_PROXY</c>) mean nothing.</summary>
    public static EgressProxy? Of(EgressOptions options, INameResolver resolver)
        => options.Proxy is { Length: > 0 } url ? new EgressProxy(new Uri(url), options, resolver) : null;

    /// <summary>Whether a target is reached by way of it.</summary>
    public bool Takes(Uri target)
    {
        var host = Plain(target.IdnHost);
        return !names.Contains(host, StringComparer.OrdinalIgnoreCase)
            && !Array.Exists(suffixes, suffix => host.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
            && !(IPAddress.TryParse(host, out var literal) && Array.Exists(networks, network => network.Contains(literal)));
    }

    /// <inheritdoc/>
    public Uri GetProxy(Uri destination) => address;

    /// <inheritdoc/>
    public bool IsBypassed(Uri host) => false;

    /// <summary>A connection to the proxy itself.</summary>
    /// <exception cref="EgressProxyException">It cannot be reached.</exception>
    public async ValueTask<Stream> Dial(CancellationToken cancellationToken)
    {
        try
        {
            var found = IPAddress.TryParse(address.IdnHost.Trim('[', ']'), out var literal) ? [literal] : await resolver.Resolve(address.IdnHost, cancellationToken);
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(found, address.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException)
        {
            throw new EgressProxyException("The egress proxy cannot be reached.");
        }
    }

    /// <summary>A tunnel to the first of the targets to which the proxy gets through (RFC 9110 section 9.3.6).</summary>
    /// <param name="targets">Addresses, or one name, each with its port.</param>
    /// <param name="cancellationToken">It takes too long.</param>
    /// <exception cref="EgressProxyException">The proxy cannot be reached, or does not open one.</exception>
    public async ValueTask<Stream> Tunnel(IReadOnlyList<EndPoint> targets, CancellationToken cancellationToken)
    {
        for (var i = 0; ; i++)
        {
            var stream = await Dial(cancellationToken);
            try
            {
                var status = await Connect(stream, targets[i], cancellationToken);
                if (status is >= 200 and < 300)
                {
                    return stream;
                }

                if (status < 500 || i + 1 == Math.Min(targets.Count, MaxTries))
                {
                    throw Refused(status);
                }
            }
            catch (IOException exception) when (exception is not EgressProxyException)
            {
                await stream.DisposeAsync();
                throw new EgressProxyException("The egress proxy hung up.");
            }
            catch
            {
                await stream.DisposeAsync();
                throw;
            }

            await stream.DisposeAsync();
        }
    }

    /// <summary>What a refusal of the proxy is said to be.</summary>
    public static EgressProxyException Refused(int status) => new(status == (int)HttpStatusCode.ProxyAuthenticationRequired
        ? "The egress proxy does not take the credentials that are configured for it."
        : $"The egress proxy did not open a connection (status {status}).");

    private async ValueTask<int> Connect(Stream stream, EndPoint target, CancellationToken cancellationToken)
    {
        var authority = target switch
        {
            DnsEndPoint name => $"{name.Host}:{name.Port}",
            var other => other.ToString()!,
        };
        var proof = Authorization is null ? "" : $"Proxy-Authorization: {Authorization}\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{proof}\r\n"), cancellationToken);

        // Byte by byte: what comes after the head belongs to the target.
        var head = ArrayPool<byte>.Shared.Rent(MaxHead);
        try
        {
            for (var length = 0; length < MaxHead;)
            {
                if (await stream.ReadAsync(head.AsMemory(length, 1), cancellationToken) == 0)
                {
                    throw new IOException();
                }

                length++;
                if (head.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
                {
                    return StatusOf(head.AsSpan(0, length));
                }
            }

            throw new EgressProxyException("The egress proxy does not speak HTTP.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(head);
        }
    }

    private static int StatusOf(ReadOnlySpan<byte> head)
        => head.Length > 12 && head.StartsWith("HTTP/1."u8) && head[8] == ' ' && int.TryParse(head.Slice(9, 3), out var status)
            ? status
            : throw new EgressProxyException("The egress proxy does not speak HTTP.");

    private static string Plain(string host) => host.Trim('[', ']').TrimEnd('.');
}
