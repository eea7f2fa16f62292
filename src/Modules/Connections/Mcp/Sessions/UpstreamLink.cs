namespace Toolgate.Connections;

/// <summary>
/// Everything that is kept about one connection to an MCP server while its credentials and its address stay the same: which era it speaks, how it is doing,
/// and the sessions that are open. Sessions of the legacy era belong to one pool key and one set of capabilities; the modern era has nothing to share or to
/// separate.
/// </summary>
internal sealed class UpstreamLink(
    ConnectionKey key, McpServer server, PreparedAuth auth, McpDialer dialer, SessionQuota quota, McpOptions options, TimeProvider time, Action<UpstreamLink, string, ReadOnlyMemory<byte>> noticed)
    : INoticed
{
    private readonly Lock gate = new();
    private readonly Dictionary<(string Pool, string Capabilities), Slot> slots = [];
    private IMcpSession? modern;
    private McpEra? era;
    private bool closed;

    /// <summary>The connection.</summary>
    public ConnectionKey Key => key;

    /// <summary>Where its server is.</summary>
    public McpServer Server => server;

    /// <summary>Its credentials.</summary>
    public PreparedAuth Auth => auth;

    /// <summary>How it is doing.</summary>
    public UpstreamCircuit Circuit { get; } = new(time, options.FailuresUntilOpen, options.MaxBackOff);

    /// <summary>How long its lists may be kept, as the server said the last time (2026-07-28); null when it said nothing.</summary>
    public TimeSpan? TimeToLive { get; set; }

    /// <summary>Whether it is still the link of this server with these credentials.</summary>
    public bool IsOf(McpServer other, PreparedAuth credentials) => server == other && ReferenceEquals(auth, credentials) && !closed;

    /// <summary>A session for requests of this pool key with these capabilities, opened if there is none. Give it back when the request is over.</summary>
    /// <exception cref="McpFault">It cannot be opened.</exception>
    public async ValueTask<SessionLease> Rent(string pool, ClientCapabilities capabilities, CancellationToken cancellationToken)
    {
        var name = (pool, capabilities.Digest);
        if (Find(name) is { } found)
        {
            return await Opened(found, cancellationToken);
        }

        // Outside the lock: making room for one more closes sessions of other links.
        quota.Take();
        SessionLease made;
        try
        {
            made = Make(name, capabilities);
        }
        catch
        {
            quota.GiveBack();
            throw;
        }

        return await Opened(made, cancellationToken);
    }

    private static async ValueTask<SessionLease> Opened(SessionLease lease, CancellationToken cancellationToken)
    {
        if (lease.Slot is not { } slot)
        {
            return lease;
        }

        try
        {
            return new SessionLease(await slot.Opening.WaitAsync(cancellationToken), slot);
        }
        catch
        {
            slot.Leave();
            throw;
        }
    }

    /// <summary>The session is of no use any more: the next request opens another.</summary>
    public void Discard(IMcpSession session)
    {
        lock (gate)
        {
            if (ReferenceEquals(modern, session))
            {
                modern = null;
                era = null;
            }

            foreach (var (name, slot) in slots.Where(pair => pair.Value.Is(session)).ToList())
            {
                Remove(name, slot);
            }
        }
    }

    /// <summary>Closes what nobody uses: all of one pool key, or what was idle for too long, or the session that was idle longest.</summary>
    public void Close(Func<string, TimeSpan, bool> which)
    {
        lock (gate)
        {
            foreach (var (name, slot) in slots.Where(pair => pair.Value.Idle is { } idle && which(pair.Key.Pool, idle)).ToList())
            {
                Remove(name, slot);
            }
        }
    }

    /// <summary>The longest time that a session here was not used; null when all are in use.</summary>
    public TimeSpan? LongestIdle()
    {
        lock (gate)
        {
            return slots.Values.Max(slot => slot.Idle);
        }
    }

    /// <summary>Closes everything: the connection is gone, or is another one now.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
            modern = null;
            foreach (var (name, slot) in slots.ToList())
            {
                Remove(name, slot);
            }
        }
    }

    /// <inheritdoc/>
    public void Noticed(string method, ReadOnlyMemory<byte> parameters) => noticed(this, method, parameters);

    /// <summary>What is there already.</summary>
    private SessionLease? Find((string, string) name)
    {
        lock (gate)
        {
            if (closed)
            {
                throw McpFault.Unavailable("The connection was changed or removed.");
            }

            if (modern is { } stateless)
            {
                return new SessionLease(stateless, null);
            }

            if (!slots.TryGetValue(name, out var slot) || !slot.IsUsable)
            {
                return null;
            }

            slot.Enter();
            return new SessionLease(null!, slot);
        }
    }

    /// <summary>What is there by now, or a new session; one of the quota was taken for it.</summary>
    private SessionLease Make((string, string) name, ClientCapabilities capabilities)
    {
        lock (gate)
        {
            if (Find(name) is { } found)
            {
                quota.GiveBack();
                return found;
            }

            if (slots.TryGetValue(name, out var dead))
            {
                Remove(name, dead);
            }

            var slot = slots[name] = new Slot(time);
            slot.Opening = Task.Run(() => Open(name, slot, capabilities), CancellationToken.None);
            slot.Enter();
            return new SessionLease(null!, slot);
        }
    }

    private async Task<IMcpSession> Open((string, string) name, Slot slot, ClientCapabilities capabilities)
    {
        try
        {
            var session = await dialer.Open(key, server, auth, era, capabilities, this);
            lock (gate)
            {
                era = session.Era;
                if (session is ModernHttpSession && !closed)
                {
                    modern = session;
                    Remove(name, slot, dispose: false);
                }
            }

            return session;
        }
        catch
        {
            lock (gate)
            {
                Remove(name, slot, dispose: false);
            }

            throw;
        }
    }

    /// <summary>Under the lock.</summary>
    private void Remove((string, string) name, Slot slot, bool dispose = true)
    {
        if (slots.TryGetValue(name, out var current) && ReferenceEquals(current, slot))
        {
            slots.Remove(name);
            quota.GiveBack();
            if (dispose)
            {
                _ = Dispose(slot);
            }
        }
    }

    private static async Task Dispose(Slot slot)
    {
        try
        {
            var session = await slot.Opening;
            await session.DisposeAsync();
        }
        catch (Exception)
        {
            // It never opened, or does not close politely: either way it is gone.
        }
    }

    /// <summary>One session and who uses it.</summary>
    internal sealed class Slot(TimeProvider time)
    {
        private readonly Lock gate = new();
        private int uses;
        private long lastUsed = time.GetTimestamp();

        public Task<IMcpSession> Opening { get; set; } = null!;

        public bool IsUsable => !Opening.IsFaulted && (!Opening.IsCompletedSuccessfully || !Opening.Result.IsOver);

        /// <summary>Since when nobody uses it; null while somebody does.</summary>
        public TimeSpan? Idle
        {
            get
            {
                lock (gate)
                {
                    return uses == 0 ? time.GetElapsedTime(lastUsed) : null;
                }
            }
        }

        public bool Is(IMcpSession session) => Opening.IsCompletedSuccessfully && ReferenceEquals(Opening.Result, session);

        public void Enter()
        {
            lock (gate)
            {
                uses++;
            }
        }

        public void Leave()
        {
            lock (gate)
            {
                uses--;
                lastUsed = time.GetTimestamp();
            }
        }
    }
}

/// <summary>A session in use.</summary>
internal readonly struct SessionLease(IMcpSession session, UpstreamLink.Slot? slot) : IDisposable
{
    /// <summary>The session.</summary>
    public IMcpSession Session => session;

    /// <summary>Where it is kept; null for what is not kept.</summary>
    public UpstreamLink.Slot? Slot => slot;

    /// <inheritdoc/>
    public void Dispose() => slot?.Leave();
}
