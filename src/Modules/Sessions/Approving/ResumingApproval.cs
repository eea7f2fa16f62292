using System.Text.Json;
using Npgsql;
using Toolgate.Connections;
using Toolgate.EventStore;
using Toolgate.Rest;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>
/// <c>resume_approval</c>: goes on with a call by the id of its approval, for the credential that asked, at the resource where it asked; for anybody else there is no
/// such approval. The arguments are those that were kept, not any that are sent.
/// </summary>
internal sealed class ResumingApproval(
    CallPipeline pipeline, ApprovalDesk desk, ApprovalVault vault, ApprovalStep step, IToolInvoker invoker, CallRecorder recorder, Limiter limiter, ArgumentsSalt salt, Node node,
    SessionsTelemetry telemetry, TimeProvider time)
{
    /// <summary>Carries the call out, refuses it, or answers what it answered before.</summary>
    public async ValueTask<CallResult> Resume(CallRequest call, CancellationToken cancellationToken)
    {
        call = call with { Tool = null, Arguments = call.Arguments.IsEmpty ? "{}"u8.ToArray() : call.Arguments };
        try
        {
            if (ArgumentsCheck.Find(call.Arguments.Span) is { } fault)
            {
                return await Refuse(call, ToolErrors.InvalidArguments([fault]));
            }

            if (invoker.Check(ApprovalTool.Resuming, call.Arguments) is { Count: > 0 } faults)
            {
                return await Refuse(call, ToolErrors.InvalidArguments(faults));
            }

            if (await Find(call, IdOf(call.Arguments), cancellationToken) is not { } approval)
            {
                // Where nothing asks, the tool is not listed, and is as unknown as any other.
                return call.View.Asks ? await Refuse(call, ApprovalRefusals.Unknown) : await pipeline.Call(call, cancellationToken);
            }

            return approval.At(time.GetUtcNow()) switch
            {
                ApprovalStatus.Pending or ApprovalStatus.Approved => await GoOn(call, approval, cancellationToken),
                ApprovalStatus.Consumed => await Answer(call, approval, cancellationToken),
                var status => await Refuse(call, ApprovalRefusals.Of(status)!),
            };
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            telemetry.Count("cancelled");
            return new(CallEnd.Cancelled);
        }
        catch (Exception e) when (e is EventStoreUnavailableException or NpgsqlException)
        {
            telemetry.Count("not_recorded");
            return new(CallEnd.NotRecorded);
        }
    }

    private async Task<Approval?> Find(CallRequest call, string id, CancellationToken cancellationToken)
        => await desk.Find(id, cancellationToken) is { } approval && approval.Asked.PrincipalId == call.Caller.Id && approval.Asked.CredentialId == call.Caller.CredentialId
            && approval.Asked.Toolkit == call.View.Resource.Slug && approval.Asked.ToolkitId == call.View.ToolkitId
            ? approval
            : null;

    private async ValueTask<CallResult> GoOn(CallRequest call, Approval approval, CancellationToken cancellationToken)
    {
        var sent = await vault.Sent(approval.Id, cancellationToken);
        if (sent is null)
        {
            // Used or closed between two looks, or sealed by a key that is gone.
            var now = await desk.Newest(approval.Id, cancellationToken);
            return now is { CallId: not null } ? await Answer(call, now, cancellationToken)
                : await Refuse(call, ApprovalRefusals.Of(now?.At(time.GetUtcNow()) ?? ApprovalStatus.Void) ?? ApprovalRefusals.Void);
        }

        // From here on it is a call like any other, under the tool's own decision, address and record.
        var tool = call.View.ByAddress.GetValueOrDefault(approval.Asked.Address);
        return (await pipeline.Call(
            call with { Tool = tool, Name = tool?.Name ?? approval.Asked.ToolName, Arguments = sent, Resumed = approval }, cancellationToken)) with { Name = approval.Asked.ToolName };
    }

    private async ValueTask<CallResult> Answer(CallRequest call, Approval approval, CancellationToken cancellationToken)
    {
        if (Flood(call) is { } flood)
        {
            return flood;
        }

        var answer = await step.Outcome(approval.Id, cancellationToken);
        if (answer.Refusal is { } refusal)
        {
            return await Refuse(call, refusal, counted: true);
        }

        var facts = Facts(call);
        telemetry.Count("already_answered");
        if (!await recorder.Refusal(facts, facts.Denied("already_answered")))
        {
            return new(CallEnd.NotRecorded);
        }

        await step.Told(approval.Id);
        return new(CallEnd.Outcome, answer.Ended!.Outcome);
    }

    private async ValueTask<CallResult> Refuse(CallRequest call, ToolError refusal, bool counted = false)
    {
        if (!counted && Flood(call) is { } flood)
        {
            return flood;
        }

        var facts = Facts(call);
        telemetry.Count(refusal.Code);
        return await recorder.Refusal(facts, facts.Denied(refusal.Code)) ? new(CallEnd.Outcome, new ToolOutcome.Failed(refusal)) : new(CallEnd.NotRecorded);
    }

    private CallResult? Flood(CallRequest call)
    {
        if (limiter.Count(call.Caller.Id) is not { } flood)
        {
            return null;
        }

        telemetry.Count(LimitRefusal.Code);
        return new CallResult(CallEnd.Outcome, new ToolOutcome.Failed(flood.ToolError())) { Limit = flood };
    }

    private CallFacts Facts(CallRequest call) => CallFacts.Of(call, Ids.New("call"), node.Id, salt.Digest(call.Arguments.Span)) with
    {
        Address = ApprovalTool.Address,
        Action = "approve",
        Source = "default",
    };

    /// <summary>The id, read after the schema was satisfied.</summary>
    private static string IdOf(ReadOnlyMemory<byte> arguments)
    {
        using var document = JsonDocument.Parse(arguments, new JsonDocumentOptions { MaxDepth = MessageReader.MaxDepth });
        return document.RootElement.TryGetProperty(ApprovalTool.Argument, out var id) && id.ValueKind == JsonValueKind.String ? id.GetString()! : "";
    }
}
