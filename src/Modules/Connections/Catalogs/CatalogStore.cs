using System.Collections.Concurrent;

namespace Toolgate.Connections;

/// <summary>Decoded catalogs by digest. Those of the newest state are loaded before it is published, so that no reader of it waits.</summary>
internal sealed class CatalogStore(BlobStore blobs)
{
    /// <summary>Catalogs that no integration uses any more are kept up to this many in all, for readers of past states.</summary>
    private const int Kept = 64;

    private readonly ConcurrentDictionary<string, OpenApiCatalog> decoded = new(StringComparer.Ordinal);

    /// <summary>Puts a catalog that was just compiled here, so that it need not be read back.</summary>
    public void Put(string digest, OpenApiCatalog catalog) => decoded.TryAdd(digest, catalog);

    /// <summary>Loads what is missing of a state that is about to be published.</summary>
    public ValueTask Load(IEnumerable<string> digests, CancellationToken cancellationToken)
    {
        var wanted = digests.ToHashSet(StringComparer.Ordinal);
        var missing = wanted.Where(digest => !decoded.ContainsKey(digest)).ToArray();
        if (decoded.Count > Math.Max(Kept, 2 * wanted.Count))
        {
            foreach (var digest in decoded.Keys.Where(digest => !wanted.Contains(digest)))
            {
                decoded.TryRemove(digest, out _);
            }
        }

        return missing.Length == 0 ? ValueTask.CompletedTask : new ValueTask(Read(missing, cancellationToken));
    }

    /// <summary>A catalog. Reads the database only for a state of the past.</summary>
    public OpenApiCatalog Get(string digest)
        => decoded.TryGetValue(digest, out var catalog) ? catalog : decoded.GetOrAdd(digest, missing => CatalogCodec.Decode(blobs.Read(missing)));

    private async Task Read(string[] missing, CancellationToken cancellationToken)
    {
        foreach (var digest in missing)
        {
            decoded.TryAdd(digest, CatalogCodec.Decode(await blobs.Read(digest, cancellationToken)));
        }
    }
}
