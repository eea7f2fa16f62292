using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Toolgate.Access;
using Toolgate.Connections;
using Toolgate.Policies;
using Toolgate.Rest;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>
/// The way of every call, by MCP and by REST. The decision was taken when the view was compiled; nothing here reads the database.
/// <code>
/// rate → name → view → scope, role → arguments → approval → limits, turn → attempt durable → upstream → outcome recorded
///   └ limited └ unknown  └ refused     └ invalid    └ waits     └ limited      └ not recorded: nothing happens
/// </code>
/// A yes is used up by the very append that records the attempt, after the limits: none is lost to a call that was not carried out.
/// </summary>
internal sealed partial class CallPipeline(
    IToolInvoker invoker, CallChecks checks, ConnectCalls connecting, ApprovalStep approvals, CallRecorder recorder, Limiter limiter, ArgumentsSalt salt, Node node,
    SessionsTelemetry telemetry, TimeProvider time, ILogger<CallPipeline> logger)
{
    private static readonly byte[] NoArguments = "{}"u8.ToArray();
    private static readonly ToolOutcome.Failed Broken = new(new ToolError("upstream_unavailable", "The call failed inside Toolgate.", Retryable: false));

    /// <summary>Carries a call out, or refuses it.</summary>
    public async ValueTask<CallResult> Call(CallRequest call, CancellationToken cancellationToken)
    {
        if (call.Arguments.IsEmpty)
        {
            call = call with { Arguments = NoArguments };
        }

        var started = time.GetTimestamp();
        var callId = Ids.New("call");
        using var activity = telemetry.StartCall(call, callId);
        var facts = CallFacts.Of(call, callId, node.Id, salt.Digest(call.Arguments.Span));
        if (limiter.Count(call.Caller.Id) is { } flood)
        {
            return await Limited(facts, flood);
        }

        if (call.Tool is not { } tool)
        {
            return await Deny(facts, "unknown_tool", new(CallEnd.Unknown));
        }

        // What is checked, and what is sent: the arguments as sent, or with what the toolkit fixed put in.
        var arguments = call.Arguments;
        try
        {
            if (checks.Refusal(call.Caller, call.View, tool, ref arguments) is { } refusal)
            {
                return await Deny(facts, refusal.Code, new(CallEnd.Outcome, new ToolOutcome.Failed(refusal)));
            }
        }
        catch (Exception e)
        {
            // The check has no reason to throw. If it does, nothing was done and the call has its record all the same.
            Log.Failed(logger, e, tool.Tool.Address);
            var elapsedSoFar = time.GetElapsedTime(started).TotalMilliseconds;
            telemetry.Ended(activity, Broken, elapsedSoFar);
            return await recorder.Refusal(facts, facts.Ended(Broken, Math.Round(elapsedSoFar, 3))) ? new(CallEnd.Outcome, Broken) : NotRecorded();
        }

        if (tool.Connects is { } integration)
        {
            return await Connect(call, facts, integration, activity, started, cancellationToken);
        }

        var continued = (call.Client as StatelessClient)?.Approved;
        if (tool.Decision.Action == PolicyAction.RequireApproval || call.Resumed is not null)
        {
            ApprovalPass pass;
            try
            {
                pass = await approvals.Pass(call, callId, continued, tool, arguments, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // The request stays open, for whoever comes back with an equal call.
                telemetry.Count("cancelled");
                return new(CallEnd.Cancelled);
            }

            if (pass.Call is not { } cleared)
            {
                return await NotCleared(facts, pass);
            }

            (call, tool, arguments, started) = (cleared, cleared.Tool!, pass.Arguments, time.GetTimestamp());
            facts = CallFacts.Of(call, callId, node.Id, facts.ArgumentsDigest!) with { Use = pass.Use };
        }

        Admission admission;
        var admitting = limiter.Admit(call.Caller.Id, call.View.ToolkitId, tool.Tool, cancellationToken);
        var waits = !admitting.IsCompleted;
        try
        {
            admission = await admitting;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            telemetry.Count("cancelled");
            return new(CallEnd.Cancelled);
        }

        using var admitted = admission;
        if (admitted.Refusal is { } limit)
        {
            return await Limited(facts, limit);
        }

        if (waits)
        {
            var pass = await approvals.Still(call, callId, tool, facts.Use, cancellationToken);
            if (pass.Call is not { } still)
            {
                return await NotCleared(facts with { Use = null }, pass);
            }

            (call, tool, arguments) = (still, still.Tool!, pass.Arguments);
            facts = CallFacts.Of(call, callId, node.Id, facts.ArgumentsDigest!) with { Use = pass.Use };
        }

        // A tool that changes something leaves its attempt in the log before it can have its effect; in strict mode every tool does, so that a
        // log that cannot be reached refuses the call instead of holding its answer.
        var attempted = tool.Tool.Definition.ChangesSomething || recorder.IsStrict || facts.Use is not null;
        try
        {
            var attempt = !await recorder.HasRoom(cancellationToken) ? AttemptEnd.NotRecorded : attempted ? await recorder.Attempt(facts, cancellationToken) : AttemptEnd.Recorded;
            if (attempt != AttemptEnd.Recorded)
            {
                return attempt == AttemptEnd.Taken ? await NotCleared(facts with { Use = null }, await approvals.Late(facts.Use!, cancellationToken)) : NotRecorded();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Withdrawn before anything was written.
            telemetry.Count("cancelled");
            return new(CallEnd.Cancelled);
        }

        ToolOutcome? outcome = null;
        try
        {
            outcome = await invoker.Invoke(tool.Tool, arguments, call.Client, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The caller gave up; that is the outcome.
        }
        catch (Exception e)
        {
            // The contract says that this does not happen. If it does, the call still has exactly one outcome.
            outcome = Broken;
            Log.Failed(logger, e, tool.Tool.Address);
        }

        var elapsed = time.GetElapsedTime(started).TotalMilliseconds;
        var ended = facts.Ended(outcome, Math.Round(elapsed, 3));
        telemetry.Ended(activity, outcome, elapsed);
        await (attempted ? recorder.End(facts, ended, approvals.Keep(facts.Use, outcome)) : recorder.Single(facts, ended));
        if (facts.Use is { } use && outcome is not null)
        {
            await approvals.Told(use.Approval.Id);
        }

        return outcome is null ? new(CallEnd.Cancelled) : new(CallEnd.Outcome, outcome) { Approval = facts.Use?.Approval.Id ?? continued };
    }

    /// <summary>What Toolgate answers itself: no turn is taken for it, nothing can change by it, and one event says that it was answered.</summary>
    private async ValueTask<CallResult> Connect(
        CallRequest call, CallFacts facts, string integration, Activity? activity, long started, CancellationToken cancellationToken)
    {
        ToolOutcome? outcome = null;
        try
        {
            outcome = await connecting.Answer(call, integration, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The caller gave up; that is the outcome.
        }
        catch (Exception e)
        {
            outcome = Broken;
            Log.Failed(logger, e, call.Tool!.Tool.Address);
        }

        var elapsed = time.GetElapsedTime(started).TotalMilliseconds;
        telemetry.Ended(activity, outcome, elapsed);
        return await recorder.Refusal(facts, facts.Ended(outcome, Math.Round(elapsed, 3))) ? outcome is null ? new(CallEnd.Cancelled) : new(CallEnd.Outcome, outcome) : NotRecorded();
    }

    /// <summary>Whether a call would be refused before anybody is asked or anything sent. Writes nothing down.</summary>
    public bool WouldRefuse(Principal caller, ToolView view, ViewTool tool, ReadOnlyMemory<byte> arguments)
    {
        var sent = arguments.IsEmpty ? NoArguments : arguments;
        return checks.Refusal(caller, view, tool, ref sent) is not null;
    }

    /// <summary>Records a call whose credential lacks the scope that every call takes; false when it could not be recorded.</summary>
    public async ValueTask<bool> DenyScope(CallRequest call)
    {
        var facts = CallFacts.Of(call, Ids.New("call"), node.Id, salt.Digest(call.Arguments.Span));
        return (await Deny(facts, CallAccess.ScopeMissing.Code, new(CallEnd.Outcome))).End == CallEnd.Outcome;
    }

    /// <summary>Answers a call that has no yes of its own to use: refused, or answered by the call that used it.</summary>
    private async ValueTask<CallResult> NotCleared(CallFacts facts, ApprovalPass pass)
    {
        if (pass.IsBroken)
        {
            return NotRecorded();
        }

        if (pass.Ended is { } ended)
        {
            var told = await Deny(facts, "already_answered", new(CallEnd.Outcome, ended.Outcome));
            if (told.End == CallEnd.Outcome)
            {
                await approvals.Told(ended.ApprovalId);
            }

            return told;
        }

        return pass.Refusal is { } refusal
            ? await Deny(facts, refusal.Code, new(CallEnd.Outcome, new ToolOutcome.Failed(refusal)))
            : await Deny(facts, "unknown_tool", new(CallEnd.Unknown));
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The invoker broke its contract for {Address}")]
        public static partial void Failed(ILogger logger, Exception exception, string address);
    }

    private async ValueTask<CallResult> Deny(CallFacts facts, string reason, CallResult result)
    {
        telemetry.Count(reason);
        return await recorder.Refusal(facts, facts.Denied(reason)) ? result : NotRecorded();
    }

    /// <summary>Refuses for a limit. Of each second the first refusal is recorded; the others are counted, so that a flood does not fill the log.</summary>
    private async ValueTask<CallResult> Limited(CallFacts facts, LimitRefusal refusal)
    {
        var result = new CallResult(CallEnd.Outcome, new ToolOutcome.Failed(refusal.ToolError())) { Limit = refusal };
        if (refusal.Subject.IsWorthRecord(limiter.Now))
        {
            return await Deny(facts, LimitRefusal.Code, result);
        }

        telemetry.Count(LimitRefusal.Code);
        return result;
    }

    private CallResult NotRecorded()
    {
        telemetry.Count("not_recorded");
        return new(CallEnd.NotRecorded);
    }
}
