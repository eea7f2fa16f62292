using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Toolgate.Host.Tests;

/// <summary>As much of PostgreSQL's protocol as it takes to log in and to name a version.</summary>
internal sealed class OldServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly string version;

    public OldServer(string version)
    {
        this.version = version;
        listener.Start();
        _ = Accept();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public void Dispose() => listener.Dispose();

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                var stream = client.GetStream();
                var length = new byte[4];
                await stream.ReadExactlyAsync(length);
                await stream.ReadExactlyAsync(new byte[BinaryPrimitives.ReadInt32BigEndian(length) - 4]);
                await stream.WriteAsync((byte[])[
                    .. Message('R', [0, 0, 0, 0]),
                    .. Parameter("server_version", version),
                    .. Parameter("client_encoding", "UTF8"),
                    .. Parameter("server_encoding", "UTF8"),
                    .. Parameter("TimeZone", "UTC"),
                    .. Message('K', [0, 0, 0, 1, 0, 0, 0, 1]),
                    .. Message('Z', [(byte)'I'])]);
                while (await stream.ReadAsync(length) > 0)
                {
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            // The test is over.
        }
    }

    private static byte[] Parameter(string name, string value) => Message('S', [.. Encoding.UTF8.GetBytes(name), 0, .. Encoding.UTF8.GetBytes(value), 0]);

    private static byte[] Message(char type, byte[] body)
    {
        var message = new byte[body.Length + 5];
        message[0] = (byte)type;
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), body.Length + 4);
        body.CopyTo(message, 5);
        return message;
    }
}
