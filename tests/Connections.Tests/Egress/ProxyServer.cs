using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Toolgate.Connections.Tests.Egress;

/// <summary>A proxy that remembers what it was asked, and leads everything to one upstream on loopback, whatever the target is called.</summary>
internal sealed class ProxyServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Task serving;

    private ProxyServer()
    {
        listener.Start();
        serving = Serve();
    }

    public static ProxyServer Start() => new();

    public string Authority => $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    public string Url => "http://" + Authority;

    /// <summary>Heads of requests, as they came.</summary>
    public ConcurrentQueue<string> Heads { get; } = new();

    /// <summary>What came through tunnels.</summary>
    public ConcurrentQueue<string> Tunnelled { get; } = new();

    /// <summary>How many connected.</summary>
    public int Connections { get; private set; }

    /// <summary>Where requests in the clear are led.</summary>
    public int Upstream { get; set; }

    /// <summary>What is answered instead of carrying something out; null for nothing.</summary>
    public string? Refusal { get; set; }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        await serving;
        stop.Dispose();
    }

    private async Task Serve()
    {
        var clients = new List<Task>();
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(stop.Token);
                Connections++;
                clients.Add(One(client));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or InvalidOperationException)
        {
            await Task.WhenAll(clients);
        }
    }

    private async Task One(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                if (await Head(stream) is not { } head)
                {
                    return;
                }

                Heads.Enqueue(head);
                if (Refusal is { } refusal)
                {
                    await stream.WriteAsync(Encoding.ASCII.GetBytes(refusal), stop.Token);
                    return;
                }

                if (head.StartsWith("CONNECT ", StringComparison.Ordinal))
                {
                    await stream.WriteAsync("HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n"u8.ToArray(), stop.Token);
                    var hello = new byte[16 * 1024];
                    var length = await stream.ReadAsync(hello, stop.Token);
                    Tunnelled.Enqueue(Encoding.Latin1.GetString(hello, 0, length));
                    return;
                }

                await Forward(stream, head);
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException or SocketException)
            {
                // The other side hung up, or the test is over.
            }
        }
    }

    /// <summary>As a proxy does it: the target from the request line, nothing that was meant for the proxy, one request a connection.</summary>
    private async Task Forward(NetworkStream stream, string head)
    {
        var lines = head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var parts = lines[0].Split(' ');
        var target = parts[1];
        var path = target[target.IndexOf('/', "http://".Length)..];
        var kept = lines[1..].Where(line => !line.StartsWith("Proxy-", StringComparison.OrdinalIgnoreCase) && !line.StartsWith("Connection:", StringComparison.OrdinalIgnoreCase));
        using var upstream = new TcpClient();
        await upstream.ConnectAsync(IPAddress.Loopback, Upstream, stop.Token);
        var onward = upstream.GetStream();
        await onward.WriteAsync(Encoding.ASCII.GetBytes($"{parts[0]} {path} HTTP/1.1\r\n{string.Join("\r\n", kept)}\r\nConnection: close\r\n\r\n"), stop.Token);
        await onward.CopyToAsync(stream, stop.Token);
    }

    private async Task<string?> Head(NetworkStream stream)
    {
        var head = new byte[16 * 1024];
        var length = 0;
        while (!head.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
        {
            if (await stream.ReadAsync(head.AsMemory(length, 1), stop.Token) == 0)
            {
                return null;
            }

            length++;
        }

        return Encoding.ASCII.GetString(head, 0, length);
    }
}
