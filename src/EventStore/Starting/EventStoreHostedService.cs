using Microsoft.Extensions.Hosting;

namespace Toolgate.EventStore;

/// <summary>Ties the log to the host's life: open before any hosted service (the server included) starts, drained after all have stopped.</summary>
internal sealed class EventStoreHostedService(IEventStoreStartup startup) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => startup.Start(cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => startup.Stop(cancellationToken);
}
