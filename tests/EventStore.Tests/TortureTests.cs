using System.Security.Cryptography;

namespace Toolgate.EventStore.Tests;

public sealed class TortureTests
{
    private const int Writers = 8;
    private const int Hosts = 3;
    private const int AppendsEach = 250;

    /// <summary>
    /// Readers that follow a sequence lose events when transactions commit out of order. Here writers on several hosts pause at random,
    /// others draw numbers and roll back, and the reader must see each event once, in order, with nothing appearing behind it.
    /// </summary>
    [Fact]
    public async Task a_polling_reader_loses_nothing_sees_nothing_twice_and_keeps_the_order()
    {
        await using var first = await TestHost.StartNew();
        var others = await Task.WhenAll(Enumerable.Range(1, Hosts - 1).Select(_ => TestHost.Start(first.Connection)));
        TestHost[] hosts = [first, .. others];
        using var done = new CancellationTokenSource();

        var reading = Task.Run(() => Follow(first, done.Token));
        var disturbing = Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => DrawAndRollBack(first, done.Token))));
        var written = (await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => Write(hosts[writer % Hosts], writer))))).Sum();
        await done.CancelAsync();
        await disturbing;
        var seen = await reading;

        seen.Count.ShouldBe(written);
        seen.Select(e => e.Position).ShouldBeInOrder();
        seen.Select(e => e.Position).Distinct().Count().ShouldBe(written);
        foreach (var stream in seen.GroupBy(e => e.StreamId))
        {
            stream.Select(e => e.Version).ShouldBe(Enumerable.Range(1, stream.Count()).Select(v => (long)v));
        }

        (await first.Get<IVerification>().Verify()).FirstFault.ShouldBeNull();
        foreach (var host in hosts)
        {
            await host.Models.WaitFor(seen[^1].Position);
            host.Models.Current.Get<DepositCount>().Count.ShouldBe(seen.Count(e => e.Data is DepositMade));
        }

        foreach (var host in others)
        {
            await host.DisposeAsync();
        }
    }

    private static async Task<int> Write(TestHost host, int writer)
    {
        var written = 0;
        for (var i = 0; i < AppendsEach; i++)
        {
            object[] events = [.. Enumerable.Range(0, RandomNumberGenerator.GetInt32(1, 4)).Select(n => n == 0 ? (object)new DepositMade(i) : new TickRecorded(n, "torture"))];
            written += events.Length;
            (await host.Append($"stream-{RandomNumberGenerator.GetInt32(5)}-{writer % 2}", events)).ShouldBeOfType<AppendOutcome.Appended>();
            if (RandomNumberGenerator.GetInt32(10) == 0)
            {
                await Task.Delay(RandomNumberGenerator.GetInt32(5));
            }
        }

        return written;
    }

    private static async Task DrawAndRollBack(TestHost host, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await using var connection = await host.Database.OpenConnectionAsync(CancellationToken.None);
            await using var transaction = await connection.BeginTransactionAsync(CancellationToken.None);
            await using var command = new Npgsql.NpgsqlCommand("select nextval('events.mt_events_sequence') from generate_series(1, 3)", connection, transaction);
            await command.ExecuteNonQueryAsync(CancellationToken.None);
            await Task.Delay(RandomNumberGenerator.GetInt32(8), CancellationToken.None);
            await transaction.RollbackAsync(CancellationToken.None);
        }
    }

    private static async Task<List<StoredEvent>> Follow(TestHost host, CancellationToken done)
    {
        var seen = new List<StoredEvent>();
        var last = false;
        while (!last)
        {
            // Read once more after the writers are done.
            last = done.IsCancellationRequested;
            await foreach (var e in host.Log.ReadAll(seen.Count == 0 ? 0 : seen[^1].Position, cancellationToken: CancellationToken.None))
            {
                seen.Add(e);
            }
        }

        return seen;
    }
}
