using System.Buffers;

namespace Toolgate.Connections;

/// <summary>
/// Cuts a stream into messages. Memory is bounded by the largest message, time by the caller's token, and the whole by a budget, so that an upstream can
/// be as long, as slow and as broken as it likes.
/// </summary>
/// <param name="stream">The bytes; disposed with the reader.</param>
/// <param name="maxMessage">Most bytes of one message.</param>
/// <param name="budget">Most bytes of everything.</param>
internal abstract class FrameReader(Stream stream, int maxMessage, long budget) : IAsyncDisposable
{
    private const int FirstBytes = 8 * 1024;
    private byte[] buffer = ArrayPool<byte>.Shared.Rent(FirstBytes);
    private int start;
    private int end;
    private long total;

    /// <summary>Most bytes of one message.</summary>
    protected int MaxMessage => maxMessage;

    /// <summary>What was read and not consumed.</summary>
    protected ReadOnlyMemory<byte> Unread => buffer.AsMemory(start, end - start);

    /// <summary>The next message, valid until the next call; null at the end of the stream.</summary>
    /// <exception cref="McpFault">The message or everything is too large, or it cannot be cut.</exception>
    /// <exception cref="IOException">The stream broke.</exception>
    public abstract ValueTask<ReadOnlyMemory<byte>?> Next(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        var rented = buffer;
        buffer = [];
        start = end = 0;
        if (rented.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        await stream.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives bytes up.</summary>
    protected void Consume(int count) => start += count;

    /// <summary>Reads more; false at the end of the stream.</summary>
    protected async ValueTask<bool> Fill(CancellationToken cancellationToken)
    {
        if (start == end)
        {
            start = end = 0;
        }

        if (end == buffer.Length)
        {
            MakeRoom();
        }

        int read;
        try
        {
            read = await stream.ReadAsync(buffer.AsMemory(end), cancellationToken);
        }
        catch (InvalidDataException broken)
        {
            // What a decompressor says of bytes that it cannot read.
            throw new IOException("The stream cannot be decompressed.", broken);
        }

        end += read;
        total += read;
        return total > budget ? throw McpFault.TooLarge(budget) : read > 0;
    }

    private void MakeRoom()
    {
        if (end - start > maxMessage)
        {
            throw McpFault.TooLarge(maxMessage);
        }

        // Less than half in use: moving it is enough.
        var target = end - start <= buffer.Length / 2 ? buffer : ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(start, end - start).CopyTo(target);
        if (!ReferenceEquals(target, buffer))
        {
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = target;
        }

        (start, end) = (0, end - start);
    }
}

/// <summary>Messages that are lines: stdio.</summary>
internal sealed class LineReader(Stream stream, int maxMessage, long budget) : FrameReader(stream, maxMessage, budget)
{
    private int searched;
    private int consumed;

    /// <inheritdoc/>
    public override async ValueTask<ReadOnlyMemory<byte>?> Next(CancellationToken cancellationToken)
    {
        Consume(consumed);
        (consumed, searched) = (0, 0);
        while (true)
        {
            var found = Unread.Span[searched..].IndexOf((byte)'\n');
            if (found >= 0)
            {
                consumed = searched + found + 1;
                return Unread[..(consumed - 1)];
            }

            searched = Unread.Length;
            if (searched > MaxMessage)
            {
                throw McpFault.TooLarge(MaxMessage);
            }

            if (!await Fill(cancellationToken))
            {
                consumed = searched;
                return searched == 0 ? null : Unread;
            }
        }
    }
}
