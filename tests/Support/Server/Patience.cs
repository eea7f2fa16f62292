namespace Toolgate.TestSupport;

/// <summary>Waits for what happens elsewhere and sends no signal: processes that end, read models of other parts.</summary>
public static class Patience
{
    /// <summary>Waits until a condition holds, for a minute at most.</summary>
    /// <exception cref="TimeoutException">It did not hold.</exception>
    public static Task Until(Func<bool> condition, string what) => Until(() => Task.FromResult(condition()), what);

    /// <summary>Waits until a condition holds, for a minute at most.</summary>
    /// <exception cref="TimeoutException">It did not hold.</exception>
    public static async Task Until(Func<Task<bool>> condition, string what)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!await condition())
        {
            try
            {
                await timer.WaitForNextTickAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"Waited a minute for: {what}");
            }
        }
    }
}
