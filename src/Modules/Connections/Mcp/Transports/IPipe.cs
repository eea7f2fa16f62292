namespace Toolgate.Connections;

/// <summary>A way on which everything between one client and one server travels: a process, or a stream of events with POSTs beside it.</summary>
internal interface IPipe : IAsyncDisposable
{
    /// <summary>The next message, valid until the next call; null when the other side closed.</summary>
    ValueTask<ReadOnlyMemory<byte>?> Read(CancellationToken cancellationToken);

    /// <summary>Sends a message.</summary>
    ValueTask Write(ReadOnlyMemory<byte> message, CancellationToken cancellationToken);

    /// <summary>Most bytes of everything that arrives for one request.</summary>
    int MaxBytes { get; }

    /// <summary>How long to wait whether a server knows the modern era, before it is taken for one that says nothing to what it does not know.</summary>
    TimeSpan DiscoveryPatience { get; }
}
