using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Toolgate.EventStore.Tests;

public sealed class HostingTests
{
    [Fact]
    public async Task the_log_is_open_before_any_hosted_service_starts_and_closes_after_all_have_stopped()
    {
        var connection = await (await PostgresCluster.Shared).CreateDatabase();
        var directory = Directory.CreateTempSubdirectory("tgesh").FullName;
        var builder = new HostBuilder().ConfigureServices(services =>
        {
            services.AddHostedService<Appender>();
            services.AddSingleton(_ => NpgsqlDataSource.Create(connection));
            services.AddEventStore(o => o.DataDirectory = directory);
            services.AddEvents(typeof(DepositMade)).AddReadModel<DepositCountModel>();
        });

        using (var host = builder.Build())
        {
            await host.StartAsync();
            host.Services.GetRequiredService<IReadModels>().CaughtUp.ShouldBeTrue();
            await host.StopAsync();
            await Should.ThrowAsync<EventStoreUnavailableException>(
                host.Services.GetRequiredService<IEventStore>().Append(new() { StreamId = "a", Events = [new DepositMade(3)] }).AsTask());
        }

        await using var next = await TestHost.Start(connection, directory);
        (await next.Log.ReadAll(0).Select(e => e.Data).ToListAsync()).ShouldBe([new DepositMade(1), new DepositMade(2)]);
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task options_without_a_data_directory_are_refused()
    {
        await using var services = new ServiceCollection().AddEventStore(_ => { }).BuildServiceProvider();

        Should.Throw<Microsoft.Extensions.Options.OptionsValidationException>(
            () => services.GetRequiredService<Microsoft.Extensions.Options.IOptions<EventStoreOptions>>().Value).Message.ShouldContain("DataDirectory");
    }

    [Fact]
    public async Task the_meter_counts_events_and_batches()
    {
        await using var host = await TestHost.StartNew();
        var heard = new System.Collections.Concurrent.ConcurrentDictionary<string, bool>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == "Toolgate.EventStore")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => heard.TryAdd(instrument.Name, true));
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => heard.TryAdd(instrument.Name, true));
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => heard.TryAdd(instrument.Name, true));
        listener.Start();

        await host.Append("a", new DepositMade(1));
        await host.Append("a", ExpectedVersion.NoStream, new DepositMade(1));

        string[] expected =
        [
            "toolgate.eventstore.appended", "toolgate.eventstore.batch.size", "toolgate.eventstore.commit.duration", "toolgate.eventstore.conflicts",
        ];
        expected.ShouldBeSubsetOf(heard.Keys);
    }

    private sealed class Appender(IEventStore log) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken)
            => await log.Append(new() { StreamId = "a", Events = [new DepositMade(1)] }, cancellationToken);

        public async Task StopAsync(CancellationToken cancellationToken)
            => await log.Append(new() { StreamId = "a", Events = [new DepositMade(2)] }, cancellationToken);
    }
}
