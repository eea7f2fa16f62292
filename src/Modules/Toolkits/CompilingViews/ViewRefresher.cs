using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Toolgate.EventStore;

namespace Toolgate.Toolkits;

/// <summary>
/// Brings views up to date after a snapshot was published, so that the next call finds a compiled one. The publishing thread only rings; many
/// publications while a refresh runs are one more refresh.
/// </summary>
internal sealed partial class ViewRefresher(IReadModels models, ToolViews views, ILogger<ViewRefresher> logger) : BackgroundService
{
    private readonly Channel<bool> bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        // Here and not in ExecuteAsync, which begins on another thread: nothing published after the start goes unheard.
        models.Published += Ring;
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            object? seen = null;
            await foreach (var _ in bell.Reader.ReadAllAsync(stoppingToken))
            {
                seen = Look(seen);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
        finally
        {
            models.Published -= Ring;
        }
    }

    private void Ring(ReadSnapshot snapshot) => bell.Writer.TryWrite(true);

    private object? Look(object? seen)
    {
        try
        {
            object stamp = views.StampAt(models.Current);
            if (!stamp.Equals(seen))
            {
                views.Refresh();
                views.RaiseChanged();
            }

            return stamp;
        }
        catch (Exception exception)
        {
            // A handler of Changed, or a catalog: the next publication tries again, and requests compile for themselves meanwhile.
            Log.Failed(logger, exception);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Views could not be refreshed")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
