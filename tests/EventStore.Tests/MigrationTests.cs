namespace Toolgate.EventStore.Tests;

public sealed class MigrationTests
{
    [Fact]
    public async Task several_hosts_may_start_at_once_on_an_empty_database()
    {
        var connection = await (await PostgresCluster.Shared).CreateDatabase();

        var hosts = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Task.Run(() => TestHost.Start(connection))));

        foreach (var host in hosts)
        {
            (await host.Append("a", new DepositMade(1))).ShouldBeOfType<AppendOutcome.Appended>();
        }

        (await hosts[0].Scalar<string>("select string_agg(number || ' ' || name, ', ' order by number) from toolgate.migrations where assembly = 'Toolgate.EventStore'"))
            .ShouldBe("1 log, 2 side_tables, 3 seals");
        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }
    }

    [Fact]
    public async Task modules_bring_their_own_migrations_which_run_after_those_of_the_log()
    {
        await using var host = await TestHost.StartNew(services => services.AddMigrations<MigrationTests>());

        (await host.Scalar<long>("select count(*) from toolgate.test_deposits")).ShouldBe(0);
        (await host.Scalar<string>("select string_agg(assembly || ' ' || number, ', ' order by assembly, number) from toolgate.migrations"))
            .ShouldBe("Toolgate.EventStore 1, Toolgate.EventStore 2, Toolgate.EventStore 3, Toolgate.EventStore.Tests 1");
    }

    [Fact]
    public async Task a_migration_that_was_edited_after_it_ran_is_refused()
    {
        await using var host = await TestHost.StartNew();
        await host.Execute("update toolgate.migrations set checksum = 'other' where number = 2");
        await using var next = TestHost.Create(host.Connection);

        (await Should.ThrowAsync<InvalidOperationException>(next.Startup.Start())).Message.ShouldContain("0002");
    }

    [Fact]
    public async Task a_database_that_cannot_be_reached_is_named_unavailable_without_saying_where_it_is()
    {
        await using var host = TestHost.Create("Host=/nowhere-at-all;Username=nobody;Password=hunter;Database=none");

        (await Should.ThrowAsync<EventStoreUnavailableException>(host.Startup.Start())).Message.ShouldBe("The event log cannot be reached.");
    }
}
