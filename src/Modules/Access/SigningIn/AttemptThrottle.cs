using System.Net;
using System.Net.Sockets;
using Toolgate.Rest;

namespace Toolgate.Access;

/// <summary>
/// Slows guessing down: after some failures of one account from one address each further one doubles the pause, up to 15 minutes; an account or an address alone
/// has more room and pauses of half a minute at most. A browser that is known to the account counts for itself alone, so that strangers elsewhere, however many,
/// keep nobody out who was in before. Of an IPv6 address its network of 64 bits counts. Kept on this node, bounded, forgotten after a quiet hour.
/// </summary>
internal sealed class AttemptThrottle(TimeProvider time)
{
    private const int MostEntries = 20_000;
    private const int ForgottenAtOnce = MostEntries / 10;
    private const int FreeOfPair = 5;
    private const int FreeOfOne = 50;
    private static readonly TimeSpan LongestOfPair = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan LongestOfOne = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Memory = TimeSpan.FromHours(1);
    private readonly Lock gate = new();
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);

    /// <summary>How many counters are kept now.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return entries.Count;
            }
        }
    }

    /// <summary>How long this caller must wait before it may try; null when it may.</summary>
    /// <param name="account">The address that it signs in with.</param>
    /// <param name="address">The network address that it comes from.</param>
    /// <param name="device">The browser, when the account knows it.</param>
    public TimeSpan? Wait(string account, string address, string? device = null)
    {
        var now = time.GetUtcNow();
        lock (gate)
        {
            var until = Keys(account, address, device).Select(key => entries.TryGetValue(key.Key, out var entry) ? entry.Until : default).Max();
            return until > now ? until - now : null;
        }
    }

    /// <summary>Counts a failure. Called before the password is looked at: attempts at once are attempts too.</summary>
    public void Failed(string account, string address, string? device = null)
    {
        var now = time.GetUtcNow();
        lock (gate)
        {
            if (entries.Count >= MostEntries)
            {
                Forget(now);
            }

            foreach (var (key, free) in Keys(account, address, device))
            {
                var count = (entries.TryGetValue(key, out var entry) && now - entry.At < Memory ? entry.Count : 0) + 1;
                var longest = free == FreeOfPair ? LongestOfPair : LongestOfOne;
                var pause = count <= free ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(longest.TotalSeconds, Math.Pow(2, Math.Min(count - free, 20))));
                entries[key] = new Entry(count, now, now + pause);
            }
        }
    }

    /// <summary>A success: the pair starts anew, and what was counted before is taken back.</summary>
    public void Succeeded(string account, string address, string? device = null)
    {
        lock (gate)
        {
            foreach (var (key, free) in Keys(account, address, device))
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

    /// <summary>An attempt whose password was never looked at: what was counted before is taken back.</summary>
    public void Untried(string account, string address, string? device = null)
    {
        lock (gate)
        {
            foreach (var (key, _) in Keys(account, address, device))
            {
                if (entries.TryGetValue(key, out var entry))
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

    private static (string Key, int Free)[] Keys(string account, string address, string? device)
    {
        if (device is not null)
        {
            return [($"d {account}\n{device}", FreeOfPair)];
        }

        var network = Network(address);
        return [($"p {account}\n{network}", FreeOfPair), ("a " + account, FreeOfOne), ("i " + network, FreeOfOne)];
    }

    /// <summary>Whoever has an IPv6 address has 2^64 of them.</summary>
    public static string Network(string address)
        => IPAddress.TryParse(address, out var parsed) && parsed is { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false }
            ? Convert.ToHexString(parsed.GetAddressBytes().AsSpan(0, 8))
            : address;

    /// <summary>
    /// Old entries first. When all are young, a tenth goes: those with the fewest failures, the oldest of them first. Whoever makes up accounts and addresses to fill
    /// the memory makes entries of one failure each, and pushes out the like of them before the guilty.
    /// </summary>
    private void Forget(DateTimeOffset now)
    {
        foreach (var key in entries.Where(pair => now - pair.Value.At >= Memory).Select(pair => pair.Key).ToArray())
        {
            entries.Remove(key);
        }

        if (entries.Count >= MostEntries)
        {
            foreach (var pair in entries.OrderBy(pair => pair.Value.Count).ThenBy(pair => pair.Value.At).Take(ForgottenAtOnce).ToArray())
            {
                entries.Remove(pair.Key);
            }
        }
    }

    private readonly record struct Entry(int Count, DateTimeOffset At, DateTimeOffset Until);
}
