using System.Diagnostics;
using System.Globalization;

namespace Toolgate.EventStore.Tests;

/// <summary>What the test assembly does when it is started as a program.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args) => args switch
    {
        ["measure-log", var millions] => await MeasureLog(double.Parse(millions, CultureInfo.InvariantCulture)),
        ["measure", ..] => await Measure(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 5),
        ["write", var connection, var directory] => await CrashTests.Write(connection, directory),
        _ => 2,
    };

    /// <summary>Durable sealed appends a second at 1, 8 and 64 callers.</summary>
    private static async Task<int> Measure(int seconds)
    {
        await using var cluster = await PostgresCluster.Start();
        foreach (var callers in new[] { 64, 1, 8, 64 })
        {
            await using var host = await TestHost.Start(await cluster.CreateDatabase());
            var serverBefore = await cluster.CpuSeconds();
            var stop = Stopwatch.StartNew();
            var cpuBefore = Process.GetCurrentProcess().TotalProcessorTime;
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
            var serverCpu = await cluster.CpuSeconds() - serverBefore;
            var transactions = await host.Scalar<long>("select count(distinct xmin::text) from events.mt_events");
            var cpu = Process.GetCurrentProcess().TotalProcessorTime - cpuBefore;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{callers} callers: {counts.Sum() / elapsed:F0} appends/s, {(double)counts.Sum() / transactions:F1} a commit, {cpu.TotalMicroseconds / counts.Sum():F0} us of this process and {serverCpu * 1e6 / counts.Sum():F0} us of the server each"));
        }

        return 0;
    }

    /// <summary>Rebuild and verification of a long log.</summary>
    private static async Task<int> MeasureLog(double millions)
    {
        await using var cluster = await PostgresCluster.Start();
        await using var host = await TestHost.Start(await cluster.CreateDatabase(), options: o => o.Snapshots = false);
        var watch = Stopwatch.StartNew();
        var appends = (int)(millions * 1_000_000 / 1_000);
        await Parallel.ForAsync(0, appends, async (i, _) =>
        {
            object[] events = [.. Enumerable.Range(0, 1_000).Select(n => new DepositMade(n))];
            await host.Append($"account-{i % 100}", events);
        });
        Report("appended, 1,000 a request");
        await using (var next = await TestHost.Start(host.Connection, options: o => o.Snapshots = false))
        {
            Report($"started a host that folds all of them ({next.Models.Current.Get<DepositCount>().Count})");
        }

        var verified = await host.Get<IVerification>().Verify();
        Report($"verified {verified.Events}, valid: {verified.Valid}");
        return 0;

        void Report(string what)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds:F2} s {what}"));
            watch.Restart();
        }
    }
}
