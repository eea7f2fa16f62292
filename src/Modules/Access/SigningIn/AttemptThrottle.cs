using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>
/// Slows guessing down: after some failures of one account from one address each further one doubles the pause, up to 15 minutes; an account or an address alone
/// has more room, so that a stranger elsewhere locks nobody out. Kept on this node, bounded, forgotten after a quiet hour.
/// </summary>
internal sealed class AttemptThrottle(TimeProvider time)
{
    private const int MostEntries = 20_000;
    private const int FreeOfPair = 5;
    private const int FreeOfOne = 50;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Memory = TimeSpan.FromHours(1);
    private readonly Lock gate = new();
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);

    /// <summary>How long this caller must wait before it may try; null when it may.</summary>
    public TimeSpan? Wait(string account, string address)
    {
        var now = time.GetUtcNow();
        lock (gate)
        {
            var until = Keys(account, address).Select(key => entries.TryGetValue(key.Key, out var entry) ? entry.Until : default).Max();
            return until > now ? until - now : null;
        }
    }

    /// <summary>Counts a failure. Called before the password is looked at: attempts at once are attempts too.</summary>
    public void Failed(string account, string address)
    {
        var now = time.GetUtcNow();
        lock (gate)
        {
            if (entries.Count > MostEntries)
            {
                Forget(now);
            }

            foreach (var (key, free) in Keys(account, address))
            {
                var count = (entries.TryGetValue(key, out var entry) && now - entry.At < Memory ? entry.Count : 0) + 1;
                var pause = count <= free ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(Longest.TotalSeconds, Math.Pow(2, Math.Min(count - free, 20))));
                entries[key] = new Entry(count, now, now + pause);
            }
        }
    }

    /// <summary>A success: the pair starts anew, and what was counted before is taken back.</summary>
    public void Succeeded(string account, string address)
    {
        lock (gate)
        {
            foreach (var (key, free) in Keys(account, address))
            {
                if (free == FreeOfPair)
                {
                    entries.Remove(key);
                }
                else if (entries.TryGetValue(key, out var entry))
                {
                    entries[key] = entry with { Count = entry.Count - 1 };
                }
            }
        }
    }

    /// <summary>The answer to a caller who must wait.</summary>
    public static ProblemResult TooMany(Microsoft.AspNetCore.Http.HttpContext context, TimeSpan wait)
    {
        var seconds = (int)Math.Ceiling(wait.TotalSeconds);
        context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return Problem.Of(429, "too_many_attempts", $"Too many attempts failed. Try again in {seconds} s.");
    }

    private static (string Key, int Free)[] Keys(string account, string address)
        => [($"p {account}\n{address}", FreeOfPair), ("a " + account, FreeOfOne), ("i " + address, FreeOfOne)];

    /// <summary>Old entries first; when all are young, all: rather forget than grow.</summary>
    private void Forget(DateTimeOffset now)
    {
        foreach (var key in entries.Where(pair => now - pair.Value.At >= Memory).Select(pair => pair.Key).ToArray())
        {
            entries.Remove(key);
        }

        if (entries.Count > MostEntries)
        {
            entries.Clear();
        }
    }

    private readonly record struct Entry(int Count, DateTimeOffset At, DateTimeOffset Until);
}
