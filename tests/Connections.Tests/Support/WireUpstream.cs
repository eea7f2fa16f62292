using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Toolgate.Connections.Tests;

/// <summary>
/// An upstream that keeps the very bytes of every request, split by the plainest reading of HTTP/1.1: a head up to an empty line, then as many bytes as
/// the head says. A request that hides another one shows up as two.
/// </summary>
internal sealed class WireUpstream : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Task serving;

    public WireUpstream()
    {
        listener.Start();
        serving = Serve();
    }

    public string Url => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    /// <summary>What arrived, oldest first.</summary>
    public ConcurrentQueue<WireRequest> Requests { get; } = new();

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
                clients.Add(One(await listener.AcceptTcpClientAsync(stop.Token)));
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
                var buffer = new List<byte>();
                while (await Head(stream, buffer) is { } head)
                {
                    var lines = head.Split("\r\n");
                    var length = lines.Where(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
                        .Select(line => int.Parse(line.AsSpan(15), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture)).FirstOrDefault();
                    while (buffer.Count < length && await More(stream, buffer))
                    {
                    }

                    Requests.Enqueue(new WireRequest(lines[0], [.. lines.Skip(1)], Encoding.Latin1.GetString([.. buffer.Take(length)])));
                    buffer.RemoveRange(0, length);
                    await stream.WriteAsync("HTTP/1.1 204 No Content\r\n\r\n"u8.ToArray(), stop.Token);
                }
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException)
            {
                // The other side hung up.
            }
        }
    }

    private async Task<string?> Head(NetworkStream stream, List<byte> buffer)
    {
        while (true)
        {
            var text = Encoding.Latin1.GetString([.. buffer]);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0)
            {
                buffer.RemoveRange(0, end + 4);
                return text[..end];
            }

            if (!await More(stream, buffer))
            {
                return null;
            }
        }
    }

    private async Task<bool> More(NetworkStream stream, List<byte> buffer)
    {
        var bytes = new byte[16 * 1024];
        var read = await stream.ReadAsync(bytes, stop.Token);
        buffer.AddRange(bytes.AsSpan(0, read));
        return read > 0;
    }
}

/// <summary>One request as it stood on the wire.</summary>
/// <param name="Line">The request line.</param>
/// <param name="Headers">The header lines.</param>
/// <param name="Body">The body, a byte a character.</param>
internal sealed record WireRequest(string Line, string[] Headers, string Body);
