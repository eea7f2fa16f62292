using System.Collections.Concurrent;
using Toolgate.Connections;
using Toolgate.EventStore;

namespace Toolgate.Sessions;

/// <summary>
/// Live sessions as this node sees them. What it has not seen yet it takes over from the log, so a session survives a restart and works on
/// every node.
/// </summary>
internal sealed class SessionRegistry(IEventStore log, IReadModels models, SessionClients clients, IEnumerable<IUpstreams> upstreams, TimeProvider time, Node node)
{
    private const long MostReplayBytes = 128L << 20;
    private static readonly TimeSpan ReplayFor = TimeSpan.FromMinutes(5);
    private readonly ConcurrentDictionary<string, Session> local = new(StringComparer.Ordinal);
    private readonly ReplayMemory memory = new(MostReplayBytes);

    /// <summary>Sessions in use on this node.</summary>
    public ICollection<Session> Local => local.Values;

    /// <summary>How many those are.</summary>
    public int Count => local.Count;

    /// <summary>The live session of an id that a client holds; null when it is unknown or has ended.</summary>
    public ValueTask<Session?> Find(string id, CancellationToken cancellationToken)
    {
        if (SessionIds.PublicOf(id) is not { } publicId)
        {
            return default;
        }

        var snapshot = models.Current;
        var live = snapshot.Get<SessionsState>().Live;
        if (local.TryGetValue(publicId, out var session))
        {
            // Opened here a moment ago, it may be newer than what the read models show.
            if (snapshot.Position < session.Facts.Position || live.ContainsKey(publicId))
            {
                session.Touch(time.GetTimestamp());
                return new(session);
            }

            Drop(publicId);
            return default;
        }

        return live.TryGetValue(publicId, out var facts) ? TakeOver(facts, cancellationToken) : Look(publicId, snapshot.Position, cancellationToken);
    }

    /// <summary>Whether a session is live as far as this node knows.</summary>
    public bool IsLive(Session session)
    {
        var snapshot = models.Current;
        return snapshot.Position < session.Facts.Position || snapshot.Get<SessionsState>().Live.ContainsKey(session.Facts.Id);
    }

    /// <summary>Opens a session; when this returns, it is durable. The id is for the client alone.</summary>
    public async Task<(string Id, Session Session)> Open(Func<string, SessionOpened> opening, SessionClientFacts client, CancellationToken cancellationToken)
    {
        var id = SessionIds.New();
        var e = opening(SessionIds.PublicOf(id)!);
        var outcome = await log.Append(
            new AppendRequest
            {
                StreamId = StreamOf(e.SessionId),
                StreamType = "session",
                Expected = ExpectedVersion.NoStream,
                Events = [e],
                Metadata = EventMetadata.By(e.PrincipalId),
                Alongside = [SessionClients.Store(e.SessionId, client)],
            },
            cancellationToken);
        var position = ((AppendOutcome.Appended)outcome).Position;
        return (id, Add(LiveSession.From(e, time.GetUtcNow(), position), client));
    }

    /// <summary>Ends a session; false when it had ended already.</summary>
    public async Task<bool> End(string publicId, string reason, string actor, CancellationToken cancellationToken)
    {
        var outcome = await log.Append(
            new AppendRequest
            {
                StreamId = StreamOf(publicId),
                StreamType = "session",
                Expected = ExpectedVersion.At(1),
                Events = [new SessionEnded(publicId, reason)],
                Metadata = EventMetadata.By(actor),
                Alongside = [new SideWrite("delete from toolgate.session_uses where session_id = $1", publicId), SessionClients.Remove(publicId)],
            },
            cancellationToken);
        Drop(publicId);
        if (outcome is not AppendOutcome.Appended appended)
        {
            return false;
        }

        // The next request on this node must already see it.
        await models.WaitFor(appended.Position, cancellationToken);
        return true;
    }

    /// <summary>Drops what another node has ended: nobody uses it here any more, so nothing else would.</summary>
    public void ForgetEnded()
    {
        foreach (var (id, session) in local)
        {
            if (!IsLive(session))
            {
                Drop(id);
            }

            session.Streams.Forget(endedAt => time.GetElapsedTime(endedAt) > ReplayFor);
        }
    }

    /// <summary>This node's identity, for what it writes.</summary>
    public string NodeId => node.Id;

    private static string StreamOf(string publicId) => "session-" + publicId;

    private async ValueTask<Session?> TakeOver(LiveSession facts, CancellationToken cancellationToken)
        => Add(facts, await clients.Load(facts.Id, cancellationToken));

    private Session Add(LiveSession facts, SessionClientFacts client) => local.GetOrAdd(
        facts.Id, static (_, arg) => new Session(arg.facts, arg.client, arg.memory, arg.mark, arg.now), (facts, client, memory, mark: node.Mark, now: time.GetTimestamp()));

    /// <summary>The session has ended, and with it whatever it still does here and whatever upstreams keep for it.</summary>
    private void Drop(string publicId)
    {
        if (local.TryRemove(publicId, out var session))
        {
            session.Close();
            foreach (var upstream in upstreams)
            {
                upstream.Release(session.PoolKey);
            }
        }
    }

    /// <summary>Another node may have opened it after the position that this one has reached: the log knows.</summary>
    private async ValueTask<Session?> Look(string publicId, long position, CancellationToken cancellationToken)
    {
        LiveSession? facts = null;
        await foreach (var e in log.ReadStream(StreamOf(publicId), cancellationToken: cancellationToken))
        {
            facts = e.Data switch
            {
                SessionOpened opened when e.Position > position => LiveSession.From(opened, e.Timestamp, e.Position),
                SessionEnded => null,
                _ => facts,
            };
        }

        return facts is null ? null : await TakeOver(facts, cancellationToken);
    }
}
