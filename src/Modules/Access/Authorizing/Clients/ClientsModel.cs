using System.Collections.Immutable;
using System.Text.Json;
using Toolgate.Access.Events;
using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>Every registered MCP client by id.</summary>
internal sealed record ClientsState(ImmutableSortedDictionary<string, Client> Clients)
{
    public static ClientsState Empty { get; } = new(ImmutableSortedDictionary.Create<string, Client>(StringComparer.Ordinal));
}

/// <summary>Folds which MCP clients are registered.</summary>
internal sealed class ClientsModel : ReadModel<ClientsState>
{
    public override string Name => "clients";

    public override int SchemaVersion => 1;

    public override IReadOnlyCollection<Type> Handles { get; } = [typeof(ClientRegistered), typeof(ClientRemoved)];

    public override ClientsState Empty => ClientsState.Empty;

    public override ClientsState Evolve(ClientsState state, StoredEvent e) => e.Data switch
    {
        ClientRegistered added => new ClientsState(state.Clients.SetItem(
            added.ClientId, new Client(added.ClientId, added.Origin, added.Name, added.RedirectUris, added.SecretDigest, added.Refreshes, e.Timestamp))),
        ClientRemoved removed => new ClientsState(state.Clients.Remove(removed.ClientId)),
        _ => state,
    };

    public override byte[] Serialize(ClientsState state) => JsonSerializer.SerializeToUtf8Bytes(state, EventTypes.Json);

    public override ClientsState Deserialize(ReadOnlySpan<byte> bytes)
        => new(JsonSerializer.Deserialize<ClientsState>(bytes, EventTypes.Json)!.Clients.ToImmutableSortedDictionary(StringComparer.Ordinal));
}
