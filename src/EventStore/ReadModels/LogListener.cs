using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Toolgate.EventStore;

/// <summary>Hears what other hosts commit, on a connection of its own that is opened again whenever it breaks.</summary>
internal sealed partial class LogListener(NpgsqlDataSource dataSource, LogSignal signal, TimeProvider time, ILogger<LogListener> logger) : IAsyncDisposable
{
    private static readonly TimeSpan Alive = TimeSpan.FromSeconds(30);
    private readonly CancellationTokenSource stopping = new();
    private Task? loop;

    public void Start() => loop ??= Task.Run(Run);

    public async Task Stop()
    {
        await stopping.CancelAsync();
        if (loop is not null)
        {
            await loop;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        stopping.Dispose();
    }

    private async Task Run()
    {
        var pause = TimeSpan.FromMilliseconds(100);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await using var connection = await dataSource.OpenConnectionAsync(stopping.Token);
                connection.Notification += (_, e) =>
                {
                    if (e.Channel == CommitSession.Channel && long.TryParse(e.Payload, NumberStyles.None, CultureInfo.InvariantCulture, out var position))
                    {
                        signal.Notified(position);
                    }
                };
                await Execute(connection, $"listen {CommitSession.Channel}");

                // What was committed while nobody listened.
                signal.Poke();
                pause = TimeSpan.FromMilliseconds(100);
                while (true)
                {
                    // A connection whose other end is gone looks like silence: ask now and then.
                    if (!await connection.WaitAsync(Alive, stopping.Token))
                    {
                        await Execute(connection, "select 1");
                    }
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Polling stands in; whatever the reason, listening is tried again.
                Log.Lost(logger, e, pause);
                await Task.Delay(pause, time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = TimeSpan.FromMilliseconds(Math.Min(5_000, pause.TotalMilliseconds * 2));
            }
        }
    }

    private async Task Execute(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(stopping.Token);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Notifications of the event log are lost; polling until they are back (next try in {Pause}).")]
        public static partial void Lost(ILogger logger, Exception exception, TimeSpan pause);
    }
}
