using System.Collections.Concurrent;
using System.Collections.Frozen;
using Microsoft.Extensions.Logging;

namespace Toolgate.Connections;

/// <summary>
/// Decoded catalogs by digest. Those of the newest state are loaded before it is published, so that no reader of it waits; others (of past
/// states, of imports that were refused after all) stay as long as they fit.
/// </summary>
internal sealed partial class CatalogStore(BlobStore blobs, PluginCatalogs plugins, ILogger<CatalogStore> logger)
{
    /// <summary>What catalogs outside the newest state may hold together, in bytes of their encoding.</summary>
    public const long MaxSpareBytes = 64 * 1024 * 1024;

    private readonly ConcurrentDictionary<string, Entry> decoded = new(StringComparer.Ordinal);
    private readonly Lock trimming = new();
    private FrozenSet<string> wanted = FrozenSet<string>.Empty;
    private long uses;

    /// <summary>What catalogs outside the newest state hold now, in bytes of their encoding.</summary>
    public long SpareBytes => Spare().Sum(pair => pair.Value.Bytes);

    /// <summary>Puts a catalog that was just compiled here, so that it need not be read back. It is spare until a state names it.</summary>
    /// <param name="digest">Its digest.</param>
    /// <param name="catalog">The catalog.</param>
    /// <param name="bytes">Length of its encoding.</param>
    public void Put(string digest, SourceCatalog catalog, int bytes)
    {
        // In place of what may be there: a damaged one is whole again with this.
        decoded[digest] = new Entry(catalog, bytes) { Used = Interlocked.Increment(ref uses) };
        Trim();
    }

    /// <summary>Loads what is missing of a state that is about to be published.</summary>
    public ValueTask Load(IEnumerable<string> digests, CancellationToken cancellationToken)
    {
        wanted = digests.ToFrozenSet(StringComparer.Ordinal);
        var missing = wanted.Where(digest => !decoded.ContainsKey(digest)).ToArray();
        Trim();
        return missing.Length == 0 ? ValueTask.CompletedTask : new ValueTask(Read(missing, cancellationToken));
    }

    /// <summary>A catalog. Reads the database only for a state of the past.</summary>
    public SourceCatalog Get(string digest)
    {
        if (!decoded.TryGetValue(digest, out var entry))
        {
            entry = decoded.GetOrAdd(digest, Read(digest));
            Trim();
        }

        entry.Used = Interlocked.Increment(ref uses);
        return entry.Catalog;
    }

    private async Task Read(string[] missing, CancellationToken cancellationToken)
    {
        foreach (var digest in missing)
        {
            if (PluginRoster.Parse(digest) is { } roster)
            {
                decoded.TryAdd(digest, Entry.Of(await plugins.Read(roster, cancellationToken)));
                continue;
            }

            decoded.TryAdd(digest, await ReadOne(digest, cancellationToken));
        }
    }

    /// <summary>
    /// A catalog of the newest state. One that was lost or damaged in the database costs its own tools and nobody else's: it is empty, and says so.
    /// </summary>
    private async Task<Entry> ReadOne(string digest, CancellationToken cancellationToken)
    {
        try
        {
            var content = await blobs.Read(digest, cancellationToken);
            return new Entry(CatalogCodec.Decode(content), content.Length);
        }
        catch (InvalidDataException damaged)
        {
            Log.Damaged(logger, damaged, digest);
            return Entry.Of(SourceCatalog.Nothing with { Diagnostics = [new Diagnostic("", "catalog_damaged", "The stored catalog cannot be read. Restore it from a backup of the database, or remove the integration and import it again.")] });
        }
    }

    private Entry Read(string digest)
    {
        if (PluginRoster.Parse(digest) is { } roster)
        {
            return Entry.Of(plugins.Read(roster));
        }

        var content = blobs.Read(digest);
        return new Entry(CatalogCodec.Decode(content), content.Length);
    }

    /// <summary>The least recently used spare catalogs go first.</summary>
    private void Trim()
    {
        lock (trimming)
        {
            var left = SpareBytes;
            foreach (var (digest, entry) in left > MaxSpareBytes ? Spare().OrderBy(pair => pair.Value.Used).ToArray() : [])
            {
                if (left > MaxSpareBytes && decoded.TryRemove(digest, out _))
                {
                    left -= entry.Bytes;
                }
            }
        }
    }

    private IEnumerable<KeyValuePair<string, Entry>> Spare() => decoded.Where(pair => !wanted.Contains(pair.Key));

    /// <summary>A decoded catalog, what its encoding weighs, and when it was used last.</summary>
    private sealed class Entry(SourceCatalog catalog, int bytes)
    {
        public SourceCatalog Catalog => catalog;

        public int Bytes => bytes;

        /// <summary>A catalog without a stored form of its own.</summary>
        public static Entry Of(SourceCatalog catalog) => new(catalog, catalog.Tools.Sum(tool => tool.ListingMembers.Length) + 1_024);

        public long Used { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The stored catalog {Digest} cannot be read: its tools are gone until it is restored or imported again")]
        public static partial void Damaged(ILogger logger, Exception exception, string digest);
    }
}
