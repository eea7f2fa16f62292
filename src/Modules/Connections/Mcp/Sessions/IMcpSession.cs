namespace Toolgate.Connections;

/// <summary>What is said to an upstream: one session of the legacy era, or any number of requests of the modern one.</summary>
internal interface IMcpSession : IAsyncDisposable
{
    /// <summary>The era that is spoken.</summary>
    McpEra Era { get; }

    /// <summary>What the server says of itself.</summary>
    ServerFacts Server { get; }

    /// <summary>Whether nothing can be sent any more.</summary>
    bool IsOver { get; }

    /// <summary>The least severe level of log messages that the server was asked for in this session; null for what it does by itself.</summary>
    string? LogLevel { get; set; }

    /// <summary>
    /// Sends a request and relays what belongs to it until its answer. Cancellation tells the upstream.
    /// </summary>
    /// <exception cref="McpFault">It did not answer usefully.</exception>
    /// <exception cref="HttpRequestException">It cannot be reached.</exception>
    /// <exception cref="IOException">It broke off its answer.</exception>
    ValueTask<RpcAnswer> Request(McpRequest request, CallClient client, ClientCapabilities capabilities, CancellationToken cancellationToken);

    /// <summary>
    /// Keeps open what the server sends by itself, and passes it on to <see cref="INoticed"/>. Ends when the server ends it, or at once when there is no such way.
    /// </summary>
    /// <param name="resources">Resources whose updates are wanted; where the era asks for them one by one, they are asked for.</param>
    /// <param name="listening">Called once the way is open.</param>
    /// <param name="cancellationToken">Nobody listens any more.</param>
    ValueTask Listen(IReadOnlyCollection<string> resources, Action listening, CancellationToken cancellationToken);
}

/// <summary>Who is told what an upstream says by itself, on any way. Must be quick and must not throw.</summary>
internal interface INoticed
{
    /// <summary>A notification that belongs to no request: lists that changed, resources that were updated.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="parameters">Its params, valid during the call.</param>
    void Noticed(string method, ReadOnlyMemory<byte> parameters);
}
