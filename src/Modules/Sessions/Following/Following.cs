using Microsoft.AspNetCore.Http;

namespace Toolgate.Sessions;

/// <summary>The stream that a session may open by GET (2025-11-25, "Listening for Messages from the Server"). One at a time: a new one ends the old.</summary>
internal sealed class Following(ListChangeHub hub, SessionRegistry sessions, TimeProvider time)
{
    /// <summary>Keeps the stream open until its client, its session, its credential or its toolkit goes.</summary>
    public async Task Follow(HttpContext context, Caller caller, Session session)
    {
        var watch = hub.Begin(caller, session);
        session.TakeStream(watch);
        try
        {
            var stream = new EventStreamWriter(context);
            await stream.Start(context.RequestAborted);
            while (true)
            {
                var signal = await watch.Next(context.RequestAborted);
                if (signal == WatchSignal.Ended || !sessions.IsLive(session))
                {
                    return;
                }

                // An open stream is a use: a session that is listened to is not idle.
                session.Touch(time.GetTimestamp());
                var open = signal != WatchSignal.Quiet || await stream.KeepAlive(context.RequestAborted);
                foreach (var notification in ListChanges.Of(watch.TakeChanges()))
                {
                    open = open && await stream.Message(notification, context.RequestAborted);
                }

                while (open && session.Streams.Waiting.TryDequeue(out var waiting))
                {
                    open = await stream.Message(waiting, context.RequestAborted);
                }

                if (!open)
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The client has gone.
        }
        finally
        {
            hub.End(watch);
            session.ReleaseStream(watch);
        }
    }
}
