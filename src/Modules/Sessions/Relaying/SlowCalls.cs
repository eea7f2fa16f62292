using Microsoft.Extensions.Hosting;

namespace Toolgate.Sessions;

/// <summary>
/// Turns the answers of calls in sessions that take long into streams: their client can lose its connection and come back for the answer, and nobody
/// between takes a silent connection for dead. One look for all calls, so that a quick one pays nothing.
/// </summary>
internal sealed class SlowCalls(SessionRegistry sessions, SessionsOptions options, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.StreamAfter / 2, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var session in sessions.Local)
            {
                session.OpenSlow(began => time.GetElapsedTime(began) >= options.StreamAfter);
            }
        }
    }
}
