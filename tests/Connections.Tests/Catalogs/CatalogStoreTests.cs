using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Toolgate.Connections.Tests.Catalogs;

/// <summary>What stays in memory. The database is never asked: whatever asked it would fail.</summary>
public sealed class CatalogStoreTests : IDisposable
{
    private const int Mebibyte = 1024 * 1024;
    private static readonly SourceCatalog Catalog = OpenApi.Documents.Import(OpenApi.Documents.Of("{}"));
    private readonly NpgsqlDataSource nowhere = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Timeout=1");
    private readonly CatalogStore store;

    public CatalogStoreTests() => store = new CatalogStore(new BlobStore(nowhere), new PluginCatalogs(new BlobStore(nowhere), Plugins.Manifests.Strict, NullLogger<PluginCatalogs>.Instance), NullLogger<CatalogStore>.Instance);

    public void Dispose() => nowhere.Dispose();

    [Fact]
    public void Imports_that_were_refused_hold_no_more_than_their_share()
    {
        for (var i = 0; i < 200; i++)
        {
            store.Put($"refused-{i}", Catalog, Mebibyte);
            store.SpareBytes.ShouldBeLessThanOrEqualTo(CatalogStore.MaxSpareBytes);
        }

        store.SpareBytes.ShouldBe(CatalogStore.MaxSpareBytes);
        store.Get("refused-199").ShouldBeSameAs(Catalog);
        Should.Throw<NpgsqlException>(() => store.Get("refused-0"));
    }

    [Fact]
    public async Task The_catalogs_of_the_newest_state_stay_whatever_comes()
    {
        store.Put("used", Catalog, 60 * Mebibyte);
        await store.Load(["used"], CancellationToken.None);
        store.SpareBytes.ShouldBe(0);
        for (var i = 0; i < 10; i++)
        {
            store.Put($"refused-{i}", Catalog, 30 * Mebibyte);
        }

        store.Get("used").ShouldBeSameAs(Catalog);
        store.SpareBytes.ShouldBe(60 * Mebibyte);
    }

    [Fact]
    public async Task A_catalog_that_no_state_names_any_more_gives_way()
    {
        store.Put("old", Catalog, 60 * Mebibyte);
        await store.Load(["old"], CancellationToken.None);
        store.Put("new", Catalog, 60 * Mebibyte);
        await store.Load(["new"], CancellationToken.None);
        store.SpareBytes.ShouldBe(60 * Mebibyte);
        store.Put("newer", Catalog, 10 * Mebibyte);
        store.SpareBytes.ShouldBe(10 * Mebibyte);
        store.Get("new").ShouldBeSameAs(Catalog);
    }

    [Fact]
    public void What_was_used_last_stays_longest()
    {
        store.Put("a", Catalog, 30 * Mebibyte);
        store.Put("b", Catalog, 30 * Mebibyte);
        store.Get("a");
        store.Put("c", Catalog, 30 * Mebibyte);
        store.Get("a").ShouldBeSameAs(Catalog);
        Should.Throw<NpgsqlException>(() => store.Get("b"));
    }
}
