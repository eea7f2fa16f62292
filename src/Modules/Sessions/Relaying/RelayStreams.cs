using Microsoft.AspNetCore.Http;

namespace Toolgate.Sessions;

/// <summary>Sends what is in an outbox to a client, as server-sent events, for as long as there is a client to send it to.</summary>
internal sealed class RelayStreams(ListChangeHub hub, SessionRegistry sessions, TimeProvider time)
{
    /// <summary>Pause after which a client that lost its stream should come back.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    /// <summary>Begins the stream that answers a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="session">Its session; null in the stateless era, whose streams cannot be resumed.</param>
    /// <param name="abandon">Cancels the request when what it depends on ends: its session, credential or toolkit.</param>
    public RelayStream Begin(HttpContext context, Caller caller, Session? session, Action abandon)
    {
        var outbox = session?.Streams.Begin() ?? new Outbox(null, null);
        var watch = hub.Begin(caller, session, servesCall: true);
        outbox.Attach(watch, after: 0);
        return new RelayStream(outbox, () => Answer(context, session, outbox, watch, abandon));
    }

    /// <summary>Serves one reader of an outbox until the outbox, the reader or what both depend on ends.</summary>
    /// <param name="context">The request whose response is the stream.</param>
    /// <param name="session">Its session, where it has one: an open stream is a use.</param>
    /// <param name="outbox">What is sent.</param>
    /// <param name="watch">Attached to the outbox.</param>
    /// <param name="prime">Whether the client is told an id to come back with at once.</param>
    /// <param name="changed">What to do when the effective list changed.</param>
    /// <returns>Whether the stream was ended because its session, credential or toolkit is gone, or the server stops.</returns>
    public async Task<bool> Serve(HttpContext context, Session? session, Outbox outbox, Watch watch, bool prime, Action? changed = null)
    {
        var gone = context.RequestAborted;
        try
        {
            var stream = new EventStreamWriter(context);
            await stream.Start(gone);
            var open = !prime || outbox.PlaceId is not { } place || await stream.Prime(place, Retry, gone);
            while (open)
            {
                switch (outbox.Read(watch, out var message))
                {
                    case OutboxRead.Message:
                        open = await stream.Message(outbox.IdOf(message!), message!.Json, gone);
                        continue;
                    case OutboxRead.End or OutboxRead.TakenOver:
                        return false;
                }

                var signal = await watch.Next(gone);
                if (signal == WatchSignal.Ended || (session is not null && !sessions.IsLive(session)))
                {
                    return true;
                }

                session?.Touch(time.GetTimestamp());
                if (signal == WatchSignal.Changed)
                {
                    changed?.Invoke();
                }
                else if (signal == WatchSignal.Quiet)
                {
                    open = await stream.KeepAlive(gone);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The client has gone.
        }
        finally
        {
            outbox.Detach(watch);
            hub.End(watch);
        }

        return false;
    }

    /// <summary>Whether clients of the session know events without content (2025-11-25 and later).</summary>
    public static bool Primes(Session? session) => session is not null && string.CompareOrdinal(session.Facts.ProtocolVersion, "2025-11-25") >= 0;

    private async Task Answer(HttpContext context, Session? session, Outbox outbox, Watch watch, Action abandon)
    {
        if (await Serve(context, session, outbox, watch, Primes(session)))
        {
            abandon();
        }
    }

    /// <summary>The call whose answer it was has ended.</summary>
    public void Ended(Session? session, Outbox outbox) => session?.Streams.End(outbox, time.GetTimestamp());
}

/// <summary>The stream that answers one request.</summary>
internal sealed class RelayStream
{
    private readonly Lock gate = new();
    private readonly Func<Task>? serve;
    private readonly TaskCompletionSource served = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private double progress = double.NegativeInfinity;

    public RelayStream(Outbox outbox, Func<Task>? serve)
    {
        Outbox = outbox;
        this.serve = serve;
    }

    /// <summary>Stands for a request that was answered without a stream: what is sent now is dropped.</summary>
    public static RelayStream Over { get; } = MakeOver();

    /// <summary>What is sent on it.</summary>
    public Outbox Outbox { get; }

    /// <summary>Starts to send.</summary>
    public void Start() => _ = Task.Run(async () =>
    {
        try
        {
            await serve!();
        }
        finally
        {
            served.TrySetResult();
        }
    });

    /// <summary>Sends progress with the client's token, if it is progress.</summary>
    public void Progress(ReadOnlySpan<byte> parameters, ReadOnlySpan<byte> token)
    {
        // Under one lock: what is checked to be larger must also be the next in line.
        lock (gate)
        {
            if (Notifications.Progress(parameters, token, ref progress) is { } json)
            {
                Outbox.Write(OutboxKind.Progress, json);
            }
        }
    }

    /// <summary>Sends the last message, or none, and waits until the connection has it or is gone.</summary>
    public Task End(ReadOnlyMemory<byte> last)
    {
        if (last.IsEmpty)
        {
            Outbox.Complete();
        }
        else
        {
            Outbox.Write(OutboxKind.Answer, last);
        }

        return served.Task;
    }

    private static RelayStream MakeOver()
    {
        var over = new RelayStream(new Outbox(null, null), null);
        over.Outbox.Complete();
        return over;
    }
}
