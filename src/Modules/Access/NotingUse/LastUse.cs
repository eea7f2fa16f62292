using System.Collections.Concurrent;

namespace Toolgate.Access;

/// <summary>
/// When each credential was used last, in memory: noting it costs a lookup and at most one write of a number. <see cref="LastUseKeeper"/> writes it down.
/// </summary>
internal sealed class LastUse(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Entry> entries = new(StringComparer.Ordinal);

    /// <summary>Notes that a credential was presented and was live.</summary>
    public void Note(string credentialId) => entries.GetOrAdd(credentialId, static _ => new Entry()).Seen(time.GetUtcNow().UtcTicks);

    /// <summary>When it was used last; null for never, as far as this node knows.</summary>
    public DateTimeOffset? Of(string credentialId)
        => entries.TryGetValue(credentialId, out var entry) && entry.Ticks is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>What another node, or this one before a restart, has noted.</summary>
    public void Learn(string credentialId, DateTimeOffset usedAt)
    {
        var entry = entries.GetOrAdd(credentialId, static _ => new Entry());
        entry.Seen(usedAt.UtcTicks);
        entry.Saved(usedAt.UtcTicks);
    }

    /// <summary>What is not written down yet.</summary>
    public IReadOnlyList<(string CredentialId, DateTimeOffset UsedAt)> Unsaved()
        => [.. entries.Where(pair => pair.Value.IsUnsaved).Select(pair => (pair.Key, new DateTimeOffset(pair.Value.Ticks, TimeSpan.Zero)))];

    /// <summary>It is written down up to then.</summary>
    public void Saved(string credentialId, DateTimeOffset usedAt)
    {
        if (entries.TryGetValue(credentialId, out var entry))
        {
            entry.Saved(usedAt.UtcTicks);
        }
    }

    /// <summary>Lets go of credentials that have ended.</summary>
    public void Forget(Func<string, bool> isLive)
    {
        foreach (var id in entries.Keys.Where(id => !isLive(id)))
        {
            entries.TryRemove(id, out _);
        }
    }

    private sealed class Entry
    {
        private long ticks;
        private long saved;

        public long Ticks => Volatile.Read(ref ticks);

        public bool IsUnsaved => Ticks > Volatile.Read(ref saved);

        /// <summary>Later ones win; within a second nothing is written, so that busy credentials do not share a cache line in anger.</summary>
        public void Seen(long at)
        {
            if (at - Volatile.Read(ref ticks) >= TimeSpan.TicksPerSecond)
            {
                Volatile.Write(ref ticks, at);
            }
        }

        public void Saved(long at)
        {
            if (at > Volatile.Read(ref saved))
            {
                Volatile.Write(ref saved, at);
            }
        }
    }
}
