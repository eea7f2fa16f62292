namespace Toolgate.EventStore;

/// <summary>Those who wait for a position to be reached.</summary>
internal sealed class PositionWaiters
{
    private readonly Lock gate = new();
    private readonly PriorityQueue<TaskCompletionSource, long> queue = new();
    private Exception? failure;

    /// <summary>A task that ends when the position is reached. <paramref name="current"/> is asked again under the lock, so that no wake-up is missed.</summary>
    public Task Add(long position, Func<long> current, CancellationToken cancellationToken)
    {
        TaskCompletionSource waiter;
        lock (gate)
        {
            if (current() >= position)
            {
                return Task.CompletedTask;
            }

            if (failure is not null)
            {
                return Task.FromException(failure);
            }

            waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
            queue.Enqueue(waiter, position);
        }

        // A cancelled waiter stays in the queue until its position comes: harmless.
        return waiter.Task.WaitAsync(cancellationToken);
    }

    public void Reached(long position)
    {
        lock (gate)
        {
            while (queue.TryPeek(out var waiter, out var wanted) && wanted <= position)
            {
                queue.Dequeue();
                waiter.TrySetResult();
            }
        }
    }

    /// <summary>Nothing will be reached any more.</summary>
    public void Fail(Exception exception)
    {
        lock (gate)
        {
            failure = exception;
            while (queue.TryDequeue(out var waiter, out _))
            {
                waiter.TrySetException(exception);
            }
        }
    }

    public bool Any
    {
        get
        {
            lock (gate)
            {
                return queue.Count > 0;
            }
        }
    }
}
