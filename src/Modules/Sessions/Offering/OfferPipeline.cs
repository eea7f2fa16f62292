using Microsoft.Extensions.Logging;
using Toolgate.Connections;

namespace Toolgate.Sessions;

/// <summary>
/// The way of every request for a resource or a prompt. The decision was taken when the view was compiled; nothing here reads the database before the
/// request goes out.
/// <code>
/// name → view → scope, role → limits, turn → room for a record → upstream → record
///   └ unknown     └ refused     └ limited       └ not recorded: nothing happens
/// </code>
/// </summary>
internal sealed partial class OfferPipeline(
    IUpstreams upstreams, CallRecorder recorder, Limiter limiter, ArgumentsSalt salt, Node node, SessionsTelemetry telemetry, TimeProvider time, ILogger<OfferPipeline> logger)
{
    private static readonly ToolOutcome.Failed Broken = new(new ToolError("upstream_unavailable", "The request failed inside Toolgate.", Retryable: false));

    /// <summary>Carries a request out, or refuses it.</summary>
    public async ValueTask<CallResult> Fetch(OfferRequest request, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var facts = ReadFacts.Of(request, request.Kind == OfferKind.Prompt ? salt.Digest(request.Arguments.Span) : "", node.Id);
        using var activity = telemetry.StartRead(facts);
        if (request.Item is not { } item)
        {
            telemetry.CountRead(facts.Kind, "unknown");
            return new(CallEnd.Outcome, await recorder.Read(facts, facts.Denied()) ? OfferRefusals.Unknown(request) : OfferRefusals.NotRecorded);
        }

        if (CallAccess.Refusal(request.Caller, request.View, item.Server) is { } refusal)
        {
            telemetry.CountRead(facts.Kind, refusal.Code);
            return new(CallEnd.Outcome, await recorder.Read(facts, facts.Denied(refusal.Code)) ? new ToolOutcome.Failed(refusal) : OfferRefusals.NotRecorded);
        }

        Admission admission;
        try
        {
            admission = await limiter.Admit(request.Caller.Id, request.View.ToolkitId, item.Server.Upstream, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new(CallEnd.Cancelled);
        }

        using var admitted = admission;
        if (admitted.Refusal is { } limit)
        {
            telemetry.CountRead(facts.Kind, LimitRefusal.Code);
            return new(
                CallEnd.Outcome,
                !limit.Subject.IsWorthRecord(limiter.Now) || await recorder.Read(facts, facts.Denied(LimitRefusal.Code)) ? limit.Rejected() : OfferRefusals.NotRecorded);
        }

        ToolOutcome? outcome = null;
        try
        {
            if (!await recorder.HasRoom(cancellationToken))
            {
                return new(CallEnd.Outcome, OfferRefusals.NotRecorded);
            }

            var (method, member) = facts.Kind == OfferKind.Resource ? (McpMethods.ReadResource, "uri") : (McpMethods.GetPrompt, "name");
            outcome = await upstreams.Request(item.Server.Upstream, method, OfferParams.Of(member, item.UpstreamKey), request.Client, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The caller gave up; that is the outcome.
        }
        catch (Exception e)
        {
            // The contract says that this does not happen. If it does, the request still has its outcome.
            outcome = Broken;
            Log.Failed(logger, e, item.Server.Address);
        }

        var elapsed = time.GetElapsedTime(started).TotalMilliseconds;
        telemetry.ReadEnded(activity, facts.Kind, outcome, elapsed);

        // Nothing was changed, so a log that cannot be reached refuses the answer instead of holding it.
        var recorded = await recorder.Read(facts, facts.Ended(item, outcome, Math.Round(elapsed, 3)));
        return outcome is null ? new(CallEnd.Cancelled) : new(CallEnd.Outcome, recorded ? Fitted(request, outcome) : OfferRefusals.NotRecorded);
    }

    /// <summary>What an upstream of another era may say and a client of this one must not hear.</summary>
    private static ToolOutcome Fitted(OfferRequest request, ToolOutcome outcome) => outcome switch
    {
        // 2026-07-28: the code of older revisions is not used any more.
        ToolOutcome.Rejected { Code: ErrorCodes.ResourceNotFound } rejected when request.Client.IsStateless => rejected with { Code = ErrorCodes.InvalidParams },
        ToolOutcome.Relayed relayed when request.Kind == OfferKind.Resource => relayed with { Result = CacheScope.Private(relayed.Result) },
        _ => outcome,
    };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A request to {Address} broke its contract")]
        public static partial void Failed(ILogger logger, Exception exception, string address);
    }
}

/// <summary>Answers that no upstream gave.</summary>
internal static class OfferRefusals
{
    private const int LongestEcho = 2_000;

    /// <summary>Nothing is done, or told, without a record.</summary>
    public static ToolOutcome NotRecorded { get; } = new ToolOutcome.Rejected(
        ErrorCodes.Internal, "The request could not be recorded, so it is not answered. Try again later.", """{"code":"log_unavailable","retryable":true}"""u8.ToArray());

    /// <summary>The same bytes, whether it is blocked, not granted, someone else's or nobody's.</summary>
    public static ToolOutcome Unknown(OfferRequest request)
        => request.Kind == OfferKind.Prompt ? UnknownPrompt(request.Name) : UnknownResource(request.Name, request.Client.IsStateless);

    /// <summary>There is no such prompt for this caller.</summary>
    public static ToolOutcome UnknownPrompt(string name) => new ToolOutcome.Rejected(ErrorCodes.InvalidParams, "Unknown prompt: " + Echo(name), default);

    /// <summary>There is no such resource for this caller. 2026-07-28 has another code than the revisions before it.</summary>
    public static ToolOutcome UnknownResource(string uri, bool isStateless) => new ToolOutcome.Rejected(
        isStateless ? ErrorCodes.InvalidParams : ErrorCodes.ResourceNotFound, "Resource not found", OfferParams.Of("uri", Echo(uri)));

    private static string Echo(string text) => text.Length > LongestEcho ? text[..LongestEcho] : text;
}
