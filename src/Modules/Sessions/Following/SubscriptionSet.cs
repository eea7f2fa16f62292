using System.Collections.Concurrent;
using System.Text.Json;
using Toolgate.Connections;
using Toolgate.Toolkits;

namespace Toolgate.Sessions;

/// <summary>
/// The resources that one session, or one listen stream, wants to be told about. What the client may no longer read it is not told about, whenever the
/// upstream speaks: access is looked at again with each update.
/// </summary>
/// <param name="upstreams">Where subscriptions are kept.</param>
/// <param name="quota">How many a principal may hold.</param>
/// <param name="principalId">Whose they are.</param>
/// <param name="poolKey">Whose upstream sessions they are kept in.</param>
/// <param name="capabilities">What the client declared, where it can be asked: its upstream sessions are those of its calls.</param>
/// <param name="offersNow">What the client may read now; null when it may do nothing any more.</param>
/// <param name="updated">Told of the URI, as the client knows it. Must be quick.</param>
internal sealed class SubscriptionSet(
    IUpstreams upstreams, SubscriptionQuota quota, string principalId, string poolKey, ReadOnlyMemory<byte> capabilities, Func<OfferView?> offersNow, Action<string> updated) : IDisposable
{
    /// <summary>Most subscriptions of one session or stream.</summary>
    public const int Most = 100;

    private const int LongestUri = 2_000;
    private readonly Lock gate = new();
    private readonly Dictionary<string, IDisposable> held = new(StringComparer.Ordinal);
    private bool ended;

    /// <summary>How many it holds.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return held.Count;
            }
        }
    }

    /// <summary>Begins to follow a resource; false when there are too many already. Following it again changes nothing.</summary>
    public bool Add(string uri, ViewItem item)
    {
        // Held under the lock: what is begun here is known before anybody can end it. The upstream does its part later, elsewhere.
        lock (gate)
        {
            if (held.ContainsKey(uri))
            {
                return true;
            }

            if (ended || held.Count == Most || !quota.Take(principalId))
            {
                return false;
            }

            held.Add(uri, upstreams.OnResourceUpdated(item.Server.Upstream, poolKey, capabilities, item.UpstreamKey, parameters => OnUpdated(uri, item, parameters)));
            return true;
        }
    }

    /// <summary>Ends following a resource; one that is not followed is ignored.</summary>
    public void Remove(string uri)
    {
        lock (gate)
        {
            if (!held.Remove(uri, out var subscription))
            {
                return;
            }

            quota.Give(principalId, 1);
            subscription.Dispose();
        }
    }

    /// <summary>Ends all of them, for good.</summary>
    public void Dispose()
    {
        IDisposable[] all;
        lock (gate)
        {
            ended = true;
            all = [.. held.Values];
            held.Clear();
        }

        quota.Give(principalId, all.Length);
        foreach (var subscription in all)
        {
            subscription.Dispose();
        }
    }

    private void OnUpdated(string uri, ViewItem item, ReadOnlyMemory<byte> parameters)
    {
        var offers = offersNow();
        if (offers?.Route(uri) is not { } now || now.Server.Upstream != item.Server.Upstream || now.UpstreamKey != item.UpstreamKey)
        {
            // Not from here: whoever tells may not expect to be let go of while it does.
            _ = Task.Run(() => Remove(uri));
            return;
        }

        // The upstream may name a part of what was subscribed to (2025-11-25, "Subscriptions").
        var part = UriOf(parameters);
        updated(part is null || part == item.UpstreamKey ? uri : item.Key == item.UpstreamKey ? offers.NameOf(item.Server.Upstream, part) : OfferView.FullName(item.Server.Upstream, part));
    }

    private static string? UriOf(ReadOnlyMemory<byte> parameters)
    {
        try
        {
            using var document = JsonDocument.Parse(parameters);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("uri"u8, out var uri)
                && uri.ValueKind == JsonValueKind.String && uri.GetString() is { Length: <= LongestUri } text ? text : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The upstream says something changed; what, it cannot say.
            return null;
        }
    }
}

/// <summary>How many subscriptions each principal holds on this node.</summary>
internal sealed class SubscriptionQuota
{
    /// <summary>Most of one principal, over all its sessions and streams.</summary>
    public const int Most = 1_000;

    private readonly ConcurrentDictionary<string, int> taken = new(StringComparer.Ordinal);

    /// <summary>How many a principal holds.</summary>
    public int Of(string principalId) => taken.GetValueOrDefault(principalId);

    /// <summary>Takes one; false when there are none left.</summary>
    public bool Take(string principalId)
    {
        if (taken.AddOrUpdate(principalId, 1, static (_, count) => count + 1) <= Most)
        {
            return true;
        }

        Give(principalId, 1);
        return false;
    }

    /// <summary>Gives some back.</summary>
    public void Give(string principalId, int count)
    {
        // A principal who holds none is not remembered.
        if (count > 0 && taken.AddOrUpdate(principalId, 0, (_, now) => now - count) == 0)
        {
            taken.TryRemove(KeyValuePair.Create(principalId, 0));
        }
    }
}
