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
///   └ limited └ unknown  └ refused     └ invalid    └ asked     └ limited      └ not recorded: nothing happens
/// </code>
/// </summary>
internal sealed partial class CallPipeline(
    IToolInvoker invoker, ConnectCalls connecting, CallRecorder recorder, Limiter limiter, ArgumentsSalt salt, Node node, SessionsTelemetry telemetry, TimeProvider time, ILogger<CallPipeline> logger)
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
            if ((CallAccess.Refusal(call.Caller, call.View, tool) ?? Refusal(tool, ref arguments)) is { } refusal)
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

        Admission admission;
        try
        {
            admission = await limiter.Admit(call.Caller.Id, call.View.ToolkitId, tool.Tool, cancellationToken);
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

        // A tool that changes something leaves its attempt in the log before it can have its effect; in strict mode every tool does, so that a
        // log that cannot be reached refuses the call instead of holding its answer.
        var attempted = tool.Tool.Definition.ChangesSomething || recorder.IsStrict;
        try
        {
            if (!await recorder.HasRoom(cancellationToken) || (attempted && !await recorder.Attempt(facts, cancellationToken)))
            {
                return NotRecorded();
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
        await (attempted ? recorder.End(facts, ended) : recorder.Single(facts, ended));
        return outcome is null ? new(CallEnd.Cancelled) : new(CallEnd.Outcome, outcome);
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

    /// <summary>Whether a call would be refused before anything is asked or sent. Writes nothing down.</summary>
    public bool WouldRefuse(Principal caller, ToolView view, ViewTool tool, ReadOnlyMemory<byte> arguments)
    {
        var sent = arguments.IsEmpty ? NoArguments : arguments;
        return (CallAccess.Refusal(caller, view, tool) ?? Refusal(tool, ref sent)) is not null;
    }

    /// <summary>Records a call whose credential lacks the scope that every call takes; false when it could not be recorded.</summary>
    public async ValueTask<bool> DenyScope(CallRequest call)
    {
        var facts = CallFacts.Of(call, Ids.New("call"), node.Id, salt.Digest(call.Arguments.Span));
        return (await Deny(facts, CallAccess.ScopeMissing.Code, new(CallEnd.Outcome))).End == CallEnd.Outcome;
    }

    /// <summary>Why the call is refused before anything is asked or sent, or null.</summary>
    private ToolError? Refusal(ViewTool called, ref ReadOnlyMemory<byte> arguments)
    {
        if (ArgumentsCheck.Find(arguments.Span) is { } fault)
        {
            return ToolErrors.InvalidArguments([fault]);
        }

        var tool = called.Tool;
        if (called.Shape is { } shape)
        {
            arguments = shape.Apply(arguments, out var hidden);
            if (hidden is not null)
            {
                return ToolErrors.InvalidArguments([hidden]);
            }
        }

        var faults = invoker.Check(tool, arguments);
        if (faults.Count > 0)
        {
            return ToolErrors.InvalidArguments(called.Shape?.Seen(faults) ?? faults);
        }

        return called.Decision.Action == PolicyAction.RequireApproval
            ? new ToolError(
                "approval_required",
                $"This call needs a person's approval: {tool.Definition.ApprovalText}. It was not carried out. Ask an administrator to approve the tool {tool.Address} by a policy, then call again.",
                Retryable: false)
            : null;
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
