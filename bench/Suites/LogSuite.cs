using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.EventStore;
using Toolgate.Host;

namespace Toolgate.Bench;

/// <summary>An event of the size of a small change.</summary>
public sealed record ThingMeasured(string ThingId, int Number, string Text);

/// <summary>The log itself: durable, sealed appends, and folding a million events.</summary>
internal static class LogSuite
{
    private const int RebuiltEvents = 1_000_000;
    private const int EventsAnAppend = 200;
    private const double SecondsAnAppendRun = 5;

    public static async Task Run(string folder)
    {
        await using var host = await ToolgateHost.Build(
            ["--urls=http://127.0.0.1:0", $"--Toolgate:DataDirectory={Path.Combine(folder, "log")}", "--Logging:LogLevel:Default=Warning"],
            builder =>
            {
                builder.Services.AddEvents(typeof(ThingMeasured));
                builder.Services.AddReadModel<ThingsModel>();
            });
        await host.Start();
        var store = host.Services.GetRequiredService<IEventStore>();
        await Appends(store);
        await Rebuild(store, host.Services.GetRequiredService<IReadModels>(), host.Services.GetRequiredService<IVerification>());
        await host.Stop();
    }

    private static async Task Appends(IEventStore store)
    {
        Report.Title("Durable, sealed appends of one event");
        await Rate(store, 64, 1);
        foreach (var callers in new[] { 1, 8, 64 })
        {
            var (rate, times) = await Rate(store, callers, SecondsAnAppendRun);
            Report.Row(
                $"{callers} callers: appends a second, p50 / p99 of one", $"{Report.Number(rate)}, {Report.Ms(times.P50)} / {Report.Ms(times.P99)}",
                callers == 64 ? "15,000 a second" : "");
        }
    }

    private static async Task<(double Rate, Times Times)> Rate(IEventStore store, int callers, double seconds)
    {
        var until = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
        var from = Stopwatch.GetTimestamp();
        var times = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var mine = new List<double>();
            while (Stopwatch.GetTimestamp() < until)
            {
                var id = Guid.CreateVersion7().ToString("n");
                var start = Stopwatch.GetTimestamp();
                await store.Append(new AppendRequest { StreamId = "thing-" + id, StreamType = "thing", Expected = ExpectedVersion.NoStream, Events = [new ThingMeasured(id, caller, "one small change")] });
                mine.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            }

            return mine;
        })));
        var all = times.SelectMany(mine => mine).ToArray();
        return (all.Length / Stopwatch.GetElapsedTime(from).TotalSeconds, Times.Of(all));
    }

    private static async Task Rebuild(IEventStore store, IReadModels models, IVerification verification)
    {
        var already = models.Current.Get<ThingsState>().Events;
        await Parallel.ForEachAsync(
            Enumerable.Range(0, (int)Math.Max(0, RebuiltEvents - already) / EventsAnAppend), new ParallelOptions { MaxDegreeOfParallelism = 16 },
            async (batch, cancellationToken) => await store.Append(
                new AppendRequest
                {
                    StreamId = $"bulk-{batch}",
                    StreamType = "bulk",
                    Events = [.. Enumerable.Range(0, EventsAnAppend).Select(i => new ThingMeasured($"thing-{i}", batch, "one small change"))],
                },
                cancellationToken));
        var head = await store.Head();
        await models.WaitFor(head);
        var from = Stopwatch.GetTimestamp();
        var rebuilt = await models.At(head);
        var time = Stopwatch.GetElapsedTime(from);
        from = Stopwatch.GetTimestamp();
        var report = await verification.Verify();
        var verified = Stopwatch.GetElapsedTime(from);
        Report.Title("A long log");
        Report.Row($"folding {Report.Number(rebuilt.Get<ThingsState>().Events)} events anew", Report.Number(time.TotalSeconds) + " s", "12 s for 1,000,000");
        Report.Row($"verifying {Report.Number(report.Events)} events ({(report.Valid ? "valid" : "NOT VALID")})", Report.Number(verified.TotalSeconds) + " s");
    }
}

/// <summary>How often each thing was measured.</summary>
internal sealed record ThingsState(long Events, ImmutableDictionary<string, int> Last);

/// <summary>A read model of the size that a configuration has.</summary>
internal sealed class ThingsModel : ReadModel<ThingsState>
{
    public override string Name => "bench-things";

    public override int SchemaVersion => 1;

    public override IReadOnlyCollection<Type> Handles { get; } = [typeof(ThingMeasured)];

    public override ThingsState Empty => new(0, ImmutableDictionary.Create<string, int>(StringComparer.Ordinal));

    public override ThingsState Evolve(ThingsState state, StoredEvent e)
        => new(state.Events + 1, e.StreamId.StartsWith("bulk", StringComparison.Ordinal) ? state.Last.SetItem(((ThingMeasured)e.Data).ThingId, ((ThingMeasured)e.Data).Number) : state.Last);

    public override byte[] Serialize(ThingsState state) => JsonSerializer.SerializeToUtf8Bytes(new { state.Events, Last = state.Last.OrderBy(pair => pair.Key, StringComparer.Ordinal) });

    public override ThingsState Deserialize(ReadOnlySpan<byte> bytes) => throw new JsonException("The benchmark keeps no snapshots.");
}
