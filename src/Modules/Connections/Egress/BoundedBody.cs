using System.Buffers;

namespace Toolgate.Connections;

/// <summary>A response body in a rented buffer; returned on disposal.</summary>
internal sealed class BoundedBody : IDisposable
{
    private const int FirstBytes = 16 * 1024;
    private byte[] buffer;
    private readonly int length;

    private BoundedBody(byte[] buffer, int length)
    {
        this.buffer = buffer;
        this.length = length;
    }

    /// <summary>The bytes, valid until disposal.</summary>
    public ReadOnlyMemory<byte> Memory => buffer.AsMemory(0, length);

    /// <summary>Reads a body to its end, decompressed; null when it is longer than the limit, as soon as that is known.</summary>
    /// <exception cref="IOException">The connection broke before the body was whole.</exception>
    public static async ValueTask<BoundedBody?> Read(HttpResponseMessage response, int limit, CancellationToken cancellationToken)
    {
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
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            while (true)
            {
                if (length == buffer.Length)
                {
                    buffer = Grow(buffer, length);
                }

                var read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
                if (read == 0)
                {
                    var body = new BoundedBody(buffer, length);
                    buffer = [];
                    return body;
                }

                length += read;
                if (length > limit)
                {
                    return null;
                }
            }
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
