using System.Collections.Concurrent;

namespace Toolgate.Sessions;

/// <summary>Stand-in until the channel lands.</summary>
internal sealed class SessionStreams(Func<Watch?> reader)
{
    public ConcurrentQueue<ReadOnlyMemory<byte>> Waiting { get; } = new();

    public void Tell(ReadOnlyMemory<byte> notification)
    {
        Waiting.Enqueue(notification);
        reader()?.Signal(WatchSignal.Message);
    }
}
