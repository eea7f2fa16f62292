namespace Toolgate.Sessions;

/// <summary>
/// Divides a number of places between principals. A principal gets a place while it has fewer of them than are free, so that one alone takes half, two take a
/// third each, and there is always room for one more who has none. Who must wait waits in a queue of its own; the queues are served in turn.
/// </summary>
/// <param name="places">Places there are.</param>
/// <param name="waitingEach">How many of a principal may wait.</param>
internal sealed class FairGate(int places, int waitingEach)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Share> shares = new(StringComparer.Ordinal);
    private readonly LinkedList<Share> turns = new();
    private int taken;

    /// <summary>Principals that have places or wait for some.</summary>
    public int Principals
    {
        get
        {
            lock (gate)
            {
                return shares.Count;
            }
        }
    }

    /// <summary>How many of a principal wait.</summary>
    public int WaitingOf(string principalId)
    {
        lock (gate)
        {
            return shares.GetValueOrDefault(principalId)?.Waiting.Count ?? 0;
        }
    }

    /// <summary>Takes a place if there is one without waiting.</summary>
    public bool TryEnter(string principalId, out Place place)
    {
        lock (gate)
        {
            place = default;
            if (!shares.TryGetValue(principalId, out var share) && taken < places)
            {
                shares.Add(principalId, share = new Share(principalId));
            }

            if (share is null || !MayTake(share))
            {
                return false;
            }

            Take(share);
            place = new Place(this, share);
            return true;
        }
    }

    /// <summary>Takes a place, or waits for one; a place that <see cref="Place.IsTaken">is not taken</see> says that too many wait already.</summary>
    /// <exception cref="OperationCanceledException">Given up while waiting.</exception>
    public ValueTask<Place> Enter(string principalId, CancellationToken cancellationToken)
    {
        Waiter waiter;
        lock (gate)
        {
            if (!shares.TryGetValue(principalId, out var share))
            {
                shares.Add(principalId, share = new Share(principalId));
            }

            if (MayTake(share))
            {
                Take(share);
                return new(new Place(this, share));
            }

            if (share.Waiting.Count >= waitingEach)
            {
                Forget(share);
                return new(default(Place));
            }

            if (share.Waiting.Count == 0)
            {
                turns.AddLast(share.Turn);
            }

            waiter = new Waiter(share);
            share.Waiting.AddLast(waiter.Node);
        }

        return Wait(waiter, cancellationToken);
    }

    private async ValueTask<Place> Wait(Waiter waiter, CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.Register(() => GiveUp(waiter, cancellationToken));
        await waiter.Source.Task;
        return new Place(this, waiter.Share);
    }

    private void GiveUp(Waiter waiter, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (waiter.Node.List is null)
            {
                return;
            }

            waiter.Share.Waiting.Remove(waiter.Node);
            if (waiter.Share.Waiting.Count == 0)
            {
                turns.Remove(waiter.Share.Turn);
                Forget(waiter.Share);
            }
        }

        waiter.Source.TrySetCanceled(cancellationToken);
    }

    private void Leave(Share share)
    {
        lock (gate)
        {
            share.Taken--;
            taken--;
            while (ServeTurn())
            {
            }

            Forget(share);
        }
    }

    /// <summary>Serves the first in turn that may have a place; false when there is none.</summary>
    private bool ServeTurn()
    {
        for (var left = turns.Count; left > 0 && taken < places; left--)
        {
            var share = turns.First!.Value;
            turns.RemoveFirst();
            var served = share.Taken < places - taken;
            if (served)
            {
                var waiter = share.Waiting.First!.Value;
                share.Waiting.RemoveFirst();
                Take(share);
                waiter.Source.SetResult();
            }

            if (share.Waiting.Count > 0)
            {
                turns.AddLast(share.Turn);
            }

            if (served)
            {
                return true;
            }
        }

        return false;
    }

    private bool MayTake(Share share) => share.Waiting.Count == 0 && share.Taken < places - taken;

    private void Take(Share share)
    {
        share.Taken++;
        taken++;
    }

    private void Forget(Share share)
    {
        if (share is { Taken: 0, Waiting.Count: 0 })
        {
            shares.Remove(share.PrincipalId);
        }
    }

    /// <summary>A place, given back when disposed.</summary>
    internal readonly struct Place : IDisposable
    {
        private readonly FairGate? gate;
        private readonly Share? share;

        public Place(FairGate gate, Share share) => (this.gate, this.share) = (gate, share);

        /// <summary>Whether there is one.</summary>
        public bool IsTaken => share is not null;

        /// <summary>Gives it back, once.</summary>
        public void Dispose() => gate?.Leave(share!);
    }

    /// <summary>What one principal has.</summary>
    internal sealed class Share
    {
        public Share(string principalId)
        {
            PrincipalId = principalId;
            Turn = new LinkedListNode<Share>(this);
        }

        public string PrincipalId { get; }

        public LinkedListNode<Share> Turn { get; }

        public LinkedList<Waiter> Waiting { get; } = new();

        public int Taken { get; set; }
    }

    /// <summary>One that waits.</summary>
    internal sealed class Waiter
    {
        public Waiter(Share share)
        {
            Share = share;
            Node = new LinkedListNode<Waiter>(this);
        }

        public Share Share { get; }

        public LinkedListNode<Waiter> Node { get; }

        public TaskCompletionSource Source { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
