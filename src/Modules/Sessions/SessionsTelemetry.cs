using System.Diagnostics;
using System.Diagnostics.Metrics;
using Toolgate.Connections;

namespace Toolgate.Sessions;

/// <summary>Traces and metrics of the MCP surface; source and meter are both named <c>Toolgate.Sessions</c>.</summary>
internal sealed class SessionsTelemetry : IDisposable
{
    /// <summary>Name of the activity source and the meter.</summary>
    public const string Name = "Toolgate.Sessions";

    private readonly ActivitySource source = new(Name);
    private readonly Meter meter = new(Name);
    private readonly Counter<long> calls;
    private readonly Histogram<double> duration;
    private readonly Counter<long> reads;
    private readonly Histogram<double> readDuration;

    public SessionsTelemetry(SessionRegistry sessions)
    {
        calls = meter.CreateCounter<long>("toolgate.calls", "{call}", "Calls by outcome.");
        duration = meter.CreateHistogram<double>("toolgate.call.duration", "ms", "Time from the decision to the outcome.");
        reads = meter.CreateCounter<long>("toolgate.reads", "{request}", "Requests for resources and prompts by kind and outcome.");
        readDuration = meter.CreateHistogram<double>("toolgate.read.duration", "ms", "Time from the decision to the outcome.");
        meter.CreateObservableGauge("toolgate.sessions.active", () => sessions.Count, "{session}", "Sessions in use on this node.");
    }

    /// <summary>Starts the span of a message. The trace that the message names wins over that of the HTTP request.</summary>
    public Activity? StartMessage(McpMessage message, string era)
    {
        if (!source.HasListeners())
        {
            return null;
        }

        var parent = message.TraceParent is { } text && ActivityContext.TryParse(text, message.TraceState, isRemote: true, out var remote)
            ? remote
            : Activity.Current?.Context ?? default;
        return source.StartActivity("mcp " + message.Method, ActivityKind.Server, parent)?.SetTag("mcp.method.name", message.Method).SetTag("mcp.protocol.version", era);
    }

    /// <summary>Starts the span of a call.</summary>
    public Activity? StartCall(CallRequest call, string callId)
        => source.HasListeners()
            ? source.StartActivity("tool call", ActivityKind.Internal)?.SetTag("toolgate.call.id", callId).SetTag("toolgate.tool.address", call.Tool?.Tool.Address)
            : null;

    /// <summary>Counts a refusal or a failure without an outcome.</summary>
    public void Count(string outcome) => calls.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <summary>Notes how a call ended.</summary>
    public void Ended(Activity? activity, ToolOutcome? outcome, double elapsedMs)
    {
        var word = WordOf(outcome);
        Count(word);
        duration.Record(elapsedMs);
        activity?.SetTag("toolgate.call.outcome", word);
    }

    /// <summary>Starts the span of a request for a resource or a prompt.</summary>
    public Activity? StartRead(ReadFacts read)
        => source.HasListeners()
            ? source.StartActivity(read.Kind == OfferKind.Resource ? "resource read" : "prompt get", ActivityKind.Internal)?.SetTag("toolgate.read.id", read.Id)
                .SetTag("toolgate.address", read.Request.Item?.Server.Address)
            : null;

    /// <summary>Notes how such a request ended.</summary>
    public void ReadEnded(Activity? activity, OfferKind kind, ToolOutcome? outcome, double elapsedMs)
    {
        var word = WordOf(outcome);
        CountRead(kind, word);
        readDuration.Record(elapsedMs);
        activity?.SetTag("toolgate.read.outcome", word);
    }

    /// <summary>Counts one.</summary>
    public void CountRead(OfferKind kind, string outcome) => reads.Add(
        1, new KeyValuePair<string, object?>("kind", kind == OfferKind.Resource ? "resource" : "prompt"), new KeyValuePair<string, object?>("outcome", outcome));

    private static string WordOf(ToolOutcome? outcome) => outcome switch
    {
        ToolOutcome.Answered { IsError: true } => "tool_error",
        ToolOutcome.Relayed { IsError: true } => "tool_error",
        ToolOutcome.Answered or ToolOutcome.Relayed => "ok",
        ToolOutcome.InputRequired => "input_required",
        ToolOutcome.Rejected => "upstream_rejected",
        ToolOutcome.Failed failed => failed.Error.Code,
        _ => "cancelled",
    };

    public void Dispose()
    {
        source.Dispose();
        meter.Dispose();
    }
}
