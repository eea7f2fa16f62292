namespace Toolgate.Connections;

/// <summary>Requests to MCP servers other than calls of tools. Decides nothing: whoever calls it has decided and recorded.</summary>
public interface IUpstreams
{
    /// <summary>
    /// Sends a request through a connection and relays what belongs to it (<see cref="CallClient.Notify"/>, <see cref="CallClient.Ask"/>). Ends as a call
    /// of a tool does, in time and in bytes; only the caller's own cancellation throws.
    /// </summary>
    /// <param name="upstream">The connection.</param>
    /// <param name="method"><c>resources/read</c>, <c>prompts/get</c>, <c>completion/complete</c>, …</param>
    /// <param name="parameters">The request's own members of <c>params</c>, a JSON object with the upstream's names and URIs; what belongs to a transport or an era is added.</param>
    /// <param name="client">The client behind it.</param>
    /// <param name="cancellationToken">The caller gave up.</param>
    ValueTask<ToolOutcome> Request(Upstream upstream, string method, ReadOnlyMemory<byte> parameters, CallClient client, CancellationToken cancellationToken);

    /// <summary>
    /// Keeps a resource subscribed upstream for as long as somebody holds what is returned. The handler gets the <c>params</c> of each
    /// <c>notifications/resources/updated</c>; it must be quick and must not throw.
    /// </summary>
    /// <param name="upstream">The connection.</param>
    /// <param name="poolKey">The client's <see cref="CallClient.PoolKey"/>.</param>
    /// <param name="capabilities">
    /// What the client declared, where it can be asked: with the same capabilities it is subscribed in the session that its calls are made in. Else empty.
    /// </param>
    /// <param name="uri">The resource, as the upstream names it.</param>
    /// <param name="updated">The handler.</param>
    IDisposable OnResourceUpdated(Upstream upstream, string poolKey, ReadOnlyMemory<byte> capabilities, string uri, Action<ReadOnlyMemory<byte>> updated);

    /// <summary>The client behind a pool key has gone: what was kept for it alone may go, too.</summary>
    void Release(string poolKey);
}
