using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>An integration with what the log says around it.</summary>
internal sealed record IntegrationRow(Integration Integration, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, long Version);

/// <summary>A connection with what the log says around it.</summary>
internal sealed record ConnectionRow(Connection Connection, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, long Version);

/// <summary>Every live integration and connection. Contents (catalogs, secrets) are named by digest or id only.</summary>
/// <param name="Integrations">By slug.</param>
/// <param name="Connections">By key.</param>
/// <param name="Links">
/// For each slug that ever was: how many times a connection was made to it or it was removed. Whoever does the next of these claims the next
/// number, so that two of them cannot both act on the same picture (<see cref="LinkNumber"/>).
/// </param>
internal sealed record ConnectionsState(
    ImmutableSortedDictionary<string, IntegrationRow> Integrations,
    ImmutableDictionary<ConnectionKey, ConnectionRow> Connections,
    ImmutableSortedDictionary<string, int> Links)
{
    /// <summary>Clients of authorization servers, by id.</summary>
    public ImmutableSortedDictionary<string, UpstreamClientRow> Clients { get; init; } = ImmutableSortedDictionary.Create<string, UpstreamClientRow>(StringComparer.Ordinal);

    public static ConnectionsState Empty { get; } = new(
        ImmutableSortedDictionary.Create<string, IntegrationRow>(StringComparer.Ordinal),
        ImmutableDictionary<ConnectionKey, ConnectionRow>.Empty,
        ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal));

    public IntegrationRow? Integration(string slug) => Integrations.GetValueOrDefault(slug);

    public ConnectionRow? Connection(ConnectionKey key) => Connections.GetValueOrDefault(key);

    /// <summary>Digest of the catalog that holds for a connection: its own, else its integration's; null when the integration is gone.</summary>
    public string? CatalogOf(Connection connection)
        => Integration(connection.Key.Integration)?.Integration is { } integration ? integration.CatalogOf(connection) : connection.CatalogDigest;

    /// <summary>How many tools that catalog has.</summary>
    public int ToolCountOf(Connection connection)
        => Integration(connection.Key.Integration)?.Integration is { } integration && integration.CatalogOf(connection) != connection.CatalogDigest
            ? integration.ToolCount
            : connection.ToolCount;
}
