using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Toolgate.Connections;

/// <summary>Starts a round several times an interval, at times of its own on every host; the ledger decides what is due.</summary>
internal sealed partial class RefreshSchedule(RefreshRounds rounds, IOptions<RefreshOptions> options, TimeProvider time, ILogger<RefreshSchedule> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.Interval == TimeSpan.Zero)
        {
            return;
        }

        var pause = TimeSpan.FromTicks(Math.Clamp(options.Value.Interval.Ticks / 8, TimeSpan.TicksPerSecond / 10, 5 * TimeSpan.TicksPerMinute));
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(pause * Jitter(), time, stoppingToken);
                await rounds.Run(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // The database may be away for a while; the next round finds everything as due as it was.
                Log.RoundFailed(logger, exception);
            }
        }
    }

    /// <summary>From 0.75 to 1.25, so that hosts that started together do not stay together.</summary>
    private static double Jitter() => 0.75 + (System.Security.Cryptography.RandomNumberGenerator.GetInt32(1_000) / 2_000.0);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "A round of refreshes failed.")]
        public static partial void RoundFailed(ILogger logger, Exception exception);
    }
}
