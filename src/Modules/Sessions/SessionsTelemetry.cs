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

    public SessionsTelemetry(SessionRegistry sessions)
    {
        calls = meter.CreateCounter<long>("toolgate.calls", "{call}", "Calls by outcome.");
        duration = meter.CreateHistogram<double>("toolgate.call.duration", "ms", "Time from the decision to the outcome.");
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
        var word = outcome switch
        {
            ToolOutcome.Answered { IsError: true } => "tool_error",
            ToolOutcome.Relayed { IsError: true } => "tool_error",
            ToolOutcome.Answered or ToolOutcome.Relayed => "ok",
            ToolOutcome.InputRequired => "input_required",
            ToolOutcome.Rejected => "upstream_rejected",
            ToolOutcome.Failed failed => failed.Error.Code,
            _ => "cancelled",
        };
        Count(word);
        duration.Record(elapsedMs);
        activity?.SetTag("toolgate.call.outcome", word);
    }

    public void Dispose()
    {
        source.Dispose();
        meter.Dispose();
    }
}
