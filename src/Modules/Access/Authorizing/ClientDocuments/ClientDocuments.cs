using System.Diagnostics.CodeAnalysis;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Toolgate.Access;

/// <summary>
/// Clients whose id is the address of a document about them. A document is fetched when a person is asked, and kept as long as its headers allow; a failure is never
/// kept. Only signed-in people can make this server fetch anything, and not often.
/// </summary>
internal sealed partial class ClientDocuments(IGuardedFetch fetch, IOptions<AccessOptions> options, TimeProvider time, ILogger<ClientDocuments> logger) : IDisposable
{
    private const int MaxBytes = 64 * 1024;
    private const int MaxKept = 1_000;

    private readonly Lock gate = new();
    private readonly Dictionary<string, Task<Kept>> kept = new(StringComparer.Ordinal);
    private readonly TokenBucketRateLimiter fetches = new(new TokenBucketRateLimiterOptions
    {
        TokenLimit = 60, TokensPerPeriod = 1, ReplenishmentPeriod = TimeSpan.FromSeconds(1), QueueLimit = 0,
    });

    private readonly HashSet<string> hosts = options.Value.OAuth.ClientDocumentHosts.ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether clients of this kind are let in at all.</summary>
    public bool Enabled { get; } = options.Value.OAuth.ClientDocuments;

    /// <summary>Whether the id is that of such a client which the operator lets in. Fetches nothing.</summary>
    public bool IsMeant([NotNullWhen(true)] string? clientId, [NotNullWhen(true)] out Uri? url)
    {
        url = null;
        return Enabled && ClientDocument.IsAddress(clientId, out url) && (hosts.Count == 0 || hosts.Contains(url.IdnHost));
    }

    /// <summary>The client at an address; null when it is none, cannot be had, or too many were asked for.</summary>
    public async Task<Client?> Find(string clientId, CancellationToken cancellationToken)
        => IsMeant(clientId, out var url) && Loading(clientId, url) is { } loading ? (await loading.WaitAsync(cancellationToken)).Client : null;

    /// <inheritdoc/>
    public void Dispose() => fetches.Dispose();

    private Task<Kept>? Loading(string clientId, Uri url)
    {
        lock (gate)
        {
            if (kept.TryGetValue(clientId, out var known) && !HasEnded(known))
            {
                return known;
            }

            using var lease = fetches.AttemptAcquire();
            if (!lease.IsAcquired)
            {
                Log.TooMany(logger, url.Host);
                return null;
            }

            if (kept.Count >= MaxKept)
            {
                MakeRoom();
            }

            // Not with the token of whoever asked first: others wait for the same document, and it is bounded in time.
            return kept[clientId] = Task.Run(() => Load(clientId, url));
        }
    }

    private async Task<Kept> Load(string clientId, Uri url)
    {
        var fetched = await fetch.Get(url, MaxBytes, CancellationToken.None);
        var (now, fault) = (time.GetUtcNow(), fetched.Fault);
        var client = fetched.Json is { } json ? ClientDocument.Read(clientId, json, now, out fault) : null;
        if (client is null)
        {
            Log.Unusable(logger, url.Host, fault ?? "");
        }

        return new Kept(client, client is null ? DateTimeOffset.MinValue : now + fetched.Lifetime);
    }

    private bool HasEnded(Task<Kept> loading) => loading.IsCompleted && (!loading.IsCompletedSuccessfully || loading.Result.Until <= time.GetUtcNow());

    /// <summary>What has ended goes, else what ends first.</summary>
    private void MakeRoom()
    {
        foreach (var ended in kept.Where(pair => HasEnded(pair.Value)).Select(pair => pair.Key).ToList())
        {
            kept.Remove(ended);
        }

        if (kept.Count >= MaxKept)
        {
            kept.Remove(kept.MinBy(pair => pair.Value.IsCompletedSuccessfully ? pair.Value.Result.Until : DateTimeOffset.MaxValue).Key);
        }
    }

    private sealed record Kept(Client? Client, DateTimeOffset Until);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The client document at {Host} cannot be used: {Why}")]
        public static partial void Unusable(ILogger logger, string host, string why);

        [LoggerMessage(2, LogLevel.Warning, "The client document at {Host} was not fetched: too many were asked for")]
        public static partial void TooMany(ILogger logger, string host);
    }
}
