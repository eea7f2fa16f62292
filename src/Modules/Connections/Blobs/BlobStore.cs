using System.IO.Compression;
using System.Security.Cryptography;
using Npgsql;
using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>Content by digest, in table <c>toolgate.blobs</c>: source documents, encoded catalogs, diagnostics. Written once, never changed; storing it again mends what was damaged.</summary>
internal sealed class BlobStore(NpgsqlDataSource database)
{
    private const string Select = "select content from toolgate.blobs where digest = $1";

    /// <summary>The address of content: SHA-256 of its plain bytes, lower-case hex.</summary>
    public static string DigestOf(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>The write that stores content, to be done with the event that names its digest.</summary>
    public static SideWrite Store(string digest, ReadOnlyMemory<byte> content)
        => new("""
            insert into toolgate.blobs as b (digest, content) values ($1, $2)
            on conflict (digest) do update set content = excluded.content where b.content <> excluded.content
            """, digest, Compress(content.Span));

    /// <summary>Reads content.</summary>
    /// <exception cref="InvalidDataException">It is not there, or is not what its digest says.</exception>
    public async Task<byte[]> Read(string digest, CancellationToken cancellationToken)
    {
        await using var read = database.CreateCommand(Select);
        read.Parameters.AddWithValue(digest);
        return Checked(digest, (byte[]?)await read.ExecuteScalarAsync(cancellationToken));
    }

    /// <summary>The same for readers of a past snapshot, whose interface cannot wait.</summary>
    public byte[] Read(string digest)
    {
        using var read = database.CreateCommand(Select);
        read.Parameters.AddWithValue(digest);
        return Checked(digest, (byte[]?)read.ExecuteScalar());
    }

    private static byte[] Checked(string digest, byte[]? stored)
    {
        if (stored is null)
        {
            throw new InvalidDataException($"Content {digest} is missing from toolgate.blobs.");
        }

        using var input = new BrotliStream(new MemoryStream(stored), CompressionMode.Decompress);
        using var output = new MemoryStream(stored.Length * 4);
        try
        {
            input.CopyTo(output);
        }
        catch (InvalidOperationException damaged)
        {
            throw new InvalidDataException($"Content {digest} was changed in toolgate.blobs.", damaged);
        }

        var content = output.ToArray();
        return DigestOf(content) == digest ? content : throw new InvalidDataException($"Content {digest} was changed in toolgate.blobs.");
    }

    private static byte[] Compress(ReadOnlySpan<byte> content)
    {
        // Quality 4: a tenth of the size at 100 MB/s or so; higher levels cost seconds on large documents for little.
        var buffer = new byte[BrotliEncoder.GetMaxCompressedLength(content.Length)];
        return BrotliEncoder.TryCompress(content, buffer, out var written, quality: 4, window: 22)
            ? buffer.AsSpan(0, written).ToArray()
            : throw new InvalidOperationException("Content could not be compressed.");
    }
}
