using Microsoft.AspNetCore.Http;

namespace Toolgate.Sessions;

/// <summary>
/// The stream that a session may open by GET (2025-11-25, "Listening for Messages from the Server"). One at a time: a new one ends the old. With the id of
/// the last event that a client got (<c>Last-Event-ID</c>) it goes on where that client lost it: this stream, or the answer of a call.
/// </summary>
internal sealed class Following(ListChangeHub hub, RelayStreams streams)
{
    /// <summary>Header by which a client comes back.</summary>
    private const string LastEventId = "Last-Event-ID";

    /// <summary>Keeps the stream open until its client, its session, its credential or its toolkit goes.</summary>
    public Task Follow(HttpContext context, Caller caller, Session session)
    {
        // An id that means nothing here, or no longer, begins afresh.
        var place = context.Request.Headers[LastEventId] is [{ Length: > 0 } id] ? session.Streams.Find(id) : null;
        return place is { } found && !ReferenceEquals(found.Outbox, session.Streams.Standing)
            ? Resume(context, caller, session, found.Outbox, found.After)
            : Listen(context, caller, session, place?.After);
    }

    private async Task Listen(HttpContext context, Caller caller, Session session, long? after)
    {
        var outbox = session.Streams.Standing;
        var watch = hub.Begin(caller, session);
        session.TakeStream(watch);
        outbox.Attach(watch, after);
        try
        {
            await streams.Serve(context, session, outbox, watch, RelayStreams.Primes(session), () => Tell(outbox, watch.TakeChanges()));
        }
        finally
        {
            session.ReleaseStream(watch);
        }
    }

    private static void Tell(Outbox outbox, ListChange changes)
    {
        foreach (var notification in ListChanges.Of(changes))
        {
            outbox.Write(OutboxKind.Notice, notification);
        }
    }

    /// <summary>The answer of a call whose connection was lost: what was missed of it, and what is still to come.</summary>
    private async Task Resume(HttpContext context, Caller caller, Session session, Outbox outbox, long after)
    {
        var watch = hub.Begin(caller, session, servesCall: true);
        outbox.Attach(watch, after);
        await streams.Serve(context, session, outbox, watch, prime: false);
    }
}
