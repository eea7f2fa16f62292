using Toolgate.Access;
using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>What the use cases of this module share: the picture that they decide on, and the retry when it was too old.</summary>
internal sealed class Commands(IEventStore store, IReadModels models) : IDisposable
{
    private const int MaxAttempts = 20;

    /// <summary>Decisions of this process take turns, so that only another host's can cost an attempt.</summary>
    private readonly SemaphoreSlim turn = new(1);

    /// <summary>The newest integrations and connections.</summary>
    public ConnectionsState State => models.Current.Get<ConnectionsState>();

    /// <summary>Decides on one integration.</summary>
    public Task<Decided<Integration?>> OnIntegration(
        string slug, Func<Integration?, Decision> decide, EventMetadata metadata, long? ifMatch, CancellationToken cancellationToken)
        => store.Decide(
            Integration.StreamOf(slug), "integration", Integration.Fold, folded => decide(folded.State), metadata, ifMatch, cancellationToken: cancellationToken);

    /// <summary>Decides on one connection.</summary>
    public Task<Decided<Connection?>> OnConnection(
        ConnectionKey key, Func<Connection?, Decision> decide, EventMetadata metadata, long? ifMatch, CancellationToken cancellationToken)
        => store.Decide(
            key.Stream, "connection", Connection.Fold, folded => decide(folded.State), metadata, ifMatch, cancellationToken: cancellationToken);

    /// <summary>Decides on one client of an authorization server.</summary>
    public Task<Decided<UpstreamClient?>> OnClient(
        string id, Func<UpstreamClient?, Decision> decide, EventMetadata metadata, long? ifMatch, CancellationToken cancellationToken)
        => store.Decide(
            UpstreamClient.StreamOf(id), UpstreamClient.StreamType, UpstreamClient.Fold, folded => decide(folded.State), metadata, ifMatch, cancellationToken: cancellationToken);

    /// <summary>
    /// Runs a decision that claims a <see cref="LinkNumber"/>: when someone else took the number, waits until this node sees what they did
    /// and decides again on the new picture.
    /// </summary>
    public async Task<Decided<TState>> Linked<TState>(Func<ConnectionsState, Task<Decided<TState>>> decide, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                var outcome = await decide(State);
                if (attempt == MaxAttempts || outcome is not Decided<TState>.Refused { Rejection.Code: "name_taken" })
                {
                    return outcome;
                }

                await models.WaitFor(await store.Head(cancellationToken), cancellationToken);
            }
        }
        finally
        {
            turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => turn.Dispose();

    /// <summary>The row of a connection that the principal sees; null for any other, existing or not.</summary>
    public ConnectionRow? Visible(string owner, string integration, string name, Principal principal)
        => Owner.FromWord(owner, principal) is { } whose ? State.Connection(new ConnectionKey(whose, integration, name)) : null;
}

/// <summary>Refusals that several use cases share.</summary>
internal static class Refusals
{
    public static Rejection NoIntegration(string slug) => Rejection.NotFound("integration_not_found", $"There is no integration '{slug}'.");

    public static Rejection NoConnection { get; } = Rejection.NotFound("connection_not_found", "There is no such connection.");

    public static Rejection ProcessesForAdmins { get; } = Rejection.Forbidden("admin_required", "Servers that are processes of this machine take the role admin or owner.");

    public static Rejection SourceIsServer { get; } = Rejection.Conflict("source_is_server", "An MCP server is its own source and shows each connection its own tools: refresh the connection, or register the server anew.");

    public static Rejection AdminsOnly { get; } = Rejection.Forbidden("admin_required", "Writing what the workspace shares takes the role admin or owner.");
}
