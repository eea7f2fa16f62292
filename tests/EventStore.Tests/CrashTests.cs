using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Toolgate.EventStore.Tests;

public sealed class CrashTests
{
    private const int Callers = 16;

    [Fact]
    public async Task when_postgres_is_killed_under_load_every_acknowledged_event_is_there_and_none_half()
    {
        await using var cluster = await PostgresCluster.Start();
        await using var host = await TestHost.Start(await cluster.CreateDatabase());
        var acknowledged = new ConcurrentDictionary<(string Stream, long Version), int>();
        var failed = 0;
        using var stop = new CancellationTokenSource();
        var load = Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            for (var number = 0; !stop.IsCancellationRequested; number++)
            {
                try
                {
                    var stream = $"caller-{caller.ToString(CultureInfo.InvariantCulture)}";
                    var appended = (AppendOutcome.Appended)await host.Append(stream, new TickRecorded(number, "first"), new DepositMade(number));
                    acknowledged.TryAdd((stream, appended.Version), number).ShouldBeTrue("a version was acknowledged twice");
                }
                catch (EventStoreUnavailableException e)
                {
                    e.Message.ShouldNotContain("/tmp");
                    Interlocked.Increment(ref failed);
                    await Task.Delay(10);
                }
            }
        })).ToList();

        for (var round = 1; round <= 3; round++)
        {
            var before = acknowledged.Count;
            await Until(() => acknowledged.Count > before + 200);
            await cluster.Kill();
            await Until(() => failed >= round * Callers);
            await cluster.Up();
        }

        var after = acknowledged.Count;
        await Until(() => acknowledged.Count > after + 200);
        await stop.CancelAsync();
        await Task.WhenAll(load);

        await AllThere(host, acknowledged);

        // The read models and the notifications came back with the database.
        await host.Models.WaitFor(await host.Log.Head()).AsTask().WaitAsync(TimeSpan.FromSeconds(60));
        host.Models.Current.Get<DepositCount>().Count.ShouldBe(await host.Scalar<long>("select count(*) from events.mt_events where type = 'deposit_made'"));
        (await host.Get<IReplay>().Run()).Equal.ShouldBeTrue();
    }

    [Fact]
    public async Task when_the_writer_process_is_killed_under_load_every_acknowledged_event_is_there_and_none_half()
    {
        var connection = await (await PostgresCluster.Shared).CreateDatabase();
        var directory = Directory.CreateTempSubdirectory("tgesk").FullName;
        var acknowledged = new ConcurrentDictionary<(string Stream, long Version), int>();
        for (var round = 0; round < 2; round++)
        {
            using var child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [typeof(CrashTests).Assembly.Location, "write", connection, directory])
            {
                RedirectStandardOutput = true,
            })!;
            for (var line = 0; line < 400; line++)
            {
                Acknowledge(acknowledged, await child.StandardOutput.ReadLineAsync());
            }

            child.Kill();
            while (await child.StandardOutput.ReadLineAsync() is { } line)
            {
                Acknowledge(acknowledged, line);
            }

            await child.WaitForExitAsync();
        }

        await using var host = await TestHost.Start(connection, directory);
        await AllThere(host, acknowledged);

        // What the killed process had sent may commit after it died: wherever it did, the models follow.
        await host.Models.WaitFor(await host.Log.Head());
        host.Models.Current.Get<DepositCount>().Count.ShouldBe(await host.Scalar<long>("select count(*) from events.mt_events where type = 'deposit_made'"));
        await host.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task when_connections_are_cut_under_load_nothing_acknowledged_is_lost_and_nothing_is_written_twice()
    {
        await using var host = await TestHost.StartNew();
        await using var killer = new Npgsql.NpgsqlConnection(host.Connection + ";Pooling=false");
        await killer.OpenAsync();
        var acknowledged = new ConcurrentDictionary<(string Stream, long Version), int>();
        using var stop = new CancellationTokenSource();
        var load = Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            for (var number = 0; !stop.IsCancellationRequested; number++)
            {
                try
                {
                    var stream = $"caller-{caller.ToString(CultureInfo.InvariantCulture)}";
                    var appended = (AppendOutcome.Appended)await host.Append(stream, new TickRecorded(number, "first"), new DepositMade(number));
                    acknowledged.TryAdd((stream, appended.Version), number).ShouldBeTrue();
                }
                catch (EventStoreUnavailableException)
                {
                    await Task.Yield();
                }
            }
        })).ToList();

        for (var round = 0; round < 30; round++)
        {
            var before = acknowledged.Count;
            await Until(() => acknowledged.Count > before + 20);
            await using var command = new Npgsql.NpgsqlCommand(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()", killer);
            await command.ExecuteNonQueryAsync();
        }

        await stop.CancelAsync();
        await Task.WhenAll(load);
        await AllThere(host, acknowledged);
        (await host.Log.ReadAll(0).Select(e => (e.StreamId, e.Data)).ToListAsync()).GroupBy(e => e).ShouldAllBe(same => same.Count() == 1);
    }

    /// <summary>The child's side: appends and says what was acknowledged, until it is killed.</summary>
    internal static async Task<int> Write(string connection, string directory)
    {
        await using var host = await TestHost.Start(connection, directory);
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            for (var number = 0; ; number++)
            {
                var stream = string.Create(CultureInfo.InvariantCulture, $"caller-{caller}");
                var appended = (AppendOutcome.Appended)await host.Append(stream, new TickRecorded(number, "first"), new DepositMade(number));
                var line = string.Create(CultureInfo.InvariantCulture, $"{stream} {appended.Version} {number}");
                lock (host)
                {
                    Console.Out.WriteLine(line);
                    Console.Out.Flush();
                }
            }
        })));
        return 0;
    }

    private static void Acknowledge(ConcurrentDictionary<(string, long), int> acknowledged, string? line)
    {
        // The last line of a killed process may be cut.
        if (line?.Split(' ') is [var stream, var version, var number])
        {
            acknowledged.TryAdd((stream, long.Parse(version, CultureInfo.InvariantCulture)), int.Parse(number, CultureInfo.InvariantCulture)).ShouldBeTrue();
        }
    }

    private static async Task AllThere(TestHost host, ConcurrentDictionary<(string Stream, long Version), int> acknowledged)
    {
        var log = await host.Log.ReadAll(0).ToListAsync();
        var deposits = log.Where(e => e.Data is DepositMade).ToDictionary(e => (e.StreamId, e.Version), e => ((DepositMade)e.Data).Amount);
        foreach (var (key, number) in acknowledged)
        {
            deposits[key].ShouldBe(number);
        }

        // None half: each request wrote a pair, and each stream counts without a gap.
        foreach (var stream in log.GroupBy(e => e.StreamId))
        {
            var events = stream.ToList();
            events.Select(e => e.Version).ShouldBe(Enumerable.Range(1, events.Count).Select(v => (long)v));
            events.Chunk(2).ShouldAllBe(pair => pair.Length == 2 && pair[0].Data is TickRecorded && ((TickRecorded)pair[0].Data).Number == ((DepositMade)pair[1].Data).Amount);
        }

        var report = await host.Get<IVerification>().Verify();
        report.FirstFault.ShouldBeNull();
        report.Events.ShouldBe(log.Count);
    }

    private static async Task Until(Func<bool> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(120));
            await Task.Delay(5);
        }
    }
}
