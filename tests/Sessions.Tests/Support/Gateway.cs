using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Toolgate.Access;
using Toolgate.Connections;
using Toolgate.EventStore;
using Toolgate.Rest;
using Toolgate.TestSupport;
using Toolgate.Toolkits;

namespace Toolgate.Sessions.Tests;

/// <summary>The module on a real Kestrel and a real log; what is behind its contracts is the test's <see cref="World"/>.</summary>
internal sealed class Gateway : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly NpgsqlDataSource database;
    private readonly TestFolder folder;

    private Gateway(WebApplication app, NpgsqlDataSource database, TestFolder folder)
    {
        this.app = app;
        this.database = database;
        this.folder = folder;
        Address = new Uri(app.Urls.First());
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(60) };
    }

    public Uri Address { get; }

    public HttpClient Http { get; }

    public IServiceProvider Services => app.Services;

    public IEventStore EventLog => app.Services.GetRequiredService<IEventStore>();

    public IReadModels Models => app.Services.GetRequiredService<IReadModels>();

    public static async Task<Gateway> Start(TestDatabase database, World world, params (string Key, string Value)[] settings)
    {
        var folder = new TestFolder();
        var source = NpgsqlDataSource.Create(database.ConnectionString);
        var builder = WebApplication.CreateSlimBuilder();

        // Calls that ask are many in tests, and few of them are about the wait.
        builder.Configuration.AddInMemoryCollection([new("Toolgate:Approvals:Hold", "00:00:00"), new("Toolgate:Approvals:Rounds", "0")]);
        builder.Configuration.AddInMemoryCollection(settings.Select(s => KeyValuePair.Create("Toolgate:" + s.Key, (string?)s.Value)));
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        if (world.Clock is { } clock)
        {
            builder.Services.AddSingleton<TimeProvider>(clock);
        }

        builder.Services.AddRouting();
        builder.Services.AddSingleton(source);
        builder.Services.AddEventStore(options => options.DataDirectory = folder.Path);
        builder.Services.AddRest();
        builder.Services.AddSingleton<ICredentials>(world);
        builder.Services.AddSingleton<IToolViews>(world);
        builder.Services.AddSingleton<IToolInvoker>(world);
        builder.Services.AddSingleton<Policies.IRuleWriting>(world);
        builder.Services.AddSingleton<IToolkitPolicyWriting>(world);
        builder.Services.AddSingleton<IUpstreams>(world);
        builder.Services.AddSingleton<IStateSeal>(world.Seal);
        builder.Services.AddSessions(builder.Configuration);
        var app = builder.Build();
        app.UseRest(rest => rest.Use(async (context, next) =>
        {
            // What the authentication of the Access module does, without its refusals.
            if (context.Request.Headers.Authorization is [{ } header] && header.StartsWith("Bearer ", StringComparison.Ordinal) && world.Verify(header.AsSpan("Bearer ".Length)) is { } principal)
            {
                context.SetPrincipal(principal);
                context.Features.Set(new RequestActor(principal.Id));
            }

            await next(context);
        }).UseLimits());
        app.MapSessions();
        await app.StartAsync();

        // In a deployment every change of the world is published by the read models.
        world.Changed += app.Services.GetRequiredService<ListChangeHub>().Look;
        return new Gateway(app, source, folder);
    }

    /// <summary>Stops as an operator would.</summary>
    public Task Stop() => app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
        await database.DisposeAsync();
        folder.Dispose();
    }
}

/// <summary>A gateway, its world and its database, for the tests of one class.</summary>
public sealed class GatewayFixture : IAsyncLifetime
{
    internal TestDatabase Database { get; private set; } = null!;

    internal World World { get; } = new();

    internal Gateway Gateway { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Database = await TestDatabase.Create();
        Gateway = await Gateway.Start(
            Database, World, ("Cors:AllowedOrigins:0", "https://console.example"), ("Sessions:KeepAlive", "00:00:00.2"), ("Anonymous:Toolkits:0", "open"), ("Sessions:StreamAfter", "00:00:01"));
    }

    public async Task DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Database.DisposeAsync();
    }
}
