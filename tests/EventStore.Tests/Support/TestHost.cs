using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Toolgate.EventStore.Tests;

/// <summary>One host of the log: a container as a real host builds it, started.</summary>
public sealed class TestHost : IAsyncDisposable
{
    private readonly ServiceProvider services;
    private readonly bool ownsDirectory;
    private bool disposed;

    private TestHost(string connection, string? directory, Action<IServiceCollection>? configure, Action<EventStoreOptions>? options)
    {
        ownsDirectory = directory is null;
        Directory = directory ?? System.IO.Directory.CreateTempSubdirectory("tgesd").FullName;
        Connection = connection;
        var collection = new ServiceCollection();
        collection.AddLogging();
        collection.AddSingleton(_ => NpgsqlDataSource.Create(connection));
        collection.AddEventStore(o =>
        {
            o.DataDirectory = Directory;
            options?.Invoke(o);
        });
        collection.AddEvents(typeof(DepositMade), typeof(WithdrawalMade), typeof(TickRecorded));
        if (configure is null)
        {
            collection.AddReadModel<BalancesModel>().AddReadModel<DepositCountModel>();
        }

        configure?.Invoke(collection);
        services = collection.BuildServiceProvider();
    }

    public string Connection { get; }

    public string Directory { get; }

    public IEventStore Log => services.GetRequiredService<IEventStore>();

    public IReadModels Models => services.GetRequiredService<IReadModels>();

    public IEventStoreStartup Startup => services.GetRequiredService<IEventStoreStartup>();

    public NpgsqlDataSource Database => services.GetRequiredService<NpgsqlDataSource>();

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    public static TestHost Create(
        string connection, string? directory = null, Action<IServiceCollection>? configure = null, Action<EventStoreOptions>? options = null)
        => new(connection, directory, configure, options);

    public static async Task<TestHost> Start(
        string connection, string? directory = null, Action<IServiceCollection>? configure = null, Action<EventStoreOptions>? options = null)
    {
        var host = Create(connection, directory, configure, options);
        await host.Startup.Start();
        return host;
    }

    /// <summary>A started host on a database of its own.</summary>
    public static async Task<TestHost> StartNew(Action<IServiceCollection>? configure = null, Action<EventStoreOptions>? options = null)
        => await Start(await (await PostgresCluster.Shared).CreateDatabase(), null, configure, options);

    public Task<AppendOutcome> Append(string stream, ExpectedVersion expected, params object[] events)
        => Log.Append(new() { StreamId = stream, StreamType = "account", Expected = expected, Events = events }).AsTask();

    public Task<AppendOutcome> Append(string stream, params object[] events) => Append(stream, ExpectedVersion.Any, events);

    public async Task<T> Scalar<T>(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task Execute(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        await Startup.Stop();
        await services.DisposeAsync();
        if (ownsDirectory)
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
    }
}
