using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.Host;

namespace Toolgate.TestSupport;

/// <summary>
/// The whole of Toolgate in this process over real HTTP, on a database of its own in the shared throwaway cluster. It can be
/// restarted on the same database, data folder and port.
/// </summary>
public sealed class ToolgateServer : IAsyncDisposable
{
    private readonly TestDatabase database;
    private readonly TestFolder folder;
    private readonly IReadOnlyDictionary<string, string> settings;
    private readonly Action<IServiceCollection>? services;
    private ToolgateHost? host;

    private ToolgateServer(TestDatabase database, IReadOnlyDictionary<string, string> settings, Action<IServiceCollection>? services)
    {
        this.database = database;
        this.settings = settings;
        this.services = services;
        folder = new TestFolder();
        OwnerKey = "tgk_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        Logs = new CapturedLogs();
    }

    /// <summary>Where it listens; stays the same over restarts.</summary>
    public Uri BaseAddress { get; private set; } = new("http://127.0.0.1:0");

    /// <summary>The owner's API key.</summary>
    public string OwnerKey { get; }

    /// <summary>A REST client with the owner's key.</summary>
    public ApiClient Api => field ??= new ApiClient(BaseAddress, OwnerKey);

    /// <summary>Services of the running host: for looking into the log, not for going around HTTP.</summary>
    public IServiceProvider Services => Running.Services;

    /// <summary>Connects to the server's database.</summary>
    public TestDatabase Database => database;

    /// <summary>The data folder.</summary>
    public string DataFolder => folder.Path;

    /// <summary>Everything logged since the first start.</summary>
    public CapturedLogs Logs { get; }

    private ToolgateHost Running => host ?? throw new InvalidOperationException("The server is stopped: call Restart().");

    /// <summary>Starts a server on an empty database.</summary>
    /// <param name="settings">Settings such as <c>Toolgate:Egress:AllowPrivateNetworks</c>.</param>
    /// <param name="services">Replaces services, for example the clock.</param>
    public static async Task<ToolgateServer> Start(
        IReadOnlyDictionary<string, string>? settings = null, Action<IServiceCollection>? services = null)
    {
        var server = new ToolgateServer(await TestDatabase.Create(), settings ?? new Dictionary<string, string>(), services);
        try
        {
            await server.Run();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops it as Ctrl-C does; its database stays.</summary>
    public async Task Stop()
    {
        if (host is { } running)
        {
            host = null;
            await running.DisposeAsync();
        }
    }

    /// <summary>Stops it if it runs, and starts it on the same database, data folder and port.</summary>
    public async Task Restart()
    {
        await Stop();
        await Run();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Stop();
        await database.DisposeAsync();
        folder.Dispose();
    }

    private async Task Run()
    {
        var all = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["ConnectionStrings:Toolgate"] = database.ConnectionString,
            ["Toolgate:DataDirectory"] = folder.Path,
            ["Toolgate:BootstrapKey"] = OwnerKey,

            // Calls that ask are many in tests, and few of them are about the wait.
            ["Toolgate:Approvals:Hold"] = "00:00:00",
            ["Toolgate:Approvals:Rounds"] = "0",
            ["urls"] = BaseAddress.GetLeftPart(UriPartial.Authority),
        };
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        var starting = await ToolgateHost.Build([.. all.Select(setting => $"--{setting.Key}={setting.Value}")], builder =>
        {
            Logs.Replace(builder.Logging);
            services?.Invoke(builder.Services);
        });
        try
        {
            await starting.Start();
            BaseAddress = starting.Address;
            host = starting;
        }
        catch
        {
            await starting.DisposeAsync();
            throw;
        }
    }
}
