using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Toolgate.Bench;

/// <summary>
/// One keep-alive HTTP/1.1 connection that sends prepared bytes and reads one response: as little of a client as possible, so that
/// what is measured is the server.
/// </summary>
internal sealed class Connection : IAsyncDisposable
{
    private readonly Socket socket;
    private byte[] buffer = new byte[64 * 1024];
    private int length;

    private Connection(Socket socket) => this.socket = socket;

    /// <summary>The body of the last response.</summary>
    public ReadOnlyMemory<byte> Body { get; private set; }

    /// <summary>The header block of the last response.</summary>
    public string Head { get; private set; } = "";

    public static async Task<Connection> Open(Uri address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, address.Port);
        return new Connection(socket);
    }

    /// <summary>A request with a prepared body.</summary>
    public static byte[] Request(string method, Uri address, string? body = null, params (string Name, string Value)[] headers)
    {
        var head = new StringBuilder($"{method} {address.PathAndQuery} HTTP/1.1\r\nHost: {address.Authority}\r\n");
        foreach (var (name, value) in headers)
        {
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        if (body is not null)
        {
            head.Append("Content-Type: application/json\r\nContent-Length: ").Append(Encoding.UTF8.GetByteCount(body)).Append("\r\n");
        }

        return Encoding.UTF8.GetBytes(head.Append("\r\n").Append(body).ToString());
    }

    /// <summary>Sends a request and reads its response; returns the status.</summary>
    public async ValueTask<int> Send(ReadOnlyMemory<byte> request)
    {
        await socket.SendAsync(request);
        length = 0;
        int headEnd;
        while ((headEnd = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8)) < 0)
        {
            await Fill();
        }

        var head = buffer.AsSpan(0, headEnd);
        var status = Utf8Parser.TryParse(head[9..], out int code, out _) ? code : throw new IOException("The server did not answer in HTTP.");
        Head = status is >= 200 and < 300 && !KeepHead ? "" : Encoding.ASCII.GetString(head);
        var start = headEnd + 4;
        var contentLength = Length(head);
        if (contentLength >= 0)
        {
            while (length < start + contentLength)
            {
                await Fill();
            }

            Body = buffer.AsMemory(start, contentLength);
            return status;
        }

        return head.IndexOf("Transfer-Encoding: chunked"u8) < 0 ? Empty(status) : await ReadChunked(status, start);
    }

    /// <summary>Keep the header block of successful responses too.</summary>
    public bool KeepHead { get; set; }

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private static int Length(ReadOnlySpan<byte> head)
    {
        var at = head.IndexOf("Content-Length: "u8);
        return at >= 0 && Utf8Parser.TryParse(head[(at + 16)..], out int value, out _) ? value : -1;
    }

    private int Empty(int status)
    {
        Body = default;
        return status;
    }

    private async ValueTask<int> ReadChunked(int status, int start)
    {
        var body = new MemoryStream();
        var at = start;
        while (true)
        {
            int lineEnd;
            while ((lineEnd = buffer.AsSpan(at, length - at).IndexOf("\r\n"u8)) < 0)
            {
                await Fill();
            }

            var size = Utf8Parser.TryParse(buffer.AsSpan(at, lineEnd), out int length16, out _, 'x') ? length16 : throw new IOException("A chunk has no size.");
            var from = at + lineEnd + 2;
            while (length < from + size + 2)
            {
                await Fill();
            }

            body.Write(buffer, from, size);
            at = from + size + 2;
            if (size == 0)
            {
                Body = body.ToArray();
                return status;
            }
        }
    }

    private async ValueTask Fill()
    {
        if (length == buffer.Length)
        {
            Array.Resize(ref buffer, buffer.Length * 2);
        }

        var read = await socket.ReceiveAsync(buffer.AsMemory(length));
        if (read == 0)
        {
            throw new IOException("The server closed the connection.");
        }

        length += read;
    }
}
