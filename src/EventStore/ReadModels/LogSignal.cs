namespace Toolgate.EventStore;

/// <summary>The newest position known to this process, and a bell for those who wait for it to move.</summary>
internal sealed class LogSignal(TimeProvider time)
{
    private readonly Lock gate = new();
    private TaskCompletionSource bell = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long head;
    private long announced;

    /// <summary>The newest position known.</summary>
    public long Head => Volatile.Read(ref head);

    /// <summary>The local writer is about to commit up to here and will say so itself.</summary>
    public void AnnounceLocal(long position) => Volatile.Write(ref announced, position);

    /// <summary>A notification from the database. What the local writer announced is left to it.</summary>
    public void Notified(long position)
    {
        if (position > Volatile.Read(ref announced))
        {
            Advance(position);
        }
    }

    /// <summary>The log has reached a position.</summary>
    public void Advance(long position)
    {
        lock (gate)
        {
            if (position > head)
            {
                head = position;
                Ring();
            }
        }
    }

    /// <summary>Something may have happened: everybody looks at the log.</summary>
    public void Poke()
    {
        lock (gate)
        {
            Ring();
        }
    }

    /// <summary>Waits until the log is known to be beyond a position, somebody pokes, or the time is over. True when it is beyond.</summary>
    public async ValueTask<bool> WaitBeyond(long position, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Task rung;
        lock (gate)
        {
            if (head > position)
            {
                return true;
            }

            rung = bell.Task;
        }

        try
        {
            await rung.WaitAsync(timeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return false;
        }

        return Head > position;
    }

    private void Ring()
    {
        var rung = bell;
        bell = new(TaskCreationOptions.RunContinuationsAsynchronously);
        rung.SetResult();
    }
}
