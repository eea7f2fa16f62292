using System.Diagnostics.Metrics;

namespace Toolgate.Toolkits;

/// <summary>What the module measures.</summary>
internal static class ToolkitsTelemetry
{
    private static readonly Meter Meter = new("Toolgate.Toolkits");

    /// <summary>Time to compile a view, in milliseconds.</summary>
    public static Histogram<double> Compiled { get; } = Meter.CreateHistogram<double>("toolgate.toolkits.view.compile", "ms", "Time to compile a view.");
}
