using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace Toolgate.Sessions;

/// <summary>
/// The bytes of a request's body, held until disposed. A body that arrived in one piece is used where the server put it; another is
/// gathered in a pooled array.
/// </summary>
internal sealed class Body : IDisposable
{
    private readonly PipeReader? reader;
    private readonly SequencePosition end;
    private readonly byte[]? rented;

    private Body(ReadOnlyMemory<byte> bytes, PipeReader? reader, SequencePosition end, byte[]? rented)
    {
        Bytes = bytes;
        this.reader = reader;
        this.end = end;
        this.rented = rented;
    }

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Reads the whole body; null when it is larger than <paramref name="limit"/>.</summary>
    /// <exception cref="BadHttpRequestException">The client sent less than it announced, or too slowly.</exception>
    public static async ValueTask<Body?> Read(HttpRequest request, int limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit)
        {
            return null;
        }

        var reader = request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            if (buffer.Length > limit)
            {
                reader.AdvanceTo(buffer.End);
                return null;
            }

            if (!read.IsCompleted)
            {
                reader.AdvanceTo(buffer.Start, buffer.End);
                continue;
            }

            if (buffer.IsSingleSegment)
            {
                return new Body(buffer.First, reader, buffer.End, null);
            }

            var length = (int)buffer.Length;
            var rented = ArrayPool<byte>.Shared.Rent(length);
            buffer.CopyTo(rented);
            reader.AdvanceTo(buffer.End);
            return new Body(rented.AsMemory(0, length), null, default, rented);
        }
    }

    /// <summary>Gives the bytes back.</summary>
    public void Dispose()
    {
        reader?.AdvanceTo(end);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
