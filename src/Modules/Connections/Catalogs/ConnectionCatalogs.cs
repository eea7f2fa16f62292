using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>Reads catalogs of connections anew: after their creation, on request, by schedule, and when an upstream says that its list changed.</summary>
internal sealed class ConnectionCatalogs(IEnumerable<IConnectionSource> sources, Commands commands, CatalogStore catalogs)
{
    private readonly Dictionary<string, IConnectionSource> sources = sources.ToDictionary(source => source.Kind, StringComparer.Ordinal);

    /// <summary>Whether connections of this integration have catalogs of their own.</summary>
    public bool Has(Integration integration) => sources.TryGetValue(integration.Kind, out var source) && source.Reads(integration);

    /// <summary>The decision: the same catalog is no event.</summary>
    public static Decision Decide(CompiledSource source, CatalogChanges changes, Connection? state) => state switch
    {
        null => Refusals.NoConnection,
        { CatalogDigest: var digest } when digest == source.CatalogDigest => Decision.Nothing,
        { Key: var key } => Decision.Accept(new ConnectionCatalogRefreshed(
            key.Owner.Word, key.Owner.Subject, key.Integration, key.Name, source.CatalogDigest, source.Catalog.Tools.Length, changes)) with { Alongside = source.Contents },
    };

    /// <summary>Reads the catalog of a connection and keeps it. One that cannot be read leaves the earlier one in force.</summary>
    public async Task<RefreshedCatalog> Refresh(ConnectionKey key, EventMetadata metadata, CancellationToken cancellationToken)
    {
        if (commands.State.Connection(key)?.Connection is not { } connection || commands.State.Integration(key.Integration)?.Integration is not { } integration)
        {
            return new RefreshedCatalog(Refusals.NoConnection);
        }

        if (!sources.TryGetValue(integration.Kind, out var source) || !source.Reads(integration))
        {
            return new RefreshedCatalog(CatalogChangesBody.Of(changes: null, commands.State.ToolCountOf(connection)), null);
        }

        var reading = await source.Read(integration, connection, cancellationToken);
        if (reading.Source is not { } compiled)
        {
            return new RefreshedCatalog(reading.Rejection!);
        }

        CatalogChanges? changes = null;
        var decided = await commands.OnConnection(
            key,
            state =>
            {
                if (state is null)
                {
                    return Refusals.NoConnection;
                }

                // Against the catalog of the very state that is decided on: a lost race compares again.
                var before = catalogs.Get(integration.CatalogOf(state));
                var next = compiled.After(before);
                catalogs.Put(next.CatalogDigest, next.Catalog, next.Encoded.Length);
                changes = CatalogChanges.Between(before.Tools, next.Catalog.Tools);
                return Decide(next, changes, state);
            },
            metadata, ifMatch: null, cancellationToken);
        return decided.IsDone(out var done, out var rejection)
            ? new RefreshedCatalog(CatalogChangesBody.Of(changes, compiled.Catalog.Tools.Length), done)
            : new RefreshedCatalog(rejection);
    }
}

/// <summary>How a refresh ended: what changed, or why nothing was read.</summary>
internal sealed record RefreshedCatalog(CatalogChangesBody? Changes, Decided<Connection?>.Done? Written, Rejection? Rejection = null)
{
    public RefreshedCatalog(Rejection rejection)
        : this(null, null, rejection)
    {
    }
}
