using System.Globalization;

namespace Toolgate.Sessions;

/// <summary>
/// The streams of one session on this node: the one that it opens by GET, and the answers of its calls. A client that loses a connection comes back with the
/// id of the last event that it got, and goes on with that very stream; the session is bound to its principal and credential, so nobody else can.
/// </summary>
internal sealed class SessionStreams(ReplayMemory memory, string mark)
{
    private const int MostEnded = 16;
    private static long last;
    private readonly Lock gate = new();
    private readonly Dictionary<string, Outbox> open = new(StringComparer.Ordinal);
    private readonly Queue<(Outbox Outbox, long EndedAt)> ended = new();
    private Outbox? standing;
    private bool closed;

    /// <summary>The stream that the session opens by GET.</summary>
    public Outbox Standing
    {
        get
        {
            lock (gate)
            {
                return standing ??= New();
            }
        }
    }

    /// <summary>Tells the client something that belongs to no call, on its GET stream: now, or when it comes back to it. The same thing does not wait twice.</summary>
    public void Tell(ReadOnlyMemory<byte> notification) => Standing.Write(OutboxKind.Notice, notification);

    /// <summary>A stream for the answer of a call.</summary>
    public Outbox Begin()
    {
        lock (gate)
        {
            return New();
        }
    }

    /// <summary>The call has ended: its stream is kept for a while, for a client that did not get its end.</summary>
    public void End(Outbox outbox, long now)
    {
        lock (gate)
        {
            ended.Enqueue((outbox, now));
            while (ended.Count > MostEnded)
            {
                Drop();
            }
        }
    }

    /// <summary>The stream and the place that an event id names; null for one that is not, or no longer, a stream of this session here.</summary>
    public (Outbox Outbox, long After)? Find(string eventId)
    {
        var dash = eventId.LastIndexOf('-');
        if (dash < 0 || !long.TryParse(eventId.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var after))
        {
            return null;
        }

        lock (gate)
        {
            return open.TryGetValue(eventId[..dash], out var outbox) ? (outbox, after) : null;
        }
    }

    /// <summary>Lets go of streams that ended before a moment.</summary>
    public void Forget(Func<long, bool> tooLongAgo)
    {
        lock (gate)
        {
            while (ended.TryPeek(out var oldest) && tooLongAgo(oldest.EndedAt))
            {
                Drop();
            }
        }
    }

    /// <summary>The session has ended.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
            ended.Clear();
            foreach (var (_, outbox) in open)
            {
                outbox.Forget();
            }

            open.Clear();
        }
    }

    private Outbox New()
    {
        var outbox = new Outbox(mark + Interlocked.Increment(ref last).ToString(CultureInfo.InvariantCulture), memory);
        if (closed)
        {
            outbox.Forget();
        }
        else
        {
            open.Add(outbox.Id!, outbox);
        }

        return outbox;
    }

    private void Drop()
    {
        var outbox = ended.Dequeue().Outbox;
        open.Remove(outbox.Id!);
        outbox.Forget();
    }
}
