using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Toolgate.Sessions;

/// <summary>
/// Closes approvals that are too old, so that the log says so and their arguments are erased, and forgets outcomes that nobody came back for. What is too old is
/// worth nothing before that, too: nobody has to wait for a round.
/// </summary>
internal sealed partial class ApprovalKeeper(
    ApprovalDesk desk, ApprovalPulse pulse, ApprovalVault vault, ApprovalsOptions options, TimeProvider time, ILogger<ApprovalKeeper> logger) : BackgroundService
{
    /// <summary>One round; how many approvals it closed.</summary>
    public async Task<int> Round(CancellationToken cancellationToken)
    {
        var (now, closed) = (time.GetUtcNow(), 0);
        foreach (var approval in pulse.Now.Open.Values.Where(approval => approval.At(now) == ApprovalStatus.Expired).ToArray())
        {
            closed += await desk.Lapse(approval, "expired", cancellationToken) ? 1 : 0;
        }

        await vault.Sweep(cancellationToken);
        return closed;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromTicks(Math.Clamp(options.ExpireAfter.Ticks / 20, TimeSpan.TicksPerSecond, TimeSpan.TicksPerMinute)), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await Round(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // Whatever it is: the next round tries again, and the host goes on.
                Log.Unreachable(logger, e);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Approvals could not be swept")]
        public static partial void Unreachable(ILogger logger, Exception exception);
    }
}
