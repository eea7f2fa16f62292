namespace Toolgate.EventStore;

/// <summary>Those who wait for a position to be reached.</summary>
internal sealed class PositionWaiters
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<Place, TaskCompletionSource> queue = [];
    private long arrivals;
    private Exception? failure;

    /// <summary>A task that ends when the position is reached. <paramref name="current"/> is asked again under the lock, so that no wake-up is missed.</summary>
    public Task Add(long position, Func<long> current, CancellationToken cancellationToken)
    {
        TaskCompletionSource waiter;
        Place place;
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
            place = new(position, arrivals++);
            queue.Add(place, waiter);
        }

        return cancellationToken.CanBeCanceled ? UntilCancelled(place, waiter, cancellationToken) : waiter.Task;
    }

    public void Reached(long position)
    {
        lock (gate)
        {
            while (queue.Count > 0 && queue.First() is var (place, waiter) && place.Position <= position)
            {
                queue.Remove(place);
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
            foreach (var waiter in queue.Values)
            {
                waiter.TrySetException(exception);
            }

            queue.Clear();
        }
    }

    /// <summary>How many wait.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return queue.Count;
            }
        }
    }

    /// <summary>Who gives up leaves the queue: its position may never come.</summary>
    private async Task UntilCancelled(Place place, TaskCompletionSource waiter, CancellationToken cancellationToken)
    {
        try
        {
            await waiter.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            lock (gate)
            {
                queue.Remove(place);
            }

            throw;
        }
    }

    /// <summary>By position, then by arrival, which makes it unique.</summary>
    private readonly record struct Place(long Position, long Arrival) : IComparable<Place>
    {
        public int CompareTo(Place other) => Position != other.Position ? Position.CompareTo(other.Position) : Arrival.CompareTo(other.Arrival);
    }
}
