using System.Collections.Concurrent;
using System.Globalization;

namespace Toolgate.Fixture;

/// <summary>A session of streamable HTTP: its client and every stream that it can come back to.</summary>
internal sealed class LegacySession
{
    private readonly ConcurrentDictionary<int, MessageStream> streams = new();
    private int lastStream;

    public LegacySession(FixtureCore core)
    {
        var standalone = new MessageStream(0);
        streams[0] = standalone;
        Peer = new LegacyPeer(core, standalone);
    }

    public LegacyPeer Peer { get; }

    /// <summary>Events of this revision may be empty; older clients stumble over them.</summary>
    public bool Primes => Peer.Version == Versions.November;

    public MessageStream NewStream()
    {
        var stream = new MessageStream(Interlocked.Increment(ref lastStream));
        return streams[stream.Number] = stream;
    }

    /// <summary>The stream and position after an event, or null when there was no such event.</summary>
    public (MessageStream Stream, int From)? After(string eventId)
        => eventId.Split('_') is [var number, var position]
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var n)
            && int.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out var from)
            && streams.TryGetValue(n, out var stream)
                ? (stream, from)
                : null;

    public void End()
    {
        Peer.End();
        foreach (var stream in streams.Values)
        {
            stream.Complete();
        }
    }
}
