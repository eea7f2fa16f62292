using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Toolgate.EventStore;

/// <summary>Signs the head at intervals and when the host stops. Every host signs and witnesses for itself.</summary>
internal sealed partial class Checkpointer(
    IVerification verification, LogSignal signal, TimeProvider time, IOptions<EventStoreOptions> options, ILogger<Checkpointer> logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private long signed;
    private Task? loop;

    public void Start() => loop = Task.Run(Run);

    public async Task Stop()
    {
        await stopping.CancelAsync();
        if (loop is not null)
        {
            await loop;
            await Sign(CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        if (loop is not null)
        {
            await loop;
        }

        stopping.Dispose();
    }

    private async Task Run()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                // Whichever comes first: so many positions, or so much time.
                await WaitForPositions();
                await Sign(stopping.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task WaitForPositions()
    {
        var began = time.GetTimestamp();
        while (options.Value.CheckpointInterval - time.GetElapsedTime(began) is { Ticks: > 0 } left)
        {
            if (await signal.WaitBeyond(signed + options.Value.CheckpointEvents - 1, left, stopping.Token))
            {
                return;
            }
        }
    }

    private async Task Sign(CancellationToken cancellationToken)
    {
        if (signal.Head <= signed)
        {
            return;
        }

        try
        {
            signed = (await verification.Checkpoint(cancellationToken)).Head.Position;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The next interval tries again; until then the log is sealed but its head is not witnessed.
            Log.Failed(logger, e);
            signed = signal.Head;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "The head of the event log could not be signed.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
