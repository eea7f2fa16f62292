using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>Requests to MCP servers other than calls of tools.</summary>
internal sealed class Upstreams(McpCalls calls, UpstreamLinks links, RenewingCalls renewing, GuardedCalls guarded, IReadModels models, ResourceSubscriptions subscriptions) : IUpstreams
{
    /// <inheritdoc/>
    public ValueTask<ToolOutcome> Request(Upstream upstream, string method, ReadOnlyMemory<byte> parameters, CallClient client, CancellationToken cancellationToken)
        => guarded.Run((client, deadline) => Send(upstream, method, parameters, client, deadline), client, cancellationToken);

    /// <inheritdoc/>
    public IDisposable OnResourceUpdated(Upstream upstream, string poolKey, ReadOnlyMemory<byte> capabilities, string uri, Action<ReadOnlyMemory<byte>> updated)
        => subscriptions.Add(KeyOf(upstream), poolKey, ClientCapabilities.Of(capabilities), uri, updated);

    /// <inheritdoc/>
    public void Release(string poolKey)
    {
        subscriptions.Release(poolKey);
        links.Release(poolKey);
    }

    private async ValueTask<ToolOutcome> Send(Upstream upstream, string method, ReadOnlyMemory<byte> parameters, CallClient client, CancellationToken cancellationToken)
    {
        var key = KeyOf(upstream);
        if (models.Current.Get<ConnectionsState>().Integration(key.Integration)?.Integration.Server is not { } server)
        {
            return new ToolOutcome.Failed(new ToolError("connection_missing", "The connection is gone or has no usable credentials.", Retryable: false));
        }

        var name = method switch
        {
            "prompts/get" => JsonMembers.Text(JsonMembers.Find(parameters, "name")),
            "resources/read" => JsonMembers.Text(JsonMembers.Find(parameters, "uri")),
            _ => null,
        };
        return await renewing.Run(
            key, auth => calls.Send(links.Get(key, server, auth), new McpRequest(method, parameters) { Name = name }, client, cancellationToken), cancellationToken);
    }

    private static ConnectionKey KeyOf(Upstream upstream) => new(upstream.Owner, upstream.Integration, upstream.Connection);
}
