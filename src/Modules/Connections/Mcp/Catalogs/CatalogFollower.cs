using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>
/// Keeps the catalogs of connections to MCP servers current. Each connection has a follower of its own that mostly waits: for the server to say that a list
/// changed, or for the time to look again. Only so many look at a time, and one that is dead is asked ever less often.
/// </summary>
internal sealed partial class CatalogFollower(
    IReadModels models, UpstreamLinks links, ConnectionAuth auths, ConnectionCatalogs catalogs, IOptions<McpOptions> options, TimeProvider time, ILogger<CatalogFollower> logger)
    : BackgroundService
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LastRetry = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Calm = TimeSpan.FromMinutes(1);
    private const int FewChanges = 5;
    private readonly ConcurrentDictionary<ConnectionKey, Followed> followed = new();
    private readonly SemaphoreSlim refreshes = new(options.Value.MaxRefreshes);

    /// <inheritdoc/>
    public override void Dispose()
    {
        refreshes.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // What an upstream says during a call is heard even where nothing else is followed.
        links.Noticed += OnNoticed;
        var changed = new SemaphoreSlim(1);
        void Wake(ReadSnapshot _)
        {
            if (changed.CurrentCount == 0)
            {
                changed.Release();
            }
        }

        models.Published += Wake;
        try
        {
            while (true)
            {
                await changed.WaitAsync(stoppingToken);
                Follow(models.Current.Get<ConnectionsState>(), stoppingToken);
            }
        }
        finally
        {
            models.Published -= Wake;
            links.Noticed -= OnNoticed;
            foreach (var one in followed.Values)
            {
                await one.Stop.CancelAsync();
            }
        }
    }

    /// <summary>Every connection to an MCP server has its follower, and no other.</summary>
    private void Follow(ConnectionsState state, CancellationToken stopping)
    {
        foreach (var (key, row) in state.Connections)
        {
            if (state.Integration(key.Integration)?.Integration is { Server: { } server } && !followed.ContainsKey(key))
            {
                var one = new Followed(CancellationTokenSource.CreateLinkedTokenSource(stopping)) { IsFresh = row.Connection.CatalogDigest is not null };
                followed[key] = one;
                _ = Task.Run(() => Run(key, server, one), CancellationToken.None);
                if (options.Value.FollowCatalogs && server.Transport == McpServer.Http)
                {
                    _ = Task.Run(() => Listen(key, server, one), CancellationToken.None);
                }
            }
        }

        foreach (var (key, one) in followed)
        {
            if (state.Connection(key) is null && followed.TryRemove(key, out _))
            {
                one.Stop.Cancel();
            }
        }
    }

    private void OnNoticed(ConnectionKey key, string method, ReadOnlyMemory<byte> parameters)
    {
        if (McpProtocol.IsListChange(method) && followed.TryGetValue(key, out var one))
        {
            one.Changed();
        }
    }

    private async Task Run(ConnectionKey key, McpServer server, Followed one)
    {
        var stop = one.Stop.Token;
        try
        {
            if (!HasCatalog(key))
            {
                // Whoever made the connection is reading it now.
                await one.Wait(FirstRetry, time, stop);
                one.IsFresh = HasCatalog(key);
            }

            for (var (failures, restless) = (0, 0); ;)
            {
                if (!one.IsFresh)
                {
                    failures = await Refresh(key, stop) ? 0 : failures + 1;
                    one.IsFresh = failures == 0;
                }

                if (failures > 0)
                {
                    // A server that announces and then refuses must not be asked without end.
                    restless = await one.Wait(BackOff.After(failures - 1, FirstRetry, LastRetry), time, stop) ? restless + 1 : restless;
                    await Task.Delay(PauseAfter(restless, options.Value.Debounce), time, stop);
                    one.Settle();
                    continue;
                }

                var began = time.GetTimestamp();
                await Quiet(key, server, one, stop);
                restless = time.GetElapsedTime(began) < Calm ? restless + 1 : 0;
                await Task.Delay(PauseAfter(restless, options.Value.Debounce), time, stop);
                one.Settle();
            }
        }
        catch (OperationCanceledException)
        {
            // The connection is gone, or Toolgate stops.
        }
        catch (Exception exception)
        {
            Log.Failed(logger, exception, key.Address);
        }
    }

    /// <summary>
    /// How long announcements are gathered. Every catalog that is new is an event and its bytes, so a server whose list never rests is read ever less often;
    /// the first few changes are seen at once.
    /// </summary>
    /// <param name="changes">How many came before there was a calm minute.</param>
    /// <param name="debounce">The pause of a server that rests.</param>
    public static TimeSpan PauseAfter(int changes, TimeSpan debounce)
        => changes <= FewChanges ? debounce : BackOff.After(changes - FewChanges - 1, debounce > FirstRetry ? debounce : FirstRetry, LastRetry);

    private bool HasCatalog(ConnectionKey key) => models.Current.Get<ConnectionsState>().Connection(key)?.Connection.CatalogDigest is not null;

    /// <summary>Until there is reason to read the catalog again.</summary>
    private async Task Quiet(ConnectionKey key, McpServer server, Followed one, CancellationToken stop)
    {
        await one.Wait(options.Value.FollowCatalogs ? await Interval(key, server, stop) : Timeout.InfiniteTimeSpan, time, stop);
        one.IsFresh = false;
    }

    /// <summary>Holds open what the server announces changes on. Whatever changed while it was not open is seen by looking once it is.</summary>
    private async Task Listen(ConnectionKey key, McpServer server, Followed one)
    {
        var stop = one.Stop.Token;
        try
        {
            for (var (attempt, failures) = (0, 0); ; attempt++)
            {
                var opened = await TryListen(key, server, one, stop);
                if (attempt == 0 && !opened)
                {
                    one.Changed();
                }

                failures = opened ? 0 : failures + 1;
                await Task.Delay(BackOff.After(failures, FirstRetry, LastRetry), time, stop);
            }
        }
        catch (OperationCanceledException)
        {
            // The connection is gone, or Toolgate stops.
        }
    }

    /// <summary>One attempt, until the server ends it; false when it could not be opened, or the server announces nothing.</summary>
    private async Task<bool> TryListen(ConnectionKey key, McpServer server, Followed one, CancellationToken stop)
    {
        var opened = false;
        try
        {
            if (await auths.Find(key, stop) is not { } auth)
            {
                return false;
            }

            var link = links.Get(key, server, auth);
            using var lease = await link.Rent(BackgroundClient.Pool, ClientCapabilities.All, stop);
            if (Array.Exists(["tools", "resources", "prompts"], list => lease.Session.Server.Has(list, "listChanged")))
            {
                await lease.Session.Listen(
                    [],
                    () =>
                    {
                        opened = true;
                        one.Changed();
                    },
                    stop);
            }

            if (lease.Session.IsOver)
            {
                link.Discard(lease.Session);
            }
        }
        catch (Exception) when (!stop.IsCancellationRequested)
        {
            // It is tried again, whatever it was; calls tell their callers what is wrong.
        }

        return opened;
    }

    /// <summary>How long the catalog may be kept: as the server says, else as configured.</summary>
    private async ValueTask<TimeSpan> Interval(ConnectionKey key, McpServer server, CancellationToken stop)
    {
        var most = options.Value.RefreshInterval;
        TimeSpan? said = null;
        try
        {
            said = await auths.Find(key, stop) is { } auth ? links.Get(key, server, auth).TimeToLive : null;
        }
        catch (McpFault)
        {
            // Credentials that cannot be made ready now are the next reading's to report.
        }

        return BackOff.After(0, said > ShortestInterval ? said.Value : said is null ? most : ShortestInterval, TimeSpan.FromDays(1));
    }

    private async Task<bool> Refresh(ConnectionKey key, CancellationToken stop)
    {
        await refreshes.WaitAsync(stop);
        try
        {
            var refreshed = await catalogs.Refresh(key, EventMetadata.System, stop);
            if (refreshed.Rejection is { } rejection)
            {
                Log.NotRead(logger, key.Address, rejection.Code);
            }

            return refreshed.Rejection is null;
        }
        finally
        {
            refreshes.Release();
        }
    }

    /// <summary>One connection and what is known of its catalog.</summary>
    private sealed class Followed(CancellationTokenSource stop)
    {
        private readonly Lock gate = new();
        private TaskCompletionSource changed = New();

        public CancellationTokenSource Stop => stop;

        /// <summary>Whether nothing is known to have changed since the catalog was read.</summary>
        public bool IsFresh { get; set; }

        public void Changed()
        {
            lock (gate)
            {
                changed.TrySetResult();
            }
        }

        /// <summary>What was announced until now is taken care of.</summary>
        public void Settle()
        {
            lock (gate)
            {
                changed = changed.Task.IsCompleted ? New() : changed;
            }
        }

        /// <summary>Until a change is announced (true) or the time is over.</summary>
        public async Task<bool> Wait(TimeSpan most, TimeProvider time, CancellationToken cancellationToken)
        {
            Task announced;
            lock (gate)
            {
                announced = changed.Task;
            }

            try
            {
                await announced.WaitAsync(most, time, cancellationToken);
                return true;
            }
            catch (TimeoutException)
            {
                return false;
            }
        }

        private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The catalog of {Connection} could not be read: {Code}")]
        public static partial void NotRead(ILogger logger, string connection, string code);

        [LoggerMessage(2, LogLevel.Error, "The catalog of {Connection} is not followed any more")]
        public static partial void Failed(ILogger logger, Exception exception, string connection);
    }
}
