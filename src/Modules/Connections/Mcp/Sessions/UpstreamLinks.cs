using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>
/// The links of this node, one a connection, made on first use: an upstream that nobody calls costs nothing, and one that is dead costs only those who call
/// it. A link goes as soon as this node sees that its connection is gone or is another one.
/// </summary>
internal sealed class UpstreamLinks : IDisposable
{
    private readonly ConcurrentDictionary<ConnectionKey, UpstreamLink> links = new();
    private readonly IReadModels models;
    private readonly McpDialer dialer;
    private readonly SessionQuota quota;
    private readonly McpOptions options;
    private readonly TimeProvider time;
    private readonly ITimer sweeper;
    private ConnectionsState? seen;

    public UpstreamLinks(IReadModels models, McpDialer dialer, SessionQuota quota, IOptions<McpOptions> options, TimeProvider time)
    {
        this.models = models;
        this.dialer = dialer;
        this.quota = quota;
        this.options = options.Value;
        this.time = time;
        quota.Evict = Evict;
        models.Published += OnPublished;
        var period = TimeSpan.FromTicks(Math.Max(this.options.SessionIdle.Ticks / 4, TimeSpan.TicksPerSecond));
        sweeper = time.CreateTimer(_ => Close((_, idle) => idle >= this.options.SessionIdle), null, period, period);
    }

    /// <summary>Raised for what an upstream says by itself, with the connection; handlers must be quick and must not throw.</summary>
    public event Action<ConnectionKey, string, ReadOnlyMemory<byte>>? Noticed;

    /// <summary>The link of a connection.</summary>
    public UpstreamLink Get(ConnectionKey key, McpServer server, PreparedAuth auth)
    {
        while (true)
        {
            var link = links.GetOrAdd(key, _ => new UpstreamLink(key, server, auth, dialer, quota, options, time, (link, method, parameters) => Noticed?.Invoke(link.Key, method, parameters)));
            if (link.IsOf(server, auth))
            {
                return link;
            }

            Drop(link);
        }
    }

    /// <summary>Closes the idle sessions of a pool key.</summary>
    public void Release(string pool) => Close((owner, _) => owner == pool);

    /// <inheritdoc/>
    public void Dispose()
    {
        models.Published -= OnPublished;
        sweeper.Dispose();
        foreach (var link in links.Values)
        {
            Drop(link);
        }
    }

    private void Close(Func<string, TimeSpan, bool> which)
    {
        foreach (var link in links.Values)
        {
            link.Close(which);
        }
    }

    private bool Evict()
    {
        (UpstreamLink Link, TimeSpan Idle)? oldest = null;
        foreach (var link in links.Values)
        {
            if (link.LongestIdle() is { } idle && !(oldest?.Idle >= idle))
            {
                oldest = (link, idle);
            }
        }

        oldest?.Link.Close((_, idle) => idle >= oldest.Value.Idle);
        return oldest is not null;
    }

    private void Drop(UpstreamLink link)
    {
        links.TryRemove(KeyValuePair.Create(link.Key, link));
        link.Close();
    }

    private void OnPublished(ReadSnapshot snapshot)
    {
        var state = snapshot.Get<ConnectionsState>();
        if (ReferenceEquals(state, seen))
        {
            return;
        }

        // Other credentials are noticed when the link is asked for: they come as another object.
        seen = state;
        foreach (var link in links.Values)
        {
            if (state.Connection(link.Key) is null)
            {
                Drop(link);
            }
        }
    }
}
