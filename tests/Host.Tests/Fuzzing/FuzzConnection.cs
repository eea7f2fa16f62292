using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Toolgate.Host.Tests;

/// <summary>One connection to the host, kept alive as long as both sides agree where a message ends.</summary>
internal sealed class FuzzConnection(Uri address) : IDisposable
{
    private readonly byte[] buffer = new byte[64 * 1024];
    private Socket? socket;
    private int start;
    private int end;

    /// <summary>Sends a request and reads its answer; the status, or 0 when the server closed the connection without one.</summary>
    /// <param name="request">The bytes.</param>
    /// <param name="isHead">Whether the answer has no body.</param>
    /// <param name="isBroken">Whether the bytes may be no whole request: then nothing more is sent, and the connection is given up.</param>
    /// <param name="cancellationToken">The answer takes too long.</param>
    public async Task<int> Send(byte[] request, bool isHead, bool isBroken, CancellationToken cancellationToken)
    {
        // A kept connection may have been closed meanwhile; a new one may not.
        var isKept = socket is not null && !isBroken;
        if (!isKept)
        {
            await Connect(cancellationToken);
        }

        try
        {
            var status = await Exchange(request, isHead, isBroken, cancellationToken);
            if (status != 0 || !isKept)
            {
                return status;
            }

            await Connect(cancellationToken);
            return await Exchange(request, isHead, isBroken, cancellationToken);
        }
        finally
        {
            if (isBroken)
            {
                Close();
            }
        }
    }

    public void Dispose() => Close();

    private async Task Connect(CancellationToken cancellationToken)
    {
        Close();
        socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address.Host, address.Port, cancellationToken);
    }

    private void Close()
    {
        socket?.Dispose();
        socket = null;
        (start, end) = (0, 0);
    }

    private async Task<int> Exchange(byte[] request, bool isHead, bool isBroken, CancellationToken cancellationToken)
    {
        try
        {
            try
            {
                await socket!.SendAsync(request, cancellationToken);
                if (isBroken)
                {
                    socket.Shutdown(SocketShutdown.Send);
                }
            }
            catch (SocketException)
            {
                // Refused before all was sent.
            }

            while (true)
            {
                var (status, headers) = await Head(cancellationToken);
                if (status is >= 100 and < 200)
                {
                    continue;
                }

                await Body(status, headers, isHead, cancellationToken);
                return status;
            }
        }
        catch (Exception e) when (e is SocketException or EndOfStreamException)
        {
            Close();
            return 0;
        }
    }

    private async Task<(int Status, string Head)> Head(CancellationToken cancellationToken)
    {
        while (true)
        {
            var at = buffer.AsSpan(start, end - start).IndexOf("\r\n\r\n"u8);
            if (at >= 0)
            {
                var head = Encoding.Latin1.GetString(buffer, start, at + 2);
                start += at + 4;
                return (int.Parse(head.AsSpan(9, 3), CultureInfo.InvariantCulture), head);
            }

            await More(cancellationToken);
        }
    }

    private async Task Body(int status, string head, bool isHead, CancellationToken cancellationToken)
    {
        if (head.Contains("Content-Type: text/event-stream", StringComparison.OrdinalIgnoreCase))
        {
            // A stream goes on until somebody ends it.
            Close();
            return;
        }

        if (Value(head, "Content-Length") is { } length)
        {
            await Skip(isHead || status is 304 ? 0 : long.Parse(length, CultureInfo.InvariantCulture), cancellationToken);
        }
        else if (head.Contains("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase) && !isHead)
        {
            while (true)
            {
                var size = long.Parse(await Line(cancellationToken), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                await Skip(size + 2, cancellationToken);
                if (size == 0)
                {
                    break;
                }
            }
        }

        if (head.Contains("Connection: close", StringComparison.OrdinalIgnoreCase))
        {
            Close();
        }
    }

    private static string? Value(string head, string name)
    {
        var at = head.IndexOf("\r\n" + name + ": ", StringComparison.OrdinalIgnoreCase);
        return at < 0 ? null : head[(at + name.Length + 4)..head.IndexOf("\r\n", at + 2, StringComparison.Ordinal)];
    }

    private async Task<string> Line(CancellationToken cancellationToken)
    {
        while (true)
        {
            var at = buffer.AsSpan(start, end - start).IndexOf("\r\n"u8);
            if (at >= 0)
            {
                var line = Encoding.Latin1.GetString(buffer, start, at);
                start += at + 2;
                return line;
            }

            await More(cancellationToken);
        }
    }

    private async Task Skip(long count, CancellationToken cancellationToken)
    {
        while (true)
        {
            var here = (int)Math.Min(count, end - start);
            start += here;
            count -= here;
            if (count == 0)
            {
                return;
            }

            await More(cancellationToken);
        }
    }

    private async Task More(CancellationToken cancellationToken)
    {
        if (start == end)
        {
            (start, end) = (0, 0);
        }
        else if (end == buffer.Length)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
        }

        var read = await socket!.ReceiveAsync(buffer.AsMemory(end), cancellationToken);
        end += read > 0 ? read : throw new EndOfStreamException();
    }
}
