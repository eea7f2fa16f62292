using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>Finds a client by its id.</summary>
internal sealed class ClientDirectory(IReadModels models, ClientDocuments documents, TimeProvider time)
{
    /// <summary>Longest id that is looked at, in characters.</summary>
    public const int MaxLength = 2_000;

    /// <summary>The client, with what it says about itself; null when there is none of that id. May fetch a document: for requests of signed-in people only.</summary>
    public async ValueTask<Client?> Find(string? clientId, CancellationToken cancellationToken)
        => Registered(clientId) ?? (documents.IsMeant(clientId, out _) ? await documents.Find(clientId, cancellationToken) : null);

    /// <summary>
    /// The client as far as who presents its id need be known: what was granted says the rest. Fetches nothing, so that strangers cannot make this server fetch; a
    /// client that is known by a document is public and told by its id alone.
    /// </summary>
    public Client? Presented(string? clientId)
        => Registered(clientId) ?? (documents.IsMeant(clientId, out var url) ? new Client(clientId, null, url.IdnHost, [], null, false, time.GetUtcNow()) : null);

    private Client? Registered(string? clientId)
        => clientId is { Length: > 0 and <= MaxLength } && models.Current.Get<ClientsState>().Clients.TryGetValue(clientId, out var client) ? client : null;
}
