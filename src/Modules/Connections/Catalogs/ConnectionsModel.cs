using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Toolgate.Access;
using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>The read model of this module: integrations and connections, with their catalogs loaded before anyone sees them.</summary>
internal sealed class ConnectionsModel(CatalogStore catalogs) : ReadModel<ConnectionsState>
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    public override string Name => "connections";

    public override int SchemaVersion => 3;

    /// <summary>The events of this module, one a line.</summary>
    public static Type[] Events { get; } =
    [
        typeof(OpenApiIntegrationImported),
        typeof(GraphQlIntegrationImported),
        typeof(ServerIntegrationRegistered),
        typeof(PluginPublished),
        typeof(PluginVersionPublished),
        typeof(PluginEnabled),
        typeof(PluginDisabled),
        typeof(PluginToolApproved),
        typeof(IntegrationSourceReplaced),
        typeof(IntegrationDescribed),
        typeof(ToolChangesAccepted),
        typeof(IntegrationRemoved),
        typeof(ConnectionCreated),
        typeof(ConnectionCredentialsReplaced),
        typeof(ConnectionCatalogRefreshed),
        typeof(ConnectionToolChangesAccepted),
        typeof(ConnectionDescribed),
        typeof(ConnectionRemoved),
        typeof(ConnectionAuthorized),
        typeof(ConnectionReauthorizationRequired),
        typeof(UpstreamClientRegistered),
        typeof(UpstreamClientRemoved),
    ];

    public override IReadOnlyCollection<Type> Handles => Events;

    public override ConnectionsState Empty => ConnectionsState.Empty;

    public override ConnectionsState Evolve(ConnectionsState state, StoredEvent e) => e.Data switch
    {
        OpenApiIntegrationImported imported => OnIntegration(state, imported.Slug, e),
        GraphQlIntegrationImported imported => OnIntegration(state, imported.Slug, e),
        ServerIntegrationRegistered registered => OnIntegration(state, registered.Slug, e),
        IntegrationSourceReplaced replaced => OnIntegration(state, replaced.Slug, e),
        IntegrationDescribed described => OnIntegration(state, described.Slug, e),
        ToolChangesAccepted accepted => OnIntegration(state, accepted.Slug, e),
        IntegrationRemoved removed => Linked(OnIntegration(state, removed.Slug, e), removed.Slug),
        PluginPublished published => OnIntegration(state, published.Slug, e),
        PluginVersionPublished published => OnIntegration(state, published.Slug, e),
        PluginEnabled enabled => OnIntegration(state, enabled.Slug, e),
        PluginDisabled disabled => OnIntegration(state, disabled.Slug, e),
        PluginToolApproved approved => OnIntegration(state, approved.Slug, e),
        ConnectionCreated created => Linked(OnConnection(state, KeyOf(created.OwnerSubject, created.Integration, created.Name), e), created.Integration),
        ConnectionCredentialsReplaced replaced => OnConnection(state, KeyOf(replaced.OwnerSubject, replaced.Integration, replaced.Name), e),
        ConnectionCatalogRefreshed refreshed => OnConnection(state, KeyOf(refreshed.OwnerSubject, refreshed.Integration, refreshed.Name), e),
        ConnectionToolChangesAccepted accepted => OnConnection(state, KeyOf(accepted.OwnerSubject, accepted.Integration, accepted.Name), e),
        ConnectionDescribed described => OnConnection(state, KeyOf(described.OwnerSubject, described.Integration, described.Name), e),
        ConnectionRemoved removed => OnConnection(state, KeyOf(removed.OwnerSubject, removed.Integration, removed.Name), e),
        ConnectionAuthorized authorized => OnConnection(state, KeyOf(authorized.OwnerSubject, authorized.Integration, authorized.Name), e),
        ConnectionReauthorizationRequired ended => OnConnection(state, KeyOf(ended.OwnerSubject, ended.Integration, ended.Name), e),
        UpstreamClientRegistered registered => OnClient(state, registered.Id, e),
        UpstreamClientRemoved removed => OnClient(state, removed.Id, e),
        _ => state,
    };

    public override ValueTask Prepare(ConnectionsState next, CancellationToken cancellationToken)
        => catalogs.Load(
            next.Integrations.Values.Select(row => row.Integration.CatalogDigest)
                .Concat(next.Connections.Values.Select(row => row.Connection.CatalogDigest).OfType<string>()),
            cancellationToken);

    public override byte[] Serialize(ConnectionsState state) => JsonSerializer.SerializeToUtf8Bytes(
        new Stored(
            [.. state.Integrations.Values],
            [
                .. state.Connections.Values.OrderBy(row => row.Connection.Key).Select(row => new StoredConnection(
                    row.Connection.Key.Owner.Subject, row.Connection.Key.Integration, row.Connection.Key.Name, row.Connection.Description,
                    row.Connection.Template, row.Connection.SecretId, row.Connection.Variables, row.Connection.CatalogDigest, row.Connection.ToolCount, row.Connection.Grant, row.CreatedAt, row.UpdatedAt, row.Version,
                    row.Connection.References)),
            ],
            state.Links,
            [.. state.Clients.Values]),
        Json);

    public override ConnectionsState Deserialize(ReadOnlySpan<byte> bytes)
    {
        var stored = JsonSerializer.Deserialize<Stored>(bytes, Json)!;
        return new ConnectionsState(
            stored.Integrations.ToImmutableSortedDictionary(row => row.Integration.Slug, row => row, StringComparer.Ordinal),
            stored.Connections
                .Select(row => new ConnectionRow(
                    new Connection(KeyOf(row.Subject, row.Integration, row.Name), row.Description, row.Template, row.SecretId, row.Variables)
                    {
                        CatalogDigest = row.CatalogDigest,
                        ToolCount = row.ToolCount,
                        Grant = row.Grant,
                        References = row.References,
                    },
                    row.CreatedAt, row.UpdatedAt, row.Version))
                .ToImmutableDictionary(row => row.Connection.Key),
            stored.Links.ToImmutableSortedDictionary(StringComparer.Ordinal))
        {
            Clients = stored.Clients.ToImmutableSortedDictionary(row => row.Client.Id, row => row, StringComparer.Ordinal),
        };
    }

    private static ConnectionKey KeyOf(string? subject, string integration, string name) => new(new Owner(subject), integration, name);

    private static ConnectionsState OnIntegration(ConnectionsState state, string slug, StoredEvent e)
    {
        var before = state.Integration(slug);
        return Integration.Evolve(before?.Integration, e.Data) is { } after
            ? state with { Integrations = state.Integrations.SetItem(slug, new(after, before?.CreatedAt ?? e.Timestamp, e.Timestamp, e.Version)) }
            : state with { Integrations = state.Integrations.Remove(slug) };
    }

    private static ConnectionsState OnConnection(ConnectionsState state, ConnectionKey key, StoredEvent e)
    {
        var before = state.Connection(key);
        return Connection.Evolve(before?.Connection, e.Data) is { } after
            ? state with { Connections = state.Connections.SetItem(key, new(after, before?.CreatedAt ?? e.Timestamp, e.Timestamp, e.Version)) }
            : state with { Connections = state.Connections.Remove(key) };
    }

    private static ConnectionsState OnClient(ConnectionsState state, string id, StoredEvent e)
    {
        var before = state.Clients.GetValueOrDefault(id);
        return UpstreamClient.Evolve(before?.Client, e.Data) is { } after
            ? state with { Clients = state.Clients.SetItem(id, new(after, before?.CreatedAt ?? e.Timestamp, e.Timestamp, e.Version)) }
            : state with { Clients = state.Clients.Remove(id) };
    }

    private static ConnectionsState Linked(ConnectionsState state, string slug)
        => state with { Links = state.Links.SetItem(slug, state.Links.GetValueOrDefault(slug) + 1) };

    private sealed record Stored(
        ImmutableArray<IntegrationRow> Integrations, ImmutableArray<StoredConnection> Connections, IReadOnlyDictionary<string, int> Links, ImmutableArray<UpstreamClientRow> Clients);

    private sealed record StoredConnection(
        string? Subject, string Integration, string Name, string Description, string Template, string? SecretId, ImmutableArray<string> Variables,
        string? CatalogDigest, int ToolCount, ConnectionGrant? Grant, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, long Version,
        ImmutableArray<SecretReference> References);
}
