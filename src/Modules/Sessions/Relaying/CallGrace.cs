using Microsoft.Extensions.Hosting;

namespace Toolgate.Sessions;

/// <summary>
/// When the server stops, questions in sessions are given up at once, because a client that answers would find nobody; calls may come to their end for a
/// while, and what is then still running is cancelled, so that it has its outcome on record.
/// </summary>
internal sealed class CallGrace(SessionRegistry sessions, SessionsOptions options, IHostApplicationLifetime lifetime, TimeProvider time) : IHostedService, IDisposable
{
    private CancellationTokenRegistration registration;
    private ITimer? timer;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        registration = lifetime.ApplicationStopping.Register(() =>
        {
            foreach (var session in sessions.Local)
            {
                session.Asks.CloseAll();
            }

            timer = time.CreateTimer(_ => CancelAll(), null, options.StopGrace, Timeout.InfiniteTimeSpan);
        });
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        CancelAll();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        registration.Dispose();
        timer?.Dispose();
    }

    private void CancelAll()
    {
        foreach (var session in sessions.Local)
        {
            session.CancelAll();
        }
    }
}
