using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Toolgate.Fixture;

/// <summary>
/// An MCP server in this process that speaks every revision over streamable HTTP, and HTTP+SSE besides, on a loopback port. It offers
/// what the official conformance suites expect, remembers what it received, and misbehaves when told to.
/// </summary>
public sealed class FixtureServer : IAsyncDisposable
{
    private readonly FixtureCore core = new();
    private WebApplication? app;
    private HttpEndpoint? endpoint;

    private FixtureServer()
    {
    }

    /// <summary>Scheme, host and port.</summary>
    public string Origin { get; private set; } = "http://127.0.0.1:0";

    /// <summary>Streamable HTTP.</summary>
    public string Url => Origin + "/mcp";

    /// <summary>The HTTP+SSE transport of 2024-11-05.</summary>
    public string SseUrl => Origin + "/sse";

    /// <summary>What it demands and how it errs.</summary>
    public Behaviour Behaviour => core.Behaviour;

    /// <summary>Every request that came.</summary>
    public RequestLog Requests => core.Requests;

    /// <summary>What became of tool calls.</summary>
    public CallLog Calls => core.Calls;

    /// <summary>What it offers.</summary>
    public FixtureCatalog Catalog => core.Catalog;

    /// <summary>Sessions that live now, of streamable HTTP.</summary>
    public int Sessions => endpoint?.Legacy.Count ?? 0;

    /// <summary>How many clients would be told of a change now: sessions of any transport with or without a stream, and listen streams.</summary>
    public int Listeners => core.Audience.All.Count;

    /// <summary>Starts a server.</summary>
    /// <param name="port">The loopback port; 0 picks a free one.</param>
    public static async Task<FixtureServer> Start(int port = 0)
    {
        var server = new FixtureServer { Origin = $"http://127.0.0.1:{port}" };
        await server.Run();
        return server;
    }

    /// <summary>Says that a resource changed, to those who subscribed to it.</summary>
    /// <param name="uri">The resource.</param>
    /// <param name="more">Further members of the notification's parameters.</param>
    public void UpdateResource(string uri, JsonObject? more = null) => core.Audience.ResourceUpdated(uri, more);

    /// <summary>Forgets every session as a restarted server does: their requests are 404 from now on.</summary>
    public void ForgetSessions() => endpoint?.Legacy.Forget();

    /// <summary>Ends the connections of the sessions' GET streams; the sessions live on.</summary>
    public void CutStreams() => endpoint?.Legacy.CutStreams();

    /// <summary>Dies: open connections break and the port refuses new ones.</summary>
    public async Task Kill()
    {
        if (app is { } dying)
        {
            app = null;
            using var now = new CancellationTokenSource();
            await now.CancelAsync();
            await dying.StopAsync(now.Token);
            await dying.DisposeAsync();
            endpoint?.Legacy.Forget();
        }
    }

    /// <summary>Runs again on the same port after <see cref="Kill"/>; sessions are gone, the memory of requests is not.</summary>
    public Task Revive() => Run();

    /// <summary>Completes when the process is told to stop, by Ctrl-C or a signal.</summary>
    public Task Stopped() => app?.WaitForShutdownAsync() ?? Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (app is { } running)
        {
            app = null;
            await running.StopAsync();
            await running.DisposeAsync();
        }
    }

    private async Task Run()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Origin);
        // Streams end when the server stops; nobody has to be waited for.
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(1));
        var starting = builder.Build();
        endpoint = new HttpEndpoint(core, starting.Lifetime.ApplicationStopping);
        endpoint.Map(starting);
        await starting.StartAsync();
        Origin = starting.Urls.Single();
        app = starting;
    }
}
