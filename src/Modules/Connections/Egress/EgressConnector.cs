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

    /// <summary>The callback of the handler.</summary>
    /// <exception cref="EgressRefusedException">No address of the host may be dialled.</exception>
    public async ValueTask<Stream> Connect(DnsEndPoint target, CancellationToken cancellationToken)
    {
        var found = IPAddress.TryParse(target.Host, out var literal) ? [literal] : await resolver.Resolve(target.Host, cancellationToken);
        var allowed = found.Where(address => rules.Judge(address) == AddressVerdict.Allowed).Distinct().ToArray();
        if (allowed.Length == 0)
        {
            throw found.Length == 0
                ? new SocketException((int)SocketError.HostNotFound)
                : new EgressRefusedException($"The egress rules forbid the address of {target.Host}.");
        }

        var socket = allowed.Length == 1
            ? await Dial(allowed[0], target.Port, cancellationToken)
            : await Race(allowed, target.Port, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
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
