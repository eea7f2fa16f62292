using System.Collections.Immutable;

namespace Toolgate.EventStore.Tests;

public sealed class ReplayTests
{
    [Fact]
    public async Task a_replay_of_an_honest_host_is_equal_in_every_model_and_changes_nothing()
    {
        await using var host = await ProjectionTests.Host();
        var last = await ProjectionTests.Deposit(host, 1, 2, 13, 4);
        await host.Get<IProjections>().WaitFor("deposits", last);
        await host.Models.WaitFor(last);
        var told = new List<(long Done, long Total)>();

        var report = await host.Get<IReplay>().Run(new Told(told));

        report.Models.Select(m => (m.Name, m.Equal, m.Position)).ShouldBe([("balances", true, last), ("deposits", true, last)]);
        report.Equal.ShouldBeTrue();
        report.Position.ShouldBe(last);
        report.Events.ShouldBe(4);
        told[^1].ShouldBe((last, last));
        (await host.Scalar<long>("select count(*) from pg_tables where tablename like '%replay%'")).ShouldBe(0);
    }

    [Fact]
    public async Task a_live_state_that_is_not_what_the_log_says_is_unequal()
    {
        await using var host = await ProjectionTests.Host();
        await host.Get<IProjections>().WaitFor("deposits", await ProjectionTests.Deposit(host, 1, 2));
        await host.Startup.Stop();
        await host.Execute("update toolgate.test_deposits set amount = 3 where position = 2");

        // A snapshot that somebody doctored: the next host starts from it.
        var doctored = new BalancesModel().Serialize(new(ImmutableSortedDictionary<string, long>.Empty.Add("a", 4)));
        using var zipped = new MemoryStream();
        await using (var zip = new System.IO.Compression.ZLibStream(zipped, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
        {
            zip.Write(doctored);
        }

        await using (var command = host.Database.CreateCommand("update toolgate.snapshots set state = $1"))
        {
            command.Parameters.Add(new() { Value = zipped.ToArray() });
            await command.ExecuteNonQueryAsync();
        }

        await using var next = await TestHost.Start(host.Connection, null, ProjectionTests.Configure);
        var report = await next.Get<IReplay>().Run();

        report.Equal.ShouldBeFalse();
        report.Models.ShouldAllBe(m => !m.Equal);
    }

    [Fact]
    public async Task a_replay_under_load_compares_at_one_position()
    {
        await using var host = await ProjectionTests.Host();
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            for (var i = 100; !stop.IsCancellationRequested; i++)
            {
                await ProjectionTests.Deposit(host, i);
            }
        });
        for (var i = 0; i < 5; i++)
        {
            (await host.Get<IReplay>().Run()).Models.ShouldAllBe(m => m.Equal);
        }

        await stop.CancelAsync();
        await writing;
    }

    private sealed class Told(List<(long, long)> reports) : IProgress<(long Done, long Total)>
    {
        public void Report((long Done, long Total) value) => reports.Add(value);
    }
}
