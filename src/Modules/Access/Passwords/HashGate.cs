namespace Toolgate.Access;

/// <summary>Lets a few computations run at once and a bounded number wait; whoever comes beyond that is turned away at once.</summary>
/// <param name="atOnce">How many run at a time.</param>
/// <param name="mostWaiting">How many strangers may run and wait together; for browsers that an account knows there is as much room again.</param>
internal sealed class HashGate(int atOnce, int mostWaiting) : IDisposable
{
    private readonly SemaphoreSlim gate = new(atOnce);
    private int inside;

    /// <summary>Whether a caller would be turned away now.</summary>
    public bool IsFull(bool isKnown) => Volatile.Read(ref inside) >= Room(isKnown);

    /// <summary>The result of the computation, on another thread; null when the caller was turned away.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up while it waited.</exception>
    public async Task<string?> Run(Func<string> compute, bool isKnown, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref inside) > Room(isKnown))
        {
            Interlocked.Decrement(ref inside);
            return null;
        }

        try
        {
            await gate.WaitAsync(cancellationToken);
            try
            {
                return await Task.Run(compute, CancellationToken.None);
            }
            finally
            {
                gate.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref inside);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => gate.Dispose();

    private int Room(bool isKnown) => isKnown ? mostWaiting * 2 : mostWaiting;
}
