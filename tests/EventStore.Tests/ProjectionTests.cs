using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Toolgate.EventStore.Tests;

public sealed class ProjectionTests
{
    [Fact]
    public async Task rows_follow_the_log_and_the_checkpoint_moves_with_them()
    {
        await using var host = await Host();
        var last = await Deposit(host, 1, 2, 3);

        await host.Get<IProjections>().WaitFor("deposits", last);

        (await Rows(host)).ShouldBe("1,2,3");
        (await host.Scalar<long>("select last_seq_id from events.mt_event_progression where name = 'deposits'")).ShouldBe(last);
        var status = (await host.Get<IProjections>().Status()).Single();
        status.ShouldBe(new ProjectionStatus("deposits", last, last, true, 0, null));
    }

    [Fact]
    public async Task a_long_log_is_projected_in_batches()
    {
        await using var host = await Host();
        var outcome = (AppendOutcome.Appended)await host.Append("a", [.. Enumerable.Range(1, 3_500).Select(i => new DepositMade(i * 100))]);

        await host.Get<IProjections>().WaitFor("deposits", outcome.Position);

        (await host.Scalar<long>("select count(*) from toolgate.test_deposits")).ShouldBe(3_500);
        DepositsProjection.Ranges(host).ShouldAllBe(range => range.UpTo - range.After <= 1_000);
    }

    [Fact]
    public async Task an_event_that_cannot_be_applied_becomes_a_dead_letter_and_its_neighbours_are_applied()
    {
        await using var host = await Host();
        var last = await Deposit(host, 1, 2, 13, 4, 5, 13, 7);

        await host.Get<IProjections>().WaitFor("deposits", last);

        (await Rows(host)).ShouldBe("1,2,4,5,7");
        (await host.Scalar<string>("select string_agg(position || ' ' || projection, ',' order by position) from toolgate.dead_letters")).ShouldBe("3 deposits,6 deposits");
        (await host.Get<IProjections>().Status()).Single().DeadLetters.ShouldBe(2);
    }

    [Fact]
    public async Task a_projection_whose_table_is_missing_stands_still_and_skips_nothing()
    {
        await using var host = await Host();
        await host.Execute("alter table toolgate.test_deposits rename to away");
        var last = await Deposit(host, 1, 2);
        while ((await host.Get<IProjections>().Status()).Single().Fault is null)
        {
            await Task.Yield();
        }

        await host.Execute("alter table toolgate.away rename to test_deposits");
        await host.Get<IProjections>().WaitFor("deposits", last);

        (await Rows(host)).ShouldBe("1,2");
        (await host.Get<IProjections>().Status()).Single().ShouldSatisfyAllConditions(s => s.DeadLetters.ShouldBe(0), s => s.Position.ShouldBe(last));
    }

    [Fact]
    public async Task a_crash_in_the_middle_leaves_rows_and_checkpoint_together()
    {
        await using var host = await Host();
        for (var round = 1; round <= 10; round++)
        {
            var last = await Deposit(host, round * 100);

            // Every connection of this database dies: the writer's, the leader's, in whatever they were doing.
            await using (var killer = new NpgsqlConnection(host.Connection + ";Pooling=false"))
            {
                await killer.OpenAsync();
                await using var command = new NpgsqlCommand(
                    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()", killer);
                await command.ExecuteNonQueryAsync();
                await using var check = new NpgsqlCommand("""
                    select coalesce((select last_seq_id from events.mt_event_progression where name = 'deposits'), 0) - coalesce((select max(position) from toolgate.test_deposits), 0)
                    """, killer);
                (await check.ExecuteScalarAsync()).ShouldBe(0L);
            }

            await host.Get<IProjections>().WaitFor("deposits", last).WaitAsync(TimeSpan.FromSeconds(60));
        }

        (await Rows(host)).ShouldBe("100,200,300,400,500,600,700,800,900,1000");
    }

    [Fact]
    public async Task one_node_leads_and_another_takes_over_when_it_stops()
    {
        await using var first = await Host();
        await first.Get<IProjections>().WaitFor("deposits", await Deposit(first, 1));
        await using var second = await TestHost.Start(first.Connection, null, Configure, o => o.PollInterval = TimeSpan.FromMilliseconds(50));

        var last = await Deposit(second, 2);
        await second.Get<IProjections>().WaitFor("deposits", last);
        (await first.Get<IProjections>().Status()).Single().RunsHere.ShouldBeTrue();
        (await second.Get<IProjections>().Status()).Single().RunsHere.ShouldBeFalse();
        DepositsProjection.Ranges(second).ShouldBeEmpty();

        await first.Startup.Stop();
        await second.Get<IProjections>().WaitFor("deposits", await Deposit(second, 3)).WaitAsync(TimeSpan.FromSeconds(60));
        (await Rows(second)).ShouldBe("1,2,3");
    }

    [Fact]
    public async Task a_rebuild_swaps_in_new_rows_and_keeps_names_of_indexes()
    {
        await using var host = await Host();
        var before = await Indexes(host);
        await host.Get<IProjections>().WaitFor("deposits", await Deposit(host, 1, 2, 13, 4));
        await host.Execute("update toolgate.test_deposits set amount = 77 where position = 2; insert into toolgate.test_deposits values (99, 'ghost', 1)");

        await host.Get<IProjections>().Rebuild("deposits");

        (await Rows(host)).ShouldBe("1,2,4");
        (await Indexes(host)).ShouldBe(before);
        (await host.Scalar<long>("select count(*) from toolgate.dead_letters")).ShouldBe(1);
        (await host.Scalar<long>("select count(*) from pg_tables where tablename like '%rebuild%'")).ShouldBe(0);
        await host.Get<IProjections>().WaitFor("deposits", await Deposit(host, 5));
        (await Rows(host)).ShouldBe("1,2,4,5");
    }

    [Fact]
    public async Task a_rebuild_under_load_loses_nothing()
    {
        await using var host = await Host();
        var writing = Task.Run(async () =>
        {
            var last = 0L;
            for (var i = 0; i < 300; i++)
            {
                last = await Deposit(host, 1_000 + i);
            }

            return last;
        });
        while (!writing.IsCompleted)
        {
            await host.Get<IProjections>().Rebuild("deposits");
        }

        await host.Get<IProjections>().WaitFor("deposits", await writing);

        (await host.Scalar<long>("select count(*) from toolgate.test_deposits")).ShouldBe(300);
        (await host.Get<IReplay>().Run()).Equal.ShouldBeTrue();
    }

    internal static Task<TestHost> Host() => TestHost.StartNew(Configure, o => o.PollInterval = TimeSpan.FromMilliseconds(50));

    internal static void Configure(IServiceCollection services)
        => services.AddMigrations<ProjectionTests>().AddReadModel<BalancesModel>().AddProjection<DepositsProjection>();

    internal static async Task<long> Deposit(TestHost host, params long[] amounts)
        => ((AppendOutcome.Appended)await host.Append("a", [.. amounts.Select(a => new DepositMade(a))])).Position;

    private static Task<string> Rows(TestHost host) => host.Scalar<string>("select string_agg(amount::text, ',' order by position) from toolgate.test_deposits");

    private static Task<string> Indexes(TestHost host)
        => host.Scalar<string>("select string_agg(indexdef, E'\\n' order by indexname) from pg_indexes where tablename = 'test_deposits'");
}

/// <summary>A table of deposits. Refuses an amount of 13 by a constraint of the table.</summary>
internal sealed class DepositsProjection : IProjection
{
    private readonly List<(long After, long UpTo)> ranges = [];

    public string Name => "deposits";

    public IReadOnlyList<string> Tables => ["test_deposits"];

    public static List<(long After, long UpTo)> Ranges(TestHost host)
    {
        var projection = (DepositsProjection)host.Get<IProjection>();
        lock (projection.ranges)
        {
            return [.. projection.ranges];
        }
    }

    public async Task Apply(NpgsqlTransaction transaction, Func<string, string> table, long after, long upTo, CancellationToken cancellationToken)
    {
        lock (ranges)
        {
            ranges.Add((after, upTo));
        }

        await using var command = new NpgsqlCommand($"""
            insert into {table("test_deposits")} (position, account, amount)
            select seq_id, stream_id, (data ->> 'amount')::bigint from events.mt_events where seq_id > $1 and seq_id <= $2 and type = 'deposit_made'
            """, transaction.Connection, transaction);
        command.Parameters.Add(new() { Value = after });
        command.Parameters.Add(new() { Value = upTo });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
