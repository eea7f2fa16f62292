using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Toolgate.EventStore;

/// <summary>
/// The one writer of this process. While a commit is on its way requests gather in the channel; the next commit takes them all.
/// </summary>
internal sealed partial class GroupCommitWriter : IAsyncDisposable
{
    // A request holds few events as a rule; this bounds one transaction when they do not.
    private const int MaxEvents = 4_096;

    // Of a batch that keeps losing its connection without being written.
    private const int MaxAttempts = 3;
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(200);
    private readonly Channel<PendingAppend> queue;
    private readonly CommitSession session;
    private readonly EventTypes types;
    private readonly ReadModelFollower follower;
    private readonly LogSignal signal;
    private readonly TimeProvider time;
    private readonly EventStoreOptions options;
    private readonly ILogger<GroupCommitWriter> logger;
    private Task? loop;

    public GroupCommitWriter(
        NpgsqlDataSource dataSource, EventTypes types, ReadModelFollower follower, LogSignal signal, TimeProvider time,
        IOptions<EventStoreOptions> options, ILogger<GroupCommitWriter> logger)
    {
        (this.types, this.follower, this.signal, this.time, this.options, this.logger) = (types, follower, signal, time, options.Value, logger);
        session = new(dataSource);
        queue = Channel.CreateBounded<PendingAppend>(new BoundedChannelOptions(options.Value.QueueCapacity) { SingleReader = true });
    }

    public void Start() => loop = Task.Run(Run);

    /// <summary>Refuses what comes from now on; commits and answers what was accepted.</summary>
    public async Task Stop(CancellationToken cancellationToken)
    {
        queue.Writer.TryComplete();
        if (loop is not null)
        {
            await loop.WaitAsync(cancellationToken);
        }

        await session.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        if (loop is not null)
        {
            await loop;
        }

        await session.DisposeAsync();
    }

    public async ValueTask<AppendOutcome> Append(AppendRequest request, CancellationToken cancellationToken)
    {
        if (loop is null)
        {
            throw new InvalidOperationException("The event log is not started: await IEventStoreStartup.Start() first.");
        }

        cancellationToken.ThrowIfCancellationRequested();
        using var activity = Telemetry.Source.StartActivity("append");
        var pending = new PendingAppend(request, types, follower.Watched, time.GetUtcNow());
        try
        {
            if (!queue.Writer.TryWrite(pending))
            {
                await queue.Writer.WriteAsync(pending, cancellationToken);
            }
        }
        catch (ChannelClosedException e)
        {
            throw new EventStoreUnavailableException("The event log is closing.", e);
        }

        await using var registration = cancellationToken.UnsafeRegister(static (p, token) => ((PendingAppend)p!).Withdraw(token), pending);
        return await pending.Outcome;
    }

    private async Task Run()
    {
        var batch = new List<PendingAppend>(options.MaxBatch);
        while (await queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            var events = 0;
            while (batch.Count < options.MaxBatch && events < MaxEvents && queue.Reader.TryRead(out var pending))
            {
                if (pending.TryTakeUp())
                {
                    batch.Add(pending);
                    events += pending.Events.Length;
                }
            }

            try
            {
                if (batch.Count > 0)
                {
                    await Commit(batch);
                }
            }
            catch (Exception e)
            {
                // A mistake of ours must not leave callers without an answer, nor the process without a writer.
                Log.Broken(logger, e);
                await session.Abandon();
                batch.ForEach(p => p.Fail(new EventStoreUnavailableException("The event log did not say whether the events were written.", e)));
                signal.Poke();
            }
        }
    }

    /// <summary>Ends every request of the batch with its outcome.</summary>
    private async Task Commit(List<PendingAppend> batch)
    {
        var since = time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            var reused = session.IsOpen;
            LogHead? head = null;
            BatchPlan? plan = null;
            Dictionary<long, string> stored;
            try
            {
                var began = time.GetTimestamp();
                head = await session.Begin(batch);
                plan = BatchPlan.Of([.. batch.Select(p => p.Request)], head.Versions, head.Holders, head.Positions);
                if (plan.Events.Count == 0)
                {
                    await session.Rollback();
                    Acknowledge(batch, plan);
                    return;
                }

                // Said before the commit, so that our own notification does not send the follower to the database.
                signal.AnnounceLocal(plan.Events[^1].Position);
                stored = await session.Commit(batch, plan, head);
                Telemetry.CommitDuration.Record(time.GetElapsedTime(began).TotalMilliseconds);
            }
            catch (Exception e) when (plan is not null && !Connectivity.IsLost(e))
            {
                await Refused(batch, e);
                return;
            }
            catch (Exception e)
            {
                await session.Abandon();
                if (plan is not null && await Resolve(batch, plan, since, e))
                {
                    return;
                }

                // Nothing was written. A connection kept from before may have died since; a new one has no such excuse.
                if (attempt == MaxAttempts || (plan is null && !reused))
                {
                    Log.Unavailable(logger, e, batch.Count);
                    batch.ForEach(p => p.Fail(Connectivity.Unavailable(e)));
                    signal.Poke();
                    return;
                }

                continue;
            }

            // Past this point the events are durable, whatever happens.
            Publish(batch, plan, head, stored);
            Acknowledge(batch, plan);
            return;
        }
    }

    /// <summary>The answer to a commit was lost: asks the log. True when the batch is answered, false when it is known not to be written.</summary>
    private async Task<bool> Resolve(List<PendingAppend> batch, BatchPlan plan, long since, Exception lost)
    {
        var first = plan.Events[0];
        while (time.GetElapsedTime(since) < options.OutcomeTimeout)
        {
            try
            {
                var written = await session.Holds(first.Position, batch[first.Request].Events[first.Index].Id);
                Log.Resolved(logger, written, batch.Count);
                if (written)
                {
                    signal.Advance(plan.Events[^1].Position);
                    Acknowledge(batch, plan);
                }

                return written;
            }
            catch (Exception e)
            {
                // Whatever the reason, an answer is owed: ask again.
                Log.NotAnswered(logger, e);
                await session.Abandon();
                await Task.Delay(RetryPause, time);
            }
        }

        Log.Unknown(logger, lost, batch.Count);
        var failure = new EventStoreUnavailableException("The event log did not say whether the events were written.", lost);
        batch.ForEach(p => p.Fail(failure));
        signal.Poke();
        return true;
    }

    /// <summary>The database refused a statement: one request is to blame, and only that one fails.</summary>
    private async Task Refused(List<PendingAppend> batch, Exception e)
    {
        await session.Rollback();
        signal.Poke();
        if (batch.Count == 1)
        {
            Log.Refused(logger, e, batch[0].Request.StreamId);
            batch[0].Fail(new InvalidOperationException("The database refused to write the request; nothing of it was written.", e));
            return;
        }

        foreach (var pending in batch.ToList())
        {
            await Commit([pending]);
        }
    }

    private void Publish(List<PendingAppend> batch, BatchPlan plan, LogHead head, Dictionary<long, string> stored)
    {
        var watched = new List<RawEvent>(stored.Count);
        foreach (var planned in plan.Events)
        {
            if (stored.TryGetValue(planned.Position, out var json))
            {
                var pending = batch[planned.Request];
                var e = pending.Events[planned.Index];
                var metadata = pending.Request.Metadata with { CorrelationId = pending.CorrelationId };
                watched.Add(new(planned.Position, e.Id, pending.Request.StreamId, planned.Version, e.Alias, json, head.Now, metadata, null));
            }
        }

        follower.Committed(new(head.Position, plan.Events[^1].Position, watched));
        signal.Advance(plan.Events[^1].Position);
    }

    private static void Acknowledge(List<PendingAppend> batch, BatchPlan plan)
    {
        Telemetry.BatchSize.Record(batch.Count);
        Telemetry.Appended.Add(plan.Events.Count);
        for (var i = 0; i < batch.Count; i++)
        {
            if (plan.Outcomes[i] is not AppendOutcome.Appended)
            {
                Telemetry.Conflicts.Add(1);
            }

            batch[i].Complete(plan.Outcomes[i]);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "The event log cannot be reached; {Requests} appends failed.")]
        public static partial void Unavailable(ILogger logger, Exception exception, int requests);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The answer to a commit was lost; the log says written: {Written} ({Requests} appends).")]
        public static partial void Resolved(ILogger logger, bool written, int requests);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The log could not be asked what became of a commit.")]
        public static partial void NotAnswered(ILogger logger, Exception exception);

        [LoggerMessage(Level = LogLevel.Critical, Message = "The writer of the event log failed in a way that it does not know.")]
        public static partial void Broken(ILogger logger, Exception exception);

        [LoggerMessage(Level = LogLevel.Error, Message = "The answer to a commit was lost and the log could not be asked; {Requests} appends have an unknown outcome.")]
        public static partial void Unknown(ILogger logger, Exception exception, int requests);

        [LoggerMessage(Level = LogLevel.Error, Message = "The database refused to write to stream {StreamId}.")]
        public static partial void Refused(ILogger logger, Exception exception, string streamId);
    }
}
