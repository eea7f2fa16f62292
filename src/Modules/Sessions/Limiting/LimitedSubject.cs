namespace Toolgate.Sessions;

/// <summary>
/// One principal, toolkit or connection on this node: its bucket, its calls under way, its calls of the day. Kept only while it is in use.
/// </summary>
internal sealed class LimitedSubject(LimitKind kind, string id, long spentBefore, int today)
{
    private readonly Lock gate = new();
    private LimitTable? table;
    private Limits limits;
    private double tokens;
    private TimeSpan refilled;
    private int running;
    private int day = today;
    private long spent = spentBefore;
    private long unsaved;
    private long recordedSecond = -1;
    private long unrecorded;
    private bool isForgotten;

    /// <summary>What it is.</summary>
    public LimitKind Kind => kind;

    /// <summary>Its id.</summary>
    public string Id => id;

    /// <summary>Takes one request from the rate alone; why not, or null. False in <paramref name="known"/>: it was forgotten meanwhile, ask for it anew.</summary>
    public LimitRefusal? Count(LimitTable now, LimitMoment moment, out bool known)
    {
        lock (gate)
        {
            known = Enter(now, moment);
            return known ? Rate() : null;
        }
    }

    /// <summary>Takes a call: a place, one of the day, and a request from the rate where <paramref name="withRate"/>. Nothing is taken when it refuses.</summary>
    public LimitRefusal? Take(LimitTable now, LimitMoment moment, bool withRate, out bool known)
    {
        lock (gate)
        {
            known = Enter(now, moment);
            if (!known)
            {
                return null;
            }

            if (limits.Concurrency > 0 && running >= limits.Concurrency)
            {
                return new LimitRefusal(this, LimitReason.Concurrency, 1);
            }

            if (limits.PerDay > 0 && spent >= limits.PerDay)
            {
                return new LimitRefusal(this, LimitReason.Budget, moment.SecondsLeft);
            }

            if (withRate && Rate() is { } refusal)
            {
                return refusal;
            }

            running++;
            if (limits.PerDay > 0)
            {
                spent++;
                unsaved++;
            }

            return null;
        }
    }

    /// <summary>The call has ended.</summary>
    public void Release()
    {
        lock (gate)
        {
            running--;
        }
    }

    /// <summary>The call did not take place: another limit refused it.</summary>
    public void GiveBack(bool withRate)
    {
        lock (gate)
        {
            running--;
            if (withRate && limits.PerSecond > 0)
            {
                tokens = Math.Min(limits.Burst, tokens + 1);
            }

            if (limits.PerDay > 0 && unsaved > 0)
            {
                spent--;
                unsaved--;
            }
        }
    }

    /// <summary>Whether a refusal gets a record of its own, the first of its second; else it is counted.</summary>
    public bool IsWorthRecord(LimitMoment moment)
    {
        lock (gate)
        {
            var second = (long)moment.Elapsed.TotalSeconds;
            if (second != recordedSecond)
            {
                recordedSecond = second;
                return true;
            }

            unrecorded++;
            return false;
        }
    }

    /// <summary>Takes the number of refusals that have no record.</summary>
    public long TakeUnrecorded()
    {
        lock (gate)
        {
            var taken = unrecorded;
            unrecorded = 0;
            return taken;
        }
    }

    /// <summary>Calls of the day that no other node knows of; null when it has no budget.</summary>
    public long? Unsaved(int today)
    {
        lock (gate)
        {
            return limits.PerDay > 0 && day == today ? unsaved : null;
        }
    }

    /// <summary>So many of ours were added to what all nodes share.</summary>
    public void Saved(int today, long saved)
    {
        lock (gate)
        {
            if (day == today)
            {
                unsaved -= saved;
            }
        }
    }

    /// <summary>What all nodes have together, without what is unsaved here.</summary>
    public void Spent(int today, long total)
    {
        lock (gate)
        {
            if (day == today)
            {
                spent = total + unsaved;
            }
        }
    }

    /// <summary>Whether it can go: what it would begin with anew is what it has.</summary>
    public bool Forget(LimitMoment moment)
    {
        lock (gate)
        {
            Refill(moment);
            isForgotten = running == 0 && unrecorded == 0 && (limits.PerSecond <= 0 || tokens >= limits.Burst) && (spent == 0 || day != moment.Day);
            return isForgotten;
        }
    }

    private bool Enter(LimitTable now, LimitMoment moment)
    {
        if (isForgotten)
        {
            return false;
        }

        if (!ReferenceEquals(now, table))
        {
            var first = table is null;
            var before = limits;
            (table, limits) = (now, now.Of(kind, id));
            if (first || before.PerSecond <= 0)
            {
                (tokens, refilled) = (limits.Burst, moment.Elapsed);
            }
        }

        if (day != moment.Day)
        {
            (day, spent, unsaved) = (moment.Day, 0, 0);
        }

        Refill(moment);
        return true;
    }

    private void Refill(LimitMoment moment)
    {
        if (moment.Elapsed > refilled)
        {
            tokens = Math.Min(limits.Burst, tokens + ((moment.Elapsed - refilled).TotalSeconds * limits.PerSecond));
            refilled = moment.Elapsed;
        }
    }

    private LimitRefusal? Rate()
    {
        if (limits.PerSecond <= 0)
        {
            return null;
        }

        if (tokens < 1)
        {
            return new LimitRefusal(this, LimitReason.Rate, (int)Math.Clamp(Math.Ceiling((1 - tokens) / limits.PerSecond), 1, 86_400));
        }

        tokens--;
        return null;
    }
}

/// <summary>The time as limits see it.</summary>
/// <param name="Elapsed">Since the node began; never goes back.</param>
/// <param name="Day">Number of the day (UTC).</param>
/// <param name="SecondsLeft">Of the day, at least one.</param>
internal readonly record struct LimitMoment(TimeSpan Elapsed, int Day, int SecondsLeft);
