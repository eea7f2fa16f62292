using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Toolgate.Connections;
using Toolgate.EventStore;

namespace Toolgate.Sessions;

/// <summary>
/// Writes call records. What must be durable before an effect is awaited; the rest goes through a bounded queue that is emptied at
/// shutdown. A full queue makes callers wait: a call that cannot be recorded is not carried out.
/// </summary>
internal sealed partial class CallRecorder(IEventStore log, SessionsOptions options, TimeProvider time, ILogger<CallRecorder> logger) : IHostedService, IDisposable
{
    private const int QueueLength = 8_192;
    private const int AtOnce = 512;

    // Records that nobody waits for gather for a moment: one commit for many costs the machine a fraction of many commits of one.
    private const int Worthwhile = 64;
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private static readonly ToolOutcome.Failed NotCarriedOut = new(new ToolError("not_carried_out", "The attempt could not be recorded.", Retryable: true));

    private readonly Channel<AppendRequest> queue = Channel.CreateBounded<AppendRequest>(new BoundedChannelOptions(QueueLength) { SingleReader = true });
    private readonly SemaphoreSlim window = new(AtOnce);
    private readonly CancellationTokenSource giveUp = new();
    private Task drained = Task.CompletedTask;

    /// <summary>Whether every call is attempted on record, also one that changes nothing.</summary>
    public bool IsStrict => options.Strict;

    /// <summary>Whether a record that comes after an effect is sure to find room; waits a moment for it.</summary>
    public async ValueTask<bool> HasRoom(CancellationToken cancellationToken)
    {
        // The reader end knows the length. A few calls may pass together; they then wait for room after their effect, never in vain.
        if (queue.Reader.Count < QueueLength)
        {
            return true;
        }

        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return await queue.Writer.WaitToWriteAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Makes the attempt durable, together with the use of its approval where it has one. If it is not, the call must not run.</summary>
    public async ValueTask<AttemptEnd> Attempt(CallFacts call, CancellationToken cancellationToken)
    {
        try
        {
            var outcome = await log.Append(AttemptRequest(call), cancellationToken);
            return outcome is AppendOutcome.Appended ? AttemptEnd.Recorded : call.Use is null ? AttemptEnd.NotRecorded : AttemptEnd.Taken;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Whatever kept it from being written: without a record there is no call. Should the attempt have arrived after all, it gets its outcome: nothing was done.
            Log.NotRecorded(logger, e, call.CallId);
            var end = EndRequest(call, call.Ended(NotCarriedOut, 0));
            if (!queue.Writer.TryWrite(end) && !(await HasRoom(CancellationToken.None) && queue.Writer.TryWrite(end)))
            {
                // Another node, or this one after a restart, interrupts it.
                Log.NoRoom(logger, call.CallId);
            }

            return AttemptEnd.NotRecorded;
        }
    }

    /// <summary>Records the outcome of a call that was attempted.</summary>
    /// <param name="call">The call.</param>
    /// <param name="outcome">The event that says how it ended.</param>
    /// <param name="keep">A write that goes with it; null for none.</param>
    public ValueTask End(CallFacts call, object outcome, SideWrite? keep = null)
    {
        var request = EndRequest(call, outcome);

        // What is kept is for callers who come back at once: it must be there before the first of them is answered.
        return keep is null ? Record(request) : new(Write(request with { Alongside = [.. request.Alongside, keep] }));
    }

    /// <summary>Records a call that changed nothing, after it was answered, in one event.</summary>
    public ValueTask Single(CallFacts call, object e) => Record(Request(call, ExpectedVersion.NoStream, e));

    /// <summary>Records a call that nothing was done for. False: it is not recorded, and does not wait until the log is back.</summary>
    public ValueTask<bool> Refusal(CallFacts call, object e) => Note(Request(call, ExpectedVersion.NoStream, e));

    /// <summary>Records a request for a resource or a prompt, in one event. False: it is not recorded, and must not be answered.</summary>
    public ValueTask<bool> Read(ReadFacts read, object e) => Note(Request(read.StreamId, read.StreamType, read.PrincipalId, ExpectedVersion.NoStream, e));

    /// <summary>Records what changed nothing: durable at once, or not at all, in strict mode; through the queue otherwise.</summary>
    private async ValueTask<bool> Note(AppendRequest request)
    {
        // The record is kept even if the caller leaves meanwhile.
        if (!options.Strict)
        {
            if (!await HasRoom(CancellationToken.None))
            {
                return false;
            }

            await Record(request);
            return true;
        }

        try
        {
            return await log.Append(request, CancellationToken.None) is AppendOutcome.Appended;
        }
        catch (Exception failure)
        {
            Log.NotRecorded(logger, failure, request.StreamId);
            return false;
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        drained = Task.Run(Drain, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>Writes what is queued; the log, registered before this, stops after it.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        queue.Writer.TryComplete();
        await using var late = cancellationToken.Register(giveUp.Cancel);
        await drained;
    }

    public void Dispose()
    {
        window.Dispose();
        giveUp.Dispose();
    }

    private ValueTask Record(AppendRequest request)
    {
        if (options.Strict)
        {
            return new(Write(request));
        }

        return queue.Writer.TryWrite(request) ? ValueTask.CompletedTask : Wait(request);

        async ValueTask Wait(AppendRequest waiting)
        {
            try
            {
                await queue.Writer.WriteAsync(waiting, CancellationToken.None);
            }
            catch (ChannelClosedException)
            {
                // The host is stopping and a call outlived the queue: write it directly.
                await Write(waiting);
            }
        }
    }

    private async Task Drain()
    {
        while (await queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            if (queue.Reader.Count < Worthwhile && !queue.Reader.Completion.IsCompleted)
            {
                await Task.Delay(Linger, time, CancellationToken.None);
            }

            while (queue.Reader.TryRead(out var request))
            {
                await window.WaitAsync(CancellationToken.None);
                _ = WriteAndRelease(request);
            }
        }

        for (var i = 0; i < AtOnce; i++)
        {
            await window.WaitAsync(CancellationToken.None);
        }
    }

    private async Task WriteAndRelease(AppendRequest request)
    {
        try
        {
            await Write(request);
        }
        catch (Exception e)
        {
            // Nothing may end the queue; what is lost is told.
            Log.Lost(logger, e, request.StreamId);
        }
        finally
        {
            window.Release();
        }
    }

    /// <summary>Appends until the log has it. A conflict means that it has, or that another node took this one for dead.</summary>
    private async Task Write(AppendRequest request)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                if (await log.Append(request, CancellationToken.None) is not AppendOutcome.Appended && pause == FirstPause)
                {
                    Log.Conflict(logger, request.StreamId);
                }

                return;
            }
            catch (EventStoreUnavailableException) when (!giveUp.IsCancellationRequested)
            {
                await Task.Delay(pause, time, giveUp.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static AppendRequest AttemptRequest(CallFacts call)
    {
        const string running = "insert into toolgate.running_calls (call_id, node_id, stream_id) values ($1, $2, $3) on conflict do nothing";
        if (call.Use is not { } use)
        {
            return Request(call, ExpectedVersion.NoStream, call.Attempted()) with
            {
                Alongside = [new SideWrite("insert into toolgate.running_calls (call_id, node_id) values ($1, $2) on conflict do nothing", call.CallId, call.NodeId)],
            };
        }

        // One transaction: an approval is never used without an attempt on record, nor an attempt made without a yes that nobody else can use.
        var approval = use.Approval;
        return Request(approval.StreamId, Approval.StreamType, call.PrincipalId, ExpectedVersion.At(approval.Version), call.Attempted()) with
        {
            Events = [new ApprovalConsumed(approval.Id, approval.Asked.Address, call.CallId, call.NodeId), call.Attempted()],
            Releases = [approval.Key],
            Alongside = [new SideWrite(running, call.CallId, call.NodeId, approval.StreamId), use.Noted, ApprovalVault.Erase(approval.Id)],
        };
    }

    private static AppendRequest EndRequest(CallFacts call, object outcome)
        => (call.Use is { } use
            ? Request(use.Approval.StreamId, Approval.StreamType, call.PrincipalId, ExpectedVersion.At(use.AttemptVersion), outcome)
            : Request(call, ExpectedVersion.At(1), outcome)) with
        {
            Alongside = [new SideWrite("delete from toolgate.running_calls where call_id = $1", call.CallId)],
        };

    private static AppendRequest Request(CallFacts call, ExpectedVersion expected, object e) => Request(call.StreamId, "call", call.PrincipalId, expected, e);

    private static AppendRequest Request(string streamId, string streamType, string principalId, ExpectedVersion expected, object e) => new()
    {
        StreamId = streamId,
        StreamType = streamType,
        Expected = expected,
        Events = [e],
        Metadata = new EventMetadata(principalId, Activity.Current?.TraceId.ToHexString()),
    };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Call {CallId} was not carried out: its attempt could not be recorded")]
        public static partial void NotRecorded(ILogger logger, Exception exception, string callId);

        [LoggerMessage(2, LogLevel.Error, "The record of {StreamId} is lost")]
        public static partial void Lost(ILogger logger, Exception exception, string streamId);

        [LoggerMessage(4, LogLevel.Error, "There is no room to note that call {CallId} was not carried out: if its attempt did arrive, it stays open until this node ends")]
        public static partial void NoRoom(ILogger logger, string callId);

        [LoggerMessage(3, LogLevel.Warning, "A record of {StreamId} was not written: the stream is not where it should be, so it has its outcome already or never began")]
        public static partial void Conflict(ILogger logger, string streamId);
    }
}

/// <summary>What became of an attempt's record.</summary>
internal enum AttemptEnd
{
    /// <summary>It is durable.</summary>
    Recorded,

    /// <summary>It is not.</summary>
    NotRecorded,

    /// <summary>It is not: another call used the approval.</summary>
    Taken,
}
