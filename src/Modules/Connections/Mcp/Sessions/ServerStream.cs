namespace Toolgate.Connections;

/// <summary>
/// The stream on which a server of the legacy era says what belongs to no request (GET). Servers allow one a session, so that all who want to hear share it:
/// it is opened when the first of them does, and stays open as long as the session. One that ends is opened again for the next who wants to hear.
/// </summary>
/// <param name="hear">Hears the server until the stream ends and says when it is open; false when the server has no such stream.</param>
internal sealed class ServerStream(Func<Action, CancellationToken, Task<bool>> hear) : IDisposable
{
    // Servers answer at once, or only with the first thing they have to say.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private readonly Lock gate = new();
    private readonly CancellationTokenSource over = new();
    private TaskCompletionSource opening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task<bool>? hearing;

    /// <summary>Has it opened before something is asked that may be answered there. A server that has none, or is slow to open it, is not waited for.</summary>
    public async ValueTask Open(CancellationToken cancellationToken)
    {
        var (opened, ended) = Start(again: false);
        if (!opened.IsCompleted && !ended.IsCompleted)
        {
            await Task.WhenAny(opened, ended, Task.Delay(Patience, cancellationToken));
        }
    }

    /// <summary>Waits until it ends.</summary>
    /// <param name="listening">Called once it is open.</param>
    /// <param name="cancellationToken">Nobody listens any more; it stays open for the others.</param>
    public async ValueTask Listen(Action listening, CancellationToken cancellationToken)
    {
        var (opened, ended) = Start(again: true);
        await Task.WhenAny(opened, ended).WaitAsync(cancellationToken);
        if (opened.IsCompleted)
        {
            listening();
        }

        await ended.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => over.Cancel();

    /// <param name="again">Whether a server that refused it is asked once more.</param>
    private (Task Opened, Task<bool> Ended) Start(bool again)
    {
        lock (gate)
        {
            if (hearing is null || (hearing.IsCompleted && (again || hearing is { IsCompletedSuccessfully: true, Result: true })))
            {
                var opened = opening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                hearing = Task.Run(() => hear(() => opened.TrySetResult(), over.Token), CancellationToken.None);
                _ = hearing.ContinueWith(static failed => failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            }

            return (opening.Task, hearing);
        }
    }
}
