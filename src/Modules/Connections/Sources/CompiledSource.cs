using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>A source document, read and compiled, with the contents that go into the side table.</summary>
internal sealed record CompiledSource(SourceCatalog Catalog, ReadOnlyMemory<byte> Document, string DocumentDigest, byte[] Encoded, string CatalogDigest)
{
    /// <summary>The writes that must happen with the event that names the digests.</summary>
    public IReadOnlyList<SideWrite> Contents => field ??= [BlobStore.Store(DocumentDigest, Document), BlobStore.Store(CatalogDigest, Encoded)];

    /// <summary>The source as the successor of what was in force (<see cref="CatalogDrift"/>).</summary>
    public CompiledSource After(SourceCatalog previous) => With(Catalog.After(previous));

    /// <summary>The source in place of what was in force, by somebody's own decision.</summary>
    public CompiledSource InPlaceOf(SourceCatalog previous) => With(Catalog.InPlaceOf(previous));

    /// <summary>Encodes what was compiled.</summary>
    public static CompiledSource Of(SourceCatalog catalog, ReadOnlyMemory<byte> document)
    {
        var encoded = CatalogCodec.Encode(catalog);
        return new CompiledSource(catalog, document, BlobStore.DigestOf(document.Span), encoded, BlobStore.DigestOf(encoded));
    }

    private CompiledSource With(SourceCatalog catalog)
    {
        if (catalog.Accepted.IsEmpty)
        {
            return this;
        }

        var encoded = CatalogCodec.Encode(catalog);
        return new CompiledSource(catalog, Document, DocumentDigest, encoded, BlobStore.DigestOf(encoded));
    }
}

/// <summary>A compiled source, or why there is none.</summary>
internal readonly record struct SourceReading(CompiledSource? Source, Rejection? Rejection)
{
    public static implicit operator SourceReading(CompiledSource source) => new(source, null);

    public static implicit operator SourceReading(Rejection rejection) => new(null, rejection);
}
