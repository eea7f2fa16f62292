using System.Net;
using System.Net.Sockets;

namespace Toolgate.Connections.Tests;

/// <summary>An upstream that may break every rule of HTTP: it reads a request head and then does what the test says with the socket.</summary>
internal sealed class RawUpstream : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Task serving;

    public RawUpstream(Func<NetworkStream, CancellationToken, Task> misbehave)
    {
        listener.Start();
        serving = Serve(misbehave);
    }

    public string Url => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        await serving;
        stop.Dispose();
    }

    private async Task Serve(Func<NetworkStream, CancellationToken, Task> misbehave)
    {
        var clients = new List<Task>();
        try
        {
            while (true)
            {
                clients.Add(One(await listener.AcceptTcpClientAsync(stop.Token), misbehave));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or InvalidOperationException)
        {
            await Task.WhenAll(clients);
        }
    }

    private async Task One(TcpClient client, Func<NetworkStream, CancellationToken, Task> misbehave)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                var head = new byte[8192];
                var length = 0;
                while (!head.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
                {
                    var read = await stream.ReadAsync(head.AsMemory(length), stop.Token);
                    if (read == 0)
                    {
                        return;
                    }

                    length += read;
                }

                await misbehave(stream, stop.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException)
            {
                // The other side hung up on it, as it should.
            }
        }
    }
}
