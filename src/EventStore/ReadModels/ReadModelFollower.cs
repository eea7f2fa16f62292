using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Toolgate.EventStore;

/// <summary>What the local writer has just committed, for the models: the watched events, as stored.</summary>
/// <param name="After">The head before it. A model at or beyond this position misses nothing in between.</param>
/// <param name="Last">The head after it.</param>
/// <param name="Watched">Events that some model handles.</param>
internal sealed record CommittedBatch(long After, long Last, IReadOnlyList<RawEvent> Watched);

/// <summary>
/// Advances all read models together: from the local writer's hand when nothing is missing in between, else from the log.
/// </summary>
internal sealed partial class ReadModelFollower(
    ModelSet models, SnapshotStore snapshots, LogReader reader, LogSignal signal, TimeProvider time, IOptions<EventStoreOptions> options,
    ILogger<ReadModelFollower> logger) : IReadModels, IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private readonly Channel<CommittedBatch> inbox = Channel.CreateUnbounded<CommittedBatch>();
    private readonly CancellationTokenSource stopping = new();
    private readonly PositionWaiters waiters = new();
    private readonly FoldingStates states = models.Empty();
    private volatile ReadSnapshot current = Snapshot(models, models.Empty(), 0);
    private volatile Exception? fault;
    private volatile bool caughtUp;
    private bool disposed;
    private long applied;
    private long savedPosition;
    private long savedAt;
    private Task saving = Task.CompletedTask;
    private Task? loop;

    public event Action<ReadSnapshot>? Published;

    public ReadSnapshot Current => current;

    public bool CaughtUp => caughtUp;

    public Exception? Fault => fault;

    /// <summary>Payload types that some model handles.</summary>
    public IReadOnlySet<Type> Watched => models.Watched;

    public async Task Start(CancellationToken cancellationToken)
    {
        try
        {
            var head = await reader.Head(cancellationToken);
            if (options.Value.Snapshots)
            {
                await snapshots.Load(states, head, cancellationToken);
                savedPosition = states.Positions.DefaultIfEmpty(0).Min();
            }

            savedAt = time.GetTimestamp();
            await CatchUp(head, cancellationToken);
            caughtUp = true;
        }
        catch (Exception e) when (Connectivity.IsLost(e))
        {
            throw Connectivity.Unavailable(e);
        }
        catch (Exception e) when (e is not OperationCanceledException and not EventStoreUnavailableException)
        {
            // The host still comes up: what it can show is old, and readiness says so.
            Stopped(e);
            return;
        }

        loop = Task.Run(Run, CancellationToken.None);
    }

    public async Task Stop(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        try
        {
            if (loop is not null)
            {
                await loop.WaitAsync(cancellationToken);
                await saving;
                await Save(cancellationToken);
            }
        }
        finally
        {
            waiters.Fail(new EventStoreUnavailableException("The event log is closing."));
        }
    }

    public async ValueTask DisposeAsync()
    {
        // The container disposes once for each service type that it knows this by.
        if (disposed)
        {
            return;
        }

        disposed = true;
        await stopping.CancelAsync();
        if (loop is not null)
        {
            await loop;
            await saving;
        }

        stopping.Dispose();
    }

    /// <summary>Takes over what the local writer committed. Once the models have stopped nobody reads it any more: the writer may go on for days.</summary>
    public void Committed(CommittedBatch batch)
    {
        if (fault is null)
        {
            inbox.Writer.TryWrite(batch);
        }
    }

    /// <summary>Batches that wait to be applied.</summary>
    public int Backlog => inbox.Reader.Count;

    /// <summary>How many wait for a position.</summary>
    public int Waiting => waiters.Count;

    public ValueTask WaitFor(long position, CancellationToken cancellationToken = default)
        => current.Position >= position ? ValueTask.CompletedTask : new(waiters.Add(position, () => current.Position, cancellationToken));

    public async Task<ReadSnapshot> At(long position, CancellationToken cancellationToken = default)
    {
        try
        {
            var past = models.Empty();
            await models.Fold(past, position, null, cancellationToken);
            return Snapshot(models, past, position);
        }
        catch (Exception e) when (Connectivity.IsLost(e))
        {
            throw Connectivity.Unavailable(e);
        }
    }

    private async Task Run()
    {
        var pause = FirstPause;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var known = await signal.WaitBeyond(current.Position, options.Value.PollInterval, stopping.Token);
                var target = known ? signal.Head : await reader.Head(stopping.Token);
                await Drain();
                if (target > current.Position)
                {
                    await CatchUp(target, stopping.Token);
                }

                if (saving.IsCompleted && SaveIsDue)
                {
                    // Beside following: serializing a large state takes longer than anybody should wait for his write.
                    saving = Task.Run(() => Save(stopping.Token));
                }

                pause = FirstPause;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is EventStoreUnavailableException || Connectivity.IsLost(e))
            {
                Log.Waiting(logger, e, pause);
                await Task.Delay(pause, time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
            catch (Exception e)
            {
                Stopped(e);
                return;
            }
        }
    }

    /// <summary>Applies what the writer handed over, as far as it follows on what is already there. What does not is left to the log.</summary>
    private async Task Drain()
    {
        try
        {
            while (inbox.Reader.TryRead(out var batch))
            {
                if (batch.After > applied || batch.Last <= applied)
                {
                    continue;
                }

                foreach (var raw in batch.Watched)
                {
                    models.Apply(states, models.Decode(raw)!);
                    MoveTo(raw.Position);
                }

                MoveTo(batch.Last);
            }
        }
        finally
        {
            await Publish(stopping.Token);
        }
    }

    private void MoveTo(long position)
    {
        applied = position;
        states.MoveTo(position);
    }

    private async Task CatchUp(long target, CancellationToken cancellationToken)
    {
        Telemetry.ReadModelLag.Record(target - current.Position);
        try
        {
            await models.Fold(states, target, null, cancellationToken);
            applied = target;
        }
        finally
        {
            // After a failure the models may stand at different positions; they are only ever published at one.
            if (states.Positions.Length > 0 && states.Positions.Distinct().Count() == 1)
            {
                applied = states.Positions[0];
            }

            await Publish(cancellationToken);
        }
    }

    private async ValueTask Publish(CancellationToken cancellationToken)
    {
        var (before, position) = (current, applied);
        if (position <= before.Position && position != 0)
        {
            return;
        }

        var changed = false;
        for (var i = 0; i < states.States.Length; i++)
        {
            var model = models.Models[i];
            if (!ReferenceEquals(before.States[model.StateType], states.States[i]))
            {
                changed = true;
                await model.Prepare(states.States[i], cancellationToken);
            }
        }

        var next = changed ? Snapshot(models, states, position) : new ReadSnapshot(position, before.States);
        current = next;
        waiters.Reached(position);
        if (changed)
        {
            Announce(next);
        }
    }

    private void Announce(ReadSnapshot next)
    {
        try
        {
            Published?.Invoke(next);
        }
        catch (Exception e)
        {
            // A listener's mistake must not stop the models.
            Log.ListenerFailed(logger, e);
        }
    }

    private bool SaveIsDue => current.Position > savedPosition && time.GetElapsedTime(savedAt) >= options.Value.SnapshotInterval;

    private async Task Save(CancellationToken cancellationToken)
    {
        var snapshot = current;
        if (!options.Value.Snapshots || snapshot.Position <= savedPosition)
        {
            return;
        }

        savedAt = time.GetTimestamp();
        try
        {
            await snapshots.Save(snapshot, model => snapshot.States[model.StateType], cancellationToken);
            savedPosition = snapshot.Position;
        }
        catch (Exception e)
        {
            Log.NotSaved(logger, e);
        }
    }

    private void Stopped(Exception e)
    {
        fault = e;
        while (inbox.Reader.TryRead(out _))
        {
            // What was handed over until now is in the log.
        }

        Log.Stopped(logger, e, current.Position);
        waiters.Fail(new EventStoreUnavailableException($"The read models stopped at position {current.Position}.", e));
    }

    private static ReadSnapshot Snapshot(ModelSet models, FoldingStates states, long position)
    {
        var byType = new Dictionary<Type, object>(models.Models.Count);
        for (var i = 0; i < models.Models.Count; i++)
        {
            byType.Add(models.Models[i].StateType, states.States[i]);
        }

        return new(position, byType);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "The read models cannot read the event log; next try in {Pause}.")]
        public static partial void Waiting(ILogger logger, Exception exception, TimeSpan pause);

        [LoggerMessage(Level = LogLevel.Critical, Message = "The read models stopped after position {Position}: an event beyond it cannot be folded. No event is skipped; this host is not ready.")]
        public static partial void Stopped(ILogger logger, Exception exception, long position);

        [LoggerMessage(Level = LogLevel.Error, Message = "A listener of published read models threw.")]
        public static partial void ListenerFailed(ILogger logger, Exception exception);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The read models were not saved; the next start reads more of the log.")]
        public static partial void NotSaved(ILogger logger, Exception exception);
    }
}
