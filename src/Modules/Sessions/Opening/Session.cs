namespace Toolgate.Sessions;

/// <summary>A session on this node: the facts of the log, and what only this node needs to know while it is used here.</summary>
/// <param name="facts">What the log says of it.</param>
/// <param name="client">What its client said of itself.</param>
/// <param name="memory">What this node may keep for clients that come back.</param>
/// <param name="mark">Tells ids made on this node from those of others.</param>
/// <param name="now">Timestamp of its first use here.</param>
internal sealed class Session(LiveSession facts, SessionClientFacts client, ReplayMemory memory, string mark, long now)
{
    private readonly Lock gate = new();
    private Dictionary<string, RunningCall>? running;
    private long usedAt = now;
    private Watch? stream;
    private volatile string? shownDigest;
    private volatile string? shownResources;
    private volatile string? shownPrompts;
    private SubscriptionSet? subscriptions;
    private bool closed;

    /// <summary>What the log says of it.</summary>
    public LiveSession Facts { get; } = facts;

    /// <summary>What its client said of itself.</summary>
    public SessionClientFacts Client => client;

    /// <summary>What its client can be asked.</summary>
    public DeclaredCapabilities Declared { get; } = DeclaredCapabilities.Of(client.Capabilities.Span);

    /// <summary>The least severe log level that its client wants.</summary>
    public string LogLevel { get; set; } = client.LogLevel ?? LogLevels.Default;

    /// <summary>Key of what upstreams keep for this session alone.</summary>
    public string PoolKey => Facts.Id;

    /// <summary>Questions that its client has not answered yet.</summary>
    public PendingAsks Asks { get; } = new(mark);

    /// <summary>Its streams, so that a client can come back to them.</summary>
    public SessionStreams Streams { get; } = new(memory, mark);

    /// <summary>Whether this revision knows structured content.</summary>
    public bool KnowsStructuredContent { get; } = string.CompareOrdinal(facts.ProtocolVersion, "2025-06-18") >= 0;

    /// <summary>Timestamp of the last use here.</summary>
    public long UsedAt => Volatile.Read(ref usedAt);

    /// <summary>Timestamp of the last use that was reported to the database.</summary>
    public long ReportedAt { get; set; }

    /// <summary>Whether something is open: a stream or a running call.</summary>
    public bool IsBusy
    {
        get
        {
            lock (gate)
            {
                return Volatile.Read(ref stream) is not null || running is { Count: > 0 };
            }
        }
    }

    /// <summary>Notes a use.</summary>
    public void Touch(long timestamp) => Volatile.Write(ref usedAt, timestamp);

    /// <summary>
    /// Digest of the list that its client was last given; null before it asked for one. A notification does not count: one that went into a
    /// connection that was already dead must be told again.
    /// </summary>
    public string? ShownDigest
    {
        get => shownDigest;
        set => shownDigest = value;
    }

    /// <summary>The same for the list of resources.</summary>
    public string? ShownResourcesDigest { get => shownResources; set => shownResources = value; }

    /// <summary>The same for the list of prompts.</summary>
    public string? ShownPromptsDigest { get => shownPrompts; set => shownPrompts = value; }

    /// <summary>The resources that it follows on this node; null when it never followed one.</summary>
    public SubscriptionSet? Subscriptions => Volatile.Read(ref subscriptions);

    /// <summary>The resources that it follows, made when there is no set yet.</summary>
    public SubscriptionSet SubscriptionsOr(Func<SubscriptionSet> make)
        => Subscriptions ?? Interlocked.CompareExchange(ref subscriptions, make(), null) ?? subscriptions;

    /// <summary>
    /// Takes the one GET stream. One that is open ends: a client that asks again has lost it, though this side of a dead connection may not know.
    /// </summary>
    public void TakeStream(Watch watch) => Interlocked.Exchange(ref stream, watch)?.Signal(WatchSignal.Ended);

    /// <summary>Gives the GET stream back, unless another has taken it over.</summary>
    public void ReleaseStream(Watch watch) => Interlocked.CompareExchange(ref stream, null, watch);

    /// <summary>Notes a running call so that it can be cancelled. An id that is already running keeps its first call.</summary>
    public RunningCall Begin(string id, long began)
    {
        var cancellation = new RunningCall(began);
        lock (gate)
        {
            (running ??= new(StringComparer.Ordinal)).TryAdd(id, cancellation);
            if (closed)
            {
                cancellation.Cancel();
            }
        }

        return cancellation;
    }

    /// <summary>Forgets a call that has ended.</summary>
    public void End(string id, CancellationTokenSource cancellation)
    {
        lock (gate)
        {
            if (running!.TryGetValue(id, out var current) && ReferenceEquals(current, cancellation))
            {
                running.Remove(id);
            }
        }

        cancellation.Dispose();
    }

    /// <summary>Cancels a running call; an id that is not running is ignored.</summary>
    public void Cancel(string id)
    {
        lock (gate)
        {
            if (running is not null && running.TryGetValue(id, out var cancellation))
            {
                // Under the lock: End disposes it only after taking the lock. Callbacks run elsewhere.
                _ = cancellation.CancelAsync();
            }
        }
    }

    /// <summary>Turns the answers of calls that have taken long into streams.</summary>
    public void OpenSlow(Func<long, bool> isSlow)
    {
        lock (gate)
        {
            foreach (var (_, call) in running ?? [])
            {
                if (call.Reply is { } reply && isSlow(call.Began))
                {
                    reply.Show();
                }
            }
        }
    }

    /// <summary>Cancels every running call.</summary>
    public void CancelAll()
    {
        lock (gate)
        {
            foreach (var (_, cancellation) in running ?? [])
            {
                _ = cancellation.CancelAsync();
            }
        }
    }

    /// <summary>It has ended: whatever it still does ends, too.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
        }

        Asks.CloseAll();
        CancelAll();
        Subscriptions?.Dispose();
        Streams.Close();
    }
}

/// <summary>A call that runs in a session: cancels it, and holds its answer.</summary>
/// <param name="began">Timestamp of its beginning.</param>
internal sealed class RunningCall(long began) : CancellationTokenSource
{
    /// <summary>Timestamp of its beginning.</summary>
    public long Began => began;

    /// <summary>Its answer, as soon as there is one to come.</summary>
    public Reply? Reply { get; set; }
}
