using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Toolgate.Connections;
using Toolgate.Rest;

namespace Toolgate.Sessions;

/// <summary>
/// Serves relayed requests of the stateless era. Closing the connection cancels (2026-07-28, "Cancellation"), except between the rounds of a request that is
/// parked: there is no connection then.
/// </summary>
internal sealed partial class StatelessRelay(
    RelayStreams streams, ParkedCalls parked, UsedStates used, InputRounds rounds, CredentialLeashes leashes, IStateSeal seal, Node node, SessionsOptions options,
    TimeProvider time, ILogger<StatelessRelay> logger)
{
    /// <summary>Time in which questions that an upstream asks at once come together in one answer.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(10);

    /// <summary>What is answered to a call that ended because its credential did.</summary>
    private static CallResult CredentialEnded { get; } = new(
        CallEnd.Outcome, new ToolOutcome.Rejected(ErrorCodes.NotFound, "The credential has ended, and with it the request that was under way.", default));

    /// <summary>Runs the work, or goes on with what was parked.</summary>
    public Task Run(HttpContext context, Caller caller, McpMessage message, string? target, RelayedWork work)
        => message.RequestState is { } text && InputRounds.Has(message.Method)
            ? Retry(context, caller, message, target, work, text)
            : Begin(context, caller, message, target, work, null);

    private async Task Begin(HttpContext context, Caller caller, McpMessage message, string? target, RelayedWork work, RequestState? before)
    {
        var declared = DeclaredCapabilities.Of(message.MetaCapabilities.Span);
        if (target is null || !declared.CanAsk || !InputRounds.Has(message.Method))
        {
            await Once(context, caller, message, target, work, before);
            return;
        }

        // It may outlive this HTTP request, and with it the bytes of its body.
        var call = new ParkedCall(caller, message.Detached(), target, Ids.New("park"));
        var reply = new Reply(context, caller, message, null, streams, call.Cancellation);
        call.Attach(reply, declared);
        call.Start(work, UpstreamStateOf(before), before?.Approved);
        parked.Begin(call, leashes.Hold(caller.Principal, call.Cancel));
        await Round(context, caller, call, reply);
    }

    /// <summary>A request whose client cannot be asked: the answer is the end of it.</summary>
    private async Task Once(HttpContext context, Caller caller, McpMessage message, string? target, RelayedWork work, RequestState? before)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        using var leash = leashes.Hold(caller.Principal, () => cancellation.CancelAsync());
        var reply = new Reply(context, caller, message, null, streams, null);
        CallResult result;
        try
        {
            result = await work(new StatelessClient(caller.Principal, message, reply, null, UpstreamStateOf(before), before?.Approved), message, cancellation.Token);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            result = new(CallEnd.Cancelled);
        }
        catch (Exception e) when (reply.IsStream)
        {
            Log.Failed(logger, e, message.Method);
            result = RelayedRequest.Broken;
        }

        await reply.Finish(leash.HasEnded && result.End == CallEnd.Cancelled ? CredentialEnded : rounds.Wrap(caller, message, target, result));
    }

    /// <summary>One HTTP request's share of a request: until its work is done, or its client has something to answer.</summary>
    private async Task Round(HttpContext context, Caller caller, ParkedCall call, Reply reply)
    {
        CallResult? parking = null;
        using (context.RequestAborted.Register(call.Cancel))
        {
            while (parking is null && !call.Work.IsCompleted)
            {
                await Task.WhenAny(call.Work, call.Asked);
                if (!call.Work.IsCompleted)
                {
                    await Task.WhenAny(call.Work, Task.Delay(Gather, time));
                }

                if (!call.Work.IsCompleted && call.Questions() is { } questions)
                {
                    parking = Park(caller, call, reply, questions);
                }
            }
        }

        if (parking is { } answer)
        {
            await reply.Finish(answer);
            return;
        }

        call.Detach();
        CallResult result;
        try
        {
            result = await call.Work;
        }
        catch (Exception e) when (reply.IsStream)
        {
            Log.Failed(logger, e, call.Message.Method);
            result = RelayedRequest.Broken;
        }

        await reply.Finish(
            result.End == CallEnd.Cancelled && call.Leash.HasEnded ? CredentialEnded : rounds.Wrap(caller, reply.Message, call.Target, result));
    }

    /// <summary>Parks the work and composes the questions; null when there is no room, so that the upstream learns that its question cannot be asked.</summary>
    private CallResult? Park(Caller caller, ParkedCall call, Reply reply, byte[] questions)
    {
        var state = RequestState.Of(caller, reply.Message, call.Target, time.GetUtcNow() + options.AnswerWithin) with { Node = node.Id, Parked = call.Id };

        // From here on nobody may use the answer that is about to be given; before it is known where the work waits, nobody can come back for it.
        call.Detach();
        if (parked.Park(call, state))
        {
            return InputRounds.Answer(questions, state.Seal(seal));
        }

        call.Attach(reply, DeclaredCapabilities.Of(reply.Message.MetaCapabilities.Span));
        call.Refuse("Too many requests wait for their clients' answers already.");
        return null;
    }

    /// <summary>A request that is tried again. Everything is checked before anything is used up, and whatever is wrong, the answer is the same.</summary>
    private async Task Retry(HttpContext context, Caller caller, McpMessage message, string? target, RelayedWork work, string text)
    {
        if (RequestState.Open(text, seal) is not { } state || !state.Fits(caller, message, time.GetUtcNow())
            || (state.Parked is not null && state.Node != node.Id) || !await used.Use(state, context.RequestAborted))
        {
            await InputRounds.Refuse(context, message);
            return;
        }

        var call = parked.Take(state);
        if (state.Target != target)
        {
            // What may be reached has changed since: what waits must not go on. The same tool, decided otherwise now, is called anew under that decision.
            call?.Cancel();
            await (target is null || ToolTarget.IsSame(state.Target, target) ? Begin(context, caller, message, target, work, null) : InputRounds.Refuse(context, message));
            return;
        }

        if (state.Parked is null)
        {
            await Begin(context, caller, message, target, work, state);
            return;
        }

        if (call is null)
        {
            await InputRounds.Refuse(context, message);
            return;
        }

        var reply = new Reply(context, caller, message, null, streams, call.Cancellation);
        call.Attach(reply, DeclaredCapabilities.Of(message.MetaCapabilities.Span));
        call.Take(message.InputResponses);
        await Round(context, caller, call, reply);
    }

    private static ReadOnlyMemory<byte> UpstreamStateOf(RequestState? before) => before is null ? default : InputRounds.UpstreamStateOf(before);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Method} failed after its answer had begun")]
        public static partial void Failed(ILogger logger, Exception exception, string method);
    }
}
