using System.Net;
using System.Net.Sockets;

namespace Toolgate.Connections;

/// <summary>Turns a host name into addresses.</summary>
internal interface INameResolver
{
    /// <summary>The addresses of <paramref name="host"/>, preferred first.</summary>
    Task<IPAddress[]> Resolve(string host, CancellationToken cancellationToken);
}

/// <summary>The resolver of the machine.</summary>
internal sealed class SystemNameResolver : INameResolver
{
    public Task<IPAddress[]> Resolve(string host, CancellationToken cancellationToken) => Dns.GetHostAddressesAsync(host, cancellationToken);
}

/// <summary>
/// Dials. A name is resolved once, its addresses are judged, and exactly a judged address is dialled: there is no second lookup that
/// could answer otherwise (DNS rebinding).
/// <code>
/// host ─► resolve ─► judge each ─► dial the allowed ones, one every 250 ms until one answers
/// </code>
/// </summary>
internal sealed class EgressConnector(INameResolver resolver, AddressRules rules, TimeProvider time)
{
    private static readonly TimeSpan Stagger = TimeSpan.FromMilliseconds(250);

    /// <summary>What names are looked up with.</summary>
    public INameResolver Resolver => resolver;

    /// <summary>A connection to the target itself.</summary>
    /// <exception cref="EgressRefusedException">No address of the host may be dialled.</exception>
    public async ValueTask<Stream> Connect(DnsEndPoint target, CancellationToken cancellationToken)
    {
        var allowed = await Allowed(target.Host, cancellationToken);
        var socket = allowed.Length == 1
            ? await Dial(allowed[0], target.Port, cancellationToken)
            : await Race(allowed, target.Port, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>A tunnel through the proxy to an address that was judged here, so that the proxy has no name to look up.</summary>
    /// <exception cref="EgressRefusedException">No address of the host may be reached.</exception>
    /// <exception cref="EgressProxyException">The proxy opens no tunnel.</exception>
    public async ValueTask<Stream> Tunnel(EgressProxy proxy, DnsEndPoint target, CancellationToken cancellationToken)
        => await proxy.Tunnel(
            await Judge(proxy, target.Host, cancellationToken) is { Length: > 0 } allowed ? [.. allowed.Select(address => new IPEndPoint(address, target.Port))] : [target],
            cancellationToken);

    /// <summary>The addresses that a target may be reached at through the proxy; none when the name is the proxy's to look up.</summary>
    /// <exception cref="EgressRefusedException">There is none.</exception>
    public async ValueTask<IPAddress[]> Judge(EgressProxy proxy, string host, CancellationToken cancellationToken)
    {
        var isName = !IPAddress.TryParse(host.Trim('[', ']'), out _);
        if (!proxy.ResolvesNames || !isName)
        {
            return await Allowed(host, cancellationToken);
        }

        // The proxy's loopback is not public either, and a name for it needs no look-up.
        var plain = host.TrimEnd('.');
        return !rules.AllowsLoopback && (plain.Equals("localhost", StringComparison.OrdinalIgnoreCase) || plain.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase))
            ? throw new EgressRefusedException($"The egress rules forbid the address of {host}.")
            : [];
    }

    private async ValueTask<IPAddress[]> Allowed(string host, CancellationToken cancellationToken)
    {
        var found = IPAddress.TryParse(host.Trim('[', ']'), out var literal) ? [literal] : await resolver.Resolve(host, cancellationToken);
        var allowed = found.Where(address => rules.Judge(address) == AddressVerdict.Allowed).Distinct().ToArray();
        return allowed.Length > 0 ? allowed
            : found.Length == 0 ? throw new SocketException((int)SocketError.HostNotFound)
            : throw new EgressRefusedException($"The egress rules forbid the address of {host}.");
    }

    private static async Task<Socket> Dial(IPAddress address, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>RFC 8305 in short: the next address is tried when the last one failed or is slow; the first that answers wins.</summary>
    private async Task<Socket> Race(IPAddress[] addresses, int port, CancellationToken cancellationToken)
    {
        using var losers = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new List<Task<Socket>>();
        var next = 0;
        Exception? fault = null;
        try
        {
            while (next < addresses.Length || running.Count > 0)
            {
                if (next < addresses.Length)
                {
                    running.Add(Dial(addresses[next++], port, losers.Token));
                }

                var patience = next < addresses.Length ? Task.Delay(Stagger, time, losers.Token) : null;
                var first = await Task.WhenAny(patience is null ? running : [.. running, patience]);
                if (first is not Task<Socket> ended)
                {
                    continue;
                }

                running.Remove(ended);
                try
                {
                    return await ended;
                }
                catch (Exception exception) when (exception is SocketException or OperationCanceledException)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    fault = exception;
                }
            }

            throw fault!;
        }
        finally
        {
            // However it ends: what is still dialling is told to stop, and what answers nevertheless is closed.
            await losers.CancelAsync();
            running.ForEach(Discard);
        }
    }

    /// <summary>A dial that lost may still succeed before it sees its cancellation.</summary>
    private static void Discard(Task<Socket> loser) => loser.ContinueWith(
        static task =>
        {
            if (task.IsCompletedSuccessfully)
            {
                task.Result.Dispose();
            }
            else
            {
                _ = task.Exception;
            }
        },
        CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);
}
