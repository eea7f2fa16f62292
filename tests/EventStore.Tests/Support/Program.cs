using System.Diagnostics;
using System.Globalization;

namespace Toolgate.EventStore.Tests;

/// <summary>What the test assembly does when it is started as a program.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args) => args switch
    {
        ["measure", ..] => await Measure(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 5),
        _ => 2,
    };

    /// <summary>Durable sealed appends a second at 1, 8 and 64 callers.</summary>
    private static async Task<int> Measure(int seconds)
    {
        await using var cluster = await PostgresCluster.Start();
        foreach (var callers in new[] { 64, 1, 8, 64 })
        {
            await using var host = await TestHost.Start(await cluster.CreateDatabase());
            var stop = Stopwatch.StartNew();
            var counts = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
            {
                var count = 0;
                while (stop.Elapsed.TotalSeconds < seconds)
                {
                    await host.Append($"caller-{caller}", new TickRecorded(count++, "a note of the usual length, as call records have"));
                }

                return count;
            })));
            var elapsed = stop.Elapsed.TotalSeconds;
            Console.WriteLine($"{callers} callers: {counts.Sum() / elapsed:F0} appends/s");
        }

        return 0;
    }
}
