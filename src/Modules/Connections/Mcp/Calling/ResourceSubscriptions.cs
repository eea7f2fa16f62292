using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>
/// Resources that somebody wants to hear of: for each connection, pool key and set of capabilities, as for calls, one way is held open, and everything that is wanted there is subscribed on it.
/// A way that ends is opened again, later and later, until nobody wants anything there.
/// </summary>
internal sealed class ResourceSubscriptions : IDisposable
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastRetry = TimeSpan.FromMinutes(5);
    private readonly ConcurrentDictionary<(ConnectionKey Key, string Pool, string Capabilities), Way> ways = new();
    private readonly Lock gate = new();
    private readonly UpstreamLinks links;
    private readonly ConnectionAuth auths;
    private readonly IReadModels models;
    private readonly TimeProvider time;

    public ResourceSubscriptions(UpstreamLinks links, ConnectionAuth auths, IReadModels models, TimeProvider time)
    {
        this.links = links;
        this.auths = auths;
        this.models = models;
        this.time = time;
        links.Noticed += Noticed;
    }

    /// <summary>Somebody wants to hear of a resource.</summary>
    /// <returns>Ends it.</returns>
    public IDisposable Add(ConnectionKey key, string pool, ClientCapabilities capabilities, string uri, Action<ReadOnlyMemory<byte>> updated)
    {
        lock (gate)
        {
            var way = ways.GetOrAdd((key, pool, capabilities.Digest), _ => new Way(key, pool, capabilities));
            var holder = new Holder(uri, updated);
            way.Holders[holder] = uri;
            Restart(way);
            return new Ending(() => Remove(way, holder));
        }
    }

    /// <summary>Ends everything of a pool key.</summary>
    public void Release(string pool)
    {
        lock (gate)
        {
            foreach (var (name, way) in ways.Where(pair => pair.Key.Pool == pool))
            {
                ways.TryRemove(name, out _);
                way.Holders.Clear();
                way.Stop();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        links.Noticed -= Noticed;
        foreach (var way in ways.Values)
        {
            way.Stop();
        }
    }

    /// <summary>Passes on what an upstream says about a resource.</summary>
    private void Noticed(ConnectionKey key, string method, ReadOnlyMemory<byte> parameters)
    {
        if (method != McpProtocol.ResourceUpdated || JsonMembers.Text(JsonMembers.Find(parameters, "uri")) is not { } uri)
        {
            return;
        }

        ReadOnlyMemory<byte> copy = parameters.ToArray();
        foreach (var way in ways.Where(pair => pair.Key.Key == key))
        {
            // A server may say it of a part of what was subscribed (a folder's file): whoever wants the exact URI, or one above it, hears of it.
            foreach (var holder in way.Value.Holders.Keys.Where(holder => uri == holder.Uri || uri.StartsWith(holder.Uri.TrimEnd('/') + "/", StringComparison.Ordinal)))
            {
                holder.Updated(copy);
            }
        }
    }

    private void Remove(Way way, Holder holder)
    {
        lock (gate)
        {
            if (!way.Holders.TryRemove(holder, out _))
            {
                return;
            }

            if (way.Holders.IsEmpty)
            {
                ways.TryRemove(KeyValuePair.Create((way.Key, way.Pool, way.Capabilities.Digest), way));
                way.Stop();
            }
            else if (!way.Holders.Values.Contains(holder.Uri))
            {
                Restart(way);
            }
        }
    }

    /// <summary>Under the lock: the way that is open knows another set of resources.</summary>
    private void Restart(Way way)
    {
        if (way.Holders.Values.ToHashSet(StringComparer.Ordinal) is var wanted && wanted.SetEquals(way.Subscribed))
        {
            return;
        }

        var before = way.Running;
        way.Stop();
        var stop = way.Stopping = new CancellationTokenSource();
        way.Subscribed = wanted;
        way.Running = Task.Run(() => Run(way, [.. wanted], before, stop.Token), CancellationToken.None);
    }

    private async Task Run(Way way, string[] uris, Task before, CancellationToken stop)
    {
        await before;
        for (var failures = 0; !stop.IsCancellationRequested; failures++)
        {
            try
            {
                var listened = time.GetTimestamp();
                await Listen(way, uris, stop);
                failures = time.GetElapsedTime(listened) > LastRetry ? 0 : failures;
            }
            catch (Exception)
            {
                // Whatever it was: it is tried again until nobody wants it. Calls tell their callers what is wrong.
            }

            try
            {
                await Task.Delay(BackOff.After(failures, FirstRetry, LastRetry), time, stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task Listen(Way way, string[] uris, CancellationToken stop)
    {
        if (models.Current.Get<ConnectionsState>().Integration(way.Key.Integration)?.Integration.Server is not { } server || await auths.Find(way.Key, stop) is not { } auth)
        {
            return;
        }

        var link = links.Get(way.Key, server, auth);
        using var lease = await link.Rent(way.Pool, way.Capabilities, stop);
        if (lease.Session.Era == McpEra.Modern)
        {
            await lease.Session.Listen(uris, static () => { }, stop);
            return;
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var listening = lease.Session.Listen([], static () => { }, ended.Token).AsTask();
        try
        {
            await Each("resources/subscribe", uris, lease.Session, stop);
            await listening;
            if (lease.Session.IsOver)
            {
                link.Discard(lease.Session);
            }
        }
        finally
        {
            await ended.CancelAsync();
            using var farewell = new CancellationTokenSource(TimeSpan.FromSeconds(5), time);
            await Each("resources/unsubscribe", uris, lease.Session, farewell.Token);
        }
    }

    private static async ValueTask Each(string method, string[] uris, IMcpSession session, CancellationToken cancellationToken)
    {
        foreach (var uri in uris)
        {
            if (session.IsOver)
            {
                return;
            }

            var request = new McpRequest(method, Encoding.UTF8.GetBytes($$"""{"uri":{{JsonSerializer.Serialize(uri)}}}"""));
            await session.Request(request, BackgroundClient.Instance, ClientCapabilities.None, cancellationToken);
        }
    }

    private sealed record Holder(string Uri, Action<ReadOnlyMemory<byte>> Updated);

    private sealed class Ending(Action end) : IDisposable
    {
        public void Dispose() => end();
    }

    private sealed class Way(ConnectionKey key, string pool, ClientCapabilities capabilities)
    {
        public ConnectionKey Key => key;

        public string Pool => pool;

        public ClientCapabilities Capabilities => capabilities;

        public ConcurrentDictionary<Holder, string> Holders { get; } = new(ReferenceEqualityComparer.Instance);

        public IReadOnlySet<string> Subscribed { get; set; } = new HashSet<string>(StringComparer.Ordinal);

        public Task Running { get; set; } = Task.CompletedTask;

        public CancellationTokenSource? Stopping { get; set; }

        public void Stop()
        {
            Stopping?.Cancel();
            Stopping = null;
        }
    }
}
