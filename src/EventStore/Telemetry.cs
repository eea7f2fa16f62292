using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Toolgate.EventStore;

/// <summary>Traces and metrics of the log, under one name.</summary>
internal static class Telemetry
{
    public const string Name = "Toolgate.EventStore";

    public static readonly ActivitySource Source = new(Name);

    public static readonly Meter Meter = new(Name);

    public static readonly Counter<long> Appended = Meter.CreateCounter<long>("toolgate.eventstore.appended", "{event}", "Events made durable.");

    public static readonly Counter<long> Conflicts = Meter.CreateCounter<long>("toolgate.eventstore.conflicts", "{request}", "Appends refused: version or name.");

    public static readonly Histogram<int> BatchSize =
        Meter.CreateHistogram<int>("toolgate.eventstore.batch.size", "{request}", "Requests committed in one transaction.");

    public static readonly Histogram<double> CommitDuration =
        Meter.CreateHistogram<double>("toolgate.eventstore.commit.duration", "ms", "From the lock to the durable commit.");

    public static readonly Gauge<long> ReadModelLag =
        Meter.CreateGauge<long>("toolgate.eventstore.readmodel.lag", "{position}", "Positions that the read models were behind when they advanced.");

    public static readonly Gauge<long> ProjectionLag =
        Meter.CreateGauge<long>("toolgate.eventstore.projection.lag", "{position}", "Positions that a projection is behind.");
}
