using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Toolgate.Connections;

/// <summary>The activity source and the meter of this module.</summary>
internal static class ConnectionsTelemetry
{
    /// <summary>Name of both.</summary>
    public const string Name = "Toolgate.Connections";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    /// <summary>Time of calls to upstreams by integration and outcome code (<c>answered</c> or the error's code).</summary>
    public static readonly Histogram<double> CallDuration = Meter.CreateHistogram<double>(
        "toolgate.upstream.call.duration", "s", "Duration of calls to upstreams, from the request to the whole response.");
}
