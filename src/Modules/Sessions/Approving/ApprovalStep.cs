using Microsoft.Extensions.Logging;
using Npgsql;
using Toolgate.Access;
using Toolgate.Connections;
using Toolgate.EventStore;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>The use of an approval by a call: appended together with the call's attempt, or not at all.</summary>
/// <param name="Approval">The approval, approved and not used.</param>
/// <param name="Noted">The write that lets its outcome be kept.</param>
internal sealed record ApprovalUse(Approval Approval, SideWrite Noted)
{
    /// <summary>Version of the stream once the attempt is on record; its outcome expects it.</summary>
    public long AttemptVersion => Approval.Version + 2;
}

/// <summary>How a call leaves the step.</summary>
/// <param name="Call">The call as it goes on, decided anew; null when it does not.</param>
/// <param name="Arguments">What is sent.</param>
/// <param name="Use">The yes that it uses.</param>
/// <param name="Refusal">Why it does not go on; null with the others null: there is no such tool for this caller any more.</param>
/// <param name="Ended">What the call that used the yes answered.</param>
internal readonly record struct ApprovalPass(
    CallRequest? Call, ReadOnlyMemory<byte> Arguments = default, ApprovalUse? Use = null, ToolError? Refusal = null, ApprovedOutcome? Ended = null)
{
    /// <summary>The log or the side tables could not be reached.</summary>
    public bool IsBroken { get; init; }
}

/// <summary>
/// The step of a call in which it waits for a person. What was true before the wait need not be true after it, so everything is decided again: who calls, what they may
/// call, what would be sent. A yes for something else is worth nothing.
/// </summary>
internal sealed partial class ApprovalStep(
    ApprovalGate gate, ApprovalVault vault, CallChecks checks, ICredentials credentials, IToolViews views, ILogger<ApprovalStep> logger)
{
    /// <summary>
    /// Waits for a yes. A request that its upstream goes on with in another round needs no other: its state, which is sealed, worth one retry and fits this request
    /// alone, says which one it used.
    /// </summary>
    public async Task<ApprovalPass> Pass(CallRequest call, string callId, string? continued, ViewTool tool, ReadOnlyMemory<byte> arguments, CancellationToken cancellationToken)
    {
        try
        {
            if (continued is not null && await gate.Continues(continued, call, tool, arguments, cancellationToken))
            {
                return new(call, arguments);
            }

            var answer = await gate.Obtain(call, tool, arguments, cancellationToken);
            return answer.Approved is { } approval ? await Again(call, callId, tool, approval, cancellationToken) : new(null, Refusal: answer.Refusal, Ended: answer.Ended);
        }
        catch (Exception e) when (e is EventStoreUnavailableException or NpgsqlException)
        {
            Log.Unreachable(logger, e);
            return new ApprovalPass(null) { IsBroken = true };
        }
    }

    /// <summary>Looks again at a call that waited for its turn: what ended, was blocked or asks otherwise meanwhile holds for it as well.</summary>
    public async Task<ApprovalPass> Still(CallRequest call, string callId, ViewTool before, ApprovalUse? use, CancellationToken cancellationToken)
    {
        try
        {
            if (use is not null)
            {
                return await Again(call, callId, before, use.Approval, cancellationToken);
            }

            if (Now(call, before) is not var (principal, view, tool))
            {
                return default;
            }

            if (!principal.Has(Scopes.ToolsInvoke))
            {
                return new(null, Refusal: CallAccess.ScopeMissing);
            }

            if (tool.Decision.Action > before.Decision.Action)
            {
                return new(null, Refusal: ApprovalRefusals.Void);
            }

            var arguments = call.Arguments;
            return checks.Refusal(principal, view, tool, ref arguments) is { } refusal ? new(null, Refusal: refusal) : new(call with { View = view, Tool = tool }, arguments);
        }
        catch (Exception e) when (e is EventStoreUnavailableException or NpgsqlException)
        {
            Log.Unreachable(logger, e);
            return new ApprovalPass(null) { IsBroken = true };
        }
    }

    /// <summary>Another call used the yes first: its outcome is the answer to both. Or nobody did, and it is worth nothing any more.</summary>
    public async Task<ApprovalPass> Late(ApprovalUse use, CancellationToken cancellationToken)
    {
        try
        {
            if (await gate.Unused(use.Approval.Id, cancellationToken) is { } unused)
            {
                return new(null, Refusal: unused);
            }

            var answer = await gate.Outcome(use.Approval.Id, cancellationToken);
            return new(null, Refusal: answer.Refusal, Ended: answer.Ended);
        }
        catch (Exception e) when (e is EventStoreUnavailableException or NpgsqlException)
        {
            Log.Unreachable(logger, e);
            return new ApprovalPass(null) { IsBroken = true };
        }
    }

    /// <summary>The outcome of the call that used an approval.</summary>
    public Task<ApprovalAnswer> Outcome(string id, CancellationToken cancellationToken) => gate.Outcome(id, cancellationToken);

    /// <summary>Keeps the outcome with the event that says it.</summary>
    public SideWrite? Keep(ApprovalUse? use, ToolOutcome? outcome) => use is null ? null : vault.End(use.Approval.Id, outcome);

    /// <summary>The caller is about to be told the outcome. If that is not noted, an equal call is told it once more, which is no harm.</summary>
    public async Task Told(string id)
    {
        try
        {
            await vault.Told(id, CancellationToken.None);
        }
        catch (NpgsqlException e)
        {
            Log.Unreachable(logger, e);
        }
    }

    /// <summary>Who calls, what they see, and the tool in it, as of now; null when one of them is gone.</summary>
    private (Principal Principal, ToolView View, ViewTool Tool)? Now(CallRequest call, ViewTool before)
        => credentials.Find(call.Caller.CredentialId) is { } principal && views.Find(call.View.Resource, principal) is { } view
            && view.ToolkitId == call.View.ToolkitId && view.ByAddress.TryGetValue(before.Tool.Address, out var tool)
            ? (principal, view, tool)
            : null;

    private async Task<ApprovalPass> Again(CallRequest call, string callId, ViewTool before, Approval approval, CancellationToken cancellationToken)
    {
        if (Now(call, before) is not var (principal, view, tool))
        {
            return default;
        }

        if (!principal.Has(Scopes.ToolsInvoke))
        {
            return new(null, Refusal: CallAccess.ScopeMissing);
        }

        var now = call with { View = view, Tool = tool };
        var arguments = call.Arguments;
        if (checks.Refusal(principal, view, tool, ref arguments) is { } refusal)
        {
            return new(null, Refusal: refusal);
        }

        if (!gate.IsFor(approval, now, tool, arguments))
        {
            await gate.Void(approval, cancellationToken);
            return new(null, Refusal: ApprovalRefusals.Void);
        }

        if (gate.IsLate(approval))
        {
            return new(null, Refusal: ApprovalRefusals.Expired);
        }

        return new(now, arguments, new ApprovalUse(approval, vault.Begin(approval, callId)));
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A call that needs approval was not served: the database cannot be reached")]
        public static partial void Unreachable(ILogger logger, Exception exception);
    }
}
