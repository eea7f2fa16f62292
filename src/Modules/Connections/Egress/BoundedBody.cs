using System.Buffers;

namespace Toolgate.Connections;

/// <summary>A response body in a rented buffer; returned on disposal.</summary>
internal sealed class BoundedBody : IDisposable
{
    private const int FirstBytes = 16 * 1024;
    private byte[] buffer;
    private readonly int length;

    private BoundedBody(byte[] buffer, int length, bool isWhole)
    {
        this.buffer = buffer;
        this.length = length;
        IsWhole = isWhole;
    }

    /// <summary>Whether the upstream had finished; always, unless the reader named a time when it had enough.</summary>
    public bool IsWhole { get; }

    /// <summary>The bytes, valid until disposal.</summary>
    public ReadOnlyMemory<byte> Memory => buffer.AsMemory(0, length);

    /// <summary>Reads a body to its end, decompressed; null when it is longer than the limit, as soon as that is known.</summary>
    /// <param name="response">The response.</param>
    /// <param name="limit">Most bytes.</param>
    /// <param name="cancellationToken">Nobody wants it any more.</param>
    /// <param name="enough">For bodies without an end: when this fires, or at the limit, what was read is the result.</param>
    /// <exception cref="IOException">The connection broke before the body was whole.</exception>
    public static async ValueTask<BoundedBody?> Read(HttpResponseMessage response, int limit, CancellationToken cancellationToken, CancellationToken enough = default)
    {
        using var either = enough.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, enough) : null;
        var stop = either?.Token ?? cancellationToken;

        // Content-Length is a promise about the compressed bytes: good enough to refuse early, never to trust.
        var promised = response.Content.Headers.ContentLength;
        if (promised > limit)
        {
            return null;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(promised is { } known and < int.MaxValue ? (int)Math.Min(known + 1, FirstBytes * 8) : FirstBytes);
        var length = 0;
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(stop);
            while (true)
            {
                if (length == buffer.Length)
                {
                    buffer = Grow(buffer, length);
                }

                var read = await stream.ReadAsync(buffer.AsMemory(length), stop);
                if (read == 0)
                {
                    return Take(length, isWhole: true);
                }

                length += read;
                if (length > limit)
                {
                    return enough.CanBeCanceled ? Take(limit, isWhole: false) : null;
                }
            }
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return Take(length, isWhole: false);
        }
        catch (InvalidDataException broken)
        {
            // What a decompressor says of bytes that it cannot read.
            throw new IOException("The response body cannot be decompressed.", broken);
        }
        finally
        {
            if (buffer.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        BoundedBody Take(int taken, bool isWhole)
        {
            var body = new BoundedBody(buffer, taken, isWhole);
            buffer = [];
            return body;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        var rented = buffer;
        buffer = [];
        if (rented.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static byte[] Grow(byte[] full, int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(full.Length * 2);
        full.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(full);
        return larger;
    }
}
