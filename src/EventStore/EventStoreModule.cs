using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Toolgate.EventStore;

/// <summary>Registration of the log and of what modules bring to it.</summary>
public static class EventStoreModule
{
    /// <summary>
    /// Registers the log. Needs an <c>NpgsqlDataSource</c> in the container. The log starts before the server listens (as a hosted
    /// lifecycle service, or earlier by <see cref="IEventStoreStartup.Start"/>) and drains after the server has stopped.
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="configure">Sets the options; the data directory is required.</param>
    public static IServiceCollection AddEventStore(this IServiceCollection services, Action<EventStoreOptions> configure)
    {
        services.AddOptions<EventStoreOptions>().Configure(configure)
            .Validate(o => !string.IsNullOrWhiteSpace(o.DataDirectory), "EventStoreOptions.DataDirectory is required.")
            .ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<EventTypes>();
        services.AddSingleton<LogReader>();
        services.AddSingleton<LogSignal>();
        services.AddSingleton<LogListener>();
        services.AddSingleton<GroupCommitWriter>();
        services.AddSingleton<ModelSet>();
        services.AddSingleton<SnapshotStore>();
        services.AddSingleton<ReadModelFollower>();
        services.AddSingleton<IReadModels>(provider => provider.GetRequiredService<ReadModelFollower>());
        services.AddSingleton<IEventStore, PostgresEventStore>();
        services.AddSingleton<CheckpointKeys>();
        services.AddSingleton<WitnessFile>();
        services.AddSingleton<IVerification, Verification>();
        services.AddSingleton<Checkpointer>();
        services.AddSingleton<ProjectionHost>();
        services.AddSingleton<IProjections>(provider => provider.GetRequiredService<ProjectionHost>());
        services.AddSingleton<IReplay, Replay>();
        services.AddSingleton<IEventStoreStartup, EventStoreStartup>();
        services.AddSingleton<IHostedService, EventStoreHostedService>();
        return services;
    }

    /// <summary>Registers payload types.</summary>
    public static IServiceCollection AddEvents(this IServiceCollection services, params ReadOnlySpan<Type> types)
    {
        foreach (var type in types)
        {
            services.AddSingleton(new EventRegistration(type));
        }

        return services;
    }

    /// <summary>Registers how a payload stored under an old alias is read today.</summary>
    public static IServiceCollection AddUpcaster<TToday>(this IServiceCollection services, string oldAlias, Func<JsonElement, TToday> upcast)
        where TToday : class
        => services.AddSingleton(new EventRegistration(typeof(TToday), oldAlias, json => upcast(json)));

    /// <summary>Registers an in-memory read model.</summary>
    public static IServiceCollection AddReadModel<TModel>(this IServiceCollection services)
        where TModel : class, IReadModel
        => services.AddSingleton<IReadModel, TModel>();

    /// <summary>Registers an asynchronous projection.</summary>
    public static IServiceCollection AddProjection<TProjection>(this IServiceCollection services)
        where TProjection : class, IProjection
        => services.AddSingleton<IProjection, TProjection>();

    /// <summary>Registers a module's numbered migrations: embedded resources <c>…Migrations.0001_name.sql</c> of the assembly of <typeparamref name="TMarker"/>.</summary>
    public static IServiceCollection AddMigrations<TMarker>(this IServiceCollection services)
        => services.AddSingleton(new MigrationSource(typeof(TMarker).Assembly));
}

/// <summary>An assembly that carries migrations as embedded resources.</summary>
/// <param name="Assembly">The assembly; its simple name is the migrations' namespace.</param>
public sealed record MigrationSource(System.Reflection.Assembly Assembly);
