namespace Toolgate.Sessions;

/// <summary>What a message on a stream is, which decides what becomes of it when its reader is slow.</summary>
internal enum OutboxKind
{
    /// <summary>Progress: of what waits, only the last counts.</summary>
    Progress,

    /// <summary>A log message: dropped when too much waits.</summary>
    Log,

    /// <summary>Another notification: the same one does not wait twice.</summary>
    Notice,

    /// <summary>A request to the client, or what withdraws it: few, and never dropped.</summary>
    Request,

    /// <summary>The response that ends the stream.</summary>
    Answer,
}

/// <summary>One message on a stream.</summary>
/// <param name="Number">Its place, from 1; the second half of its event id.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Json">The message.</param>
internal sealed record OutboxMessage(long Number, OutboxKind Kind, ReadOnlyMemory<byte> Json);

/// <summary>What a reader finds.</summary>
internal enum OutboxRead
{
    /// <summary>A message.</summary>
    Message,

    /// <summary>Nothing now.</summary>
    Nothing,

    /// <summary>Nothing any more.</summary>
    End,

    /// <summary>Another connection reads this stream now.</summary>
    TakenOver,
}

/// <summary>
/// The messages of one stream on their way to one reader. Writing never waits: a reader that is slow, or gone, costs a bounded amount of memory and no time
/// of whoever writes. Where <paramref name="memory"/> is given, what was sent is kept for a reader that lost its connection.
/// <code>
/// [ sent, kept for a while ] ▲ [ waiting ]
///                            └ where the reader stands
/// </code>
/// </summary>
internal sealed class Outbox(string? id, ReplayMemory? memory)
{
    private const int FewWaiting = 32;
    private const int MostWaiting = 256;
    private const int MostWaitingBytes = 1 << 20;
    private const int MostKept = 256;
    private const int MostKeptBytes = 4 << 20;

    private readonly Lock gate = new();
    private readonly LinkedList<OutboxMessage> messages = [];
    private LinkedListNode<OutboxMessage>? lastSent;
    private Watch? reader;
    private long number;
    private int waiting;
    private int waitingBytes;
    private int kept;
    private int keptBytes;
    private bool complete;

    /// <summary>Identity of a stream that can be resumed; null for one that cannot.</summary>
    public string? Id => id;

    /// <summary>Whether nothing more will be written.</summary>
    public bool IsComplete
    {
        get
        {
            lock (gate)
            {
                return complete;
            }
        }
    }

    /// <summary>Id of the event before the next one that the reader gets, with which a client is told at once what it may come back with.</summary>
    public string? PlaceId
    {
        get
        {
            lock (gate)
            {
                var next = lastSent is null ? messages.First : lastSent.Next;
                return id is null ? null : $"{id}-{(next?.Value.Number ?? number + 1) - 1}";
            }
        }
    }

    /// <summary>The event id of a message.</summary>
    public string? IdOf(OutboxMessage message) => id is null ? null : $"{id}-{message.Number}";

    /// <summary>Puts a message at the end; false when it was dropped.</summary>
    public bool Write(OutboxKind kind, ReadOnlyMemory<byte> json)
    {
        lock (gate)
        {
            if (complete || !MakeRoom(kind, json))
            {
                return false;
            }

            if (kind == OutboxKind.Answer && reader is null && (memory is null || memory.IsFull))
            {
                // Its reader is gone and could not come back for it.
                complete = true;
                return false;
            }

            memory?.Add(json.Length);
            messages.AddLast(new OutboxMessage(++number, kind, json));
            waiting++;
            waitingBytes += json.Length;
            complete = kind == OutboxKind.Answer;
            reader?.Signal(WatchSignal.Message);
            return true;
        }
    }

    /// <summary>Nothing more will be written.</summary>
    public void Complete()
    {
        lock (gate)
        {
            complete = true;
            reader?.Signal(WatchSignal.Message);
        }
    }

    /// <summary>Has a reader go on behind a message, or at the end when <paramref name="after"/> is null. The reader before it has lost its connection.</summary>
    public void Attach(Watch next, long? after)
    {
        lock (gate)
        {
            reader?.Signal(WatchSignal.Message);
            reader = next;
            lastSent = messages.Last;
            while (after is { } place && lastSent is not null && lastSent.Value.Number > place)
            {
                lastSent = lastSent.Previous;
            }

            Count();
            next.Signal(WatchSignal.Message);
        }
    }

    /// <summary>A reader's connection has gone.</summary>
    public void Detach(Watch gone)
    {
        lock (gate)
        {
            reader = ReferenceEquals(reader, gone) ? null : reader;
        }
    }

    /// <summary>The next message for a reader.</summary>
    public OutboxRead Read(Watch current, out OutboxMessage? message)
    {
        message = null;
        lock (gate)
        {
            if (!ReferenceEquals(current, reader))
            {
                return OutboxRead.TakenOver;
            }

            var next = lastSent is null ? messages.First : lastSent.Next;
            if (next is null)
            {
                return complete ? OutboxRead.End : OutboxRead.Nothing;
            }

            message = next.Value;
            waiting--;
            waitingBytes -= message.Json.Length;
            if (memory is null)
            {
                Remove(next);
            }
            else
            {
                lastSent = next;
                Keep(message.Json.Length);
            }

            return OutboxRead.Message;
        }
    }

    /// <summary>Lets go of everything: nobody may come back for it any more.</summary>
    public void Forget()
    {
        lock (gate)
        {
            complete = true;
            messages.Clear();
            lastSent = null;
            memory?.Add(-keptBytes - waitingBytes);
            waiting = waitingBytes = kept = keptBytes = 0;
            reader?.Signal(WatchSignal.Message);
        }
    }

    private bool MakeRoom(OutboxKind kind, ReadOnlyMemory<byte> json)
    {
        switch (kind)
        {
            case OutboxKind.Request or OutboxKind.Answer:
                return true;
            case OutboxKind.Notice when Waiting().Any(node => node.Value.Kind == kind && node.Value.Json.Span.SequenceEqual(json.Span)):
                return false;
            case OutboxKind.Progress when waiting >= FewWaiting || waitingBytes + json.Length > MostWaitingBytes:
                if (Waiting().LastOrDefault(node => node.Value.Kind == kind) is { } overtaken)
                {
                    waiting--;
                    waitingBytes -= overtaken.Value.Json.Length;
                    Remove(overtaken);
                }

                break;
        }

        return waiting < MostWaiting && (waiting == 0 || waitingBytes + json.Length <= MostWaitingBytes);
    }

    private IEnumerable<LinkedListNode<OutboxMessage>> Waiting()
    {
        for (var node = lastSent is null ? messages.First : lastSent.Next; node is not null; node = node.Next)
        {
            yield return node;
        }
    }

    /// <summary>Notes that one more was sent, and forgets the oldest of those beyond what may be kept. The last one, on which most depends, goes only when there is no memory.</summary>
    private void Keep(int bytes)
    {
        kept++;
        keptBytes += bytes;
        while (kept > 0 && (memory!.IsFull || (kept > 1 && (kept > MostKept || keptBytes > MostKeptBytes))))
        {
            var oldest = messages.First!;
            kept--;
            keptBytes -= oldest.Value.Json.Length;
            if (ReferenceEquals(oldest, lastSent))
            {
                lastSent = null;
            }

            Remove(oldest);
        }
    }

    private void Remove(LinkedListNode<OutboxMessage> node)
    {
        memory?.Add(-node.Value.Json.Length);
        messages.Remove(node);
    }

    /// <summary>Counts anew what is before and what is behind the reader.</summary>
    private void Count()
    {
        (waiting, waitingBytes, kept, keptBytes) = (0, 0, 0, 0);
        var sent = lastSent is not null;
        foreach (var message in messages)
        {
            if (sent)
            {
                kept++;
                keptBytes += message.Json.Length;
                sent = !ReferenceEquals(message, lastSent!.Value);
            }
            else
            {
                waiting++;
                waitingBytes += message.Json.Length;
            }
        }
    }
}

/// <summary>Bytes that this node keeps for clients that may come back, over all streams. Beyond the limit nothing is kept that was sent.</summary>
internal sealed class ReplayMemory(long limit)
{
    private long used;

    /// <summary>Whether there is no room.</summary>
    public bool IsFull => Interlocked.Read(ref used) > limit;

    /// <summary>Bytes kept now.</summary>
    public long Used => Interlocked.Read(ref used);

    /// <summary>Notes bytes that are kept from now on, or, below zero, no longer.</summary>
    public void Add(long bytes) => Interlocked.Add(ref used, bytes);
}
