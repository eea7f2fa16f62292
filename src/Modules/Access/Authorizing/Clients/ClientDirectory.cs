using Toolgate.EventStore;

namespace Toolgate.Access;

/// <summary>Finds a client by its id.</summary>
internal sealed class ClientDirectory(IReadModels models)
{
    /// <summary>Longest id that is looked at, in characters.</summary>
    public const int MaxLength = 2_000;

    /// <summary>The client; null when there is none of that id.</summary>
    public ValueTask<Client?> Find(string? clientId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(
            clientId is { Length: > 0 and <= MaxLength } && models.Current.Get<ClientsState>().Clients.TryGetValue(clientId, out var client) ? client : null);
    }
}
