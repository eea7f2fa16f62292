using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Toolgate.Access;

namespace Toolgate.Host;

/// <summary>The whole of Toolgate in this process: built, started and stopped by the program and by tests alike.</summary>
internal sealed class ToolgateHost : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly Telemetry telemetry;
    private bool stopped;

    private ToolgateHost(WebApplication app, ToolgateDatabase database, Telemetry telemetry, string dataFolder)
    {
        this.app = app;
        this.telemetry = telemetry;
        Database = database;
        DataFolder = dataFolder;
    }

    /// <summary>Services of the running host.</summary>
    public IServiceProvider Services => app.Services;

    /// <summary>The database in use.</summary>
    public ToolgateDatabase Database { get; }

    /// <summary>Absolute path of the data folder.</summary>
    public string DataFolder { get; }

    /// <summary>The first address that is listened on; known once started.</summary>
    public Uri Address => new(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());

    /// <summary>The owner key that this start generated, or null.</summary>
    public string? OwnerKey { get; private set; }

    /// <summary>Value of the link with which the first person sets this deployment up; null once somebody can sign in as its owner.</summary>
    public string? SetupToken { get; private set; }

    /// <summary>Reads the configuration, opens the database (starting the embedded one when none is configured) and composes the modules.</summary>
    /// <param name="args">Settings as <c>--Name=value</c>.</param>
    /// <param name="configure">Changes to the builder after everything was registered; for tests.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StartupFailureException">It cannot start; the message is for the operator.</exception>
    public static async Task<ToolgateHost> Build(string[] args, Action<WebApplicationBuilder>? configure = null, CancellationToken cancellationToken = default)
    {
        // The configuration file lies next to the program, wherever it is started from.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = args,
            ApplicationName = typeof(ToolgateHost).Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.ConfigureLogging();
        builder.ConfigureServer();

        var dataFolder = Path.GetFullPath(builder.Configuration["Toolgate:DataDirectory"] is { Length: > 0 } folder ? folder : ".toolgate");
        ToolgateDatabase? database = null;
        Telemetry? telemetry = null;
        try
        {
            using (var loggers = LoggerFactory.Create(logging => logging.AddConfiguration(builder.Configuration.GetSection("Logging")).AddToolgateConsole()))
            {
                database = await ToolgateDatabase.Open(builder.Configuration, dataFolder, loggers, cancellationToken);
            }

            builder.Services.AddSingleton(database.DataSource);
            builder.AddModules(dataFolder);
            configure?.Invoke(builder);
            telemetry = Telemetry.Start(builder);
            var app = builder.Build();
            app.UseModules();
            return new ToolgateHost(app, database, telemetry, dataFolder);
        }
        catch (Exception e)
        {
            if (database is not null)
            {
                await database.DisposeAsync();
            }

            telemetry?.Dispose();
            if (StartupFailureException.From(e) is { } failure)
            {
                throw failure;
            }

            throw;
        }
    }

    /// <summary>Opens the log and makes what an empty database needs, without listening.</summary>
    /// <exception cref="StartupFailureException">The log cannot be opened.</exception>
    public async Task Open(CancellationToken cancellationToken = default)
    {
        var first = await app.OpenLog(cancellationToken);
        (OwnerKey, SetupToken) = (first.OwnerKey, first.SetupToken);
    }

    /// <summary>Opens the log, makes what an empty database needs, then listens.</summary>
    /// <exception cref="StartupFailureException">An address cannot be listened on, or the log cannot be opened.</exception>
    public async Task Start(CancellationToken cancellationToken = default)
    {
        await Open(cancellationToken);
        SetupToken ??= await app.Services.GetRequiredService<IFirstStart>().OfferSetup(cancellationToken);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new StartupFailureException(
                $"{Listening()} is in use by another program. Choose another address with --urls http://127.0.0.1:PORT, or stop that program.", e);
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or IOException or InvalidOperationException or FormatException
            && e.StackTrace?.Contains(".Kestrel.", StringComparison.Ordinal) == true)
        {
            throw new StartupFailureException($"{Listening()} cannot be listened on: {e.Message}", e);
        }

        var lifetime = app.Services.GetRequiredService<IHostApplicationLifetime>();
        _ = Database.Lost.ContinueWith(_ => lifetime.StopApplication(), cancellationToken, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    /// <summary>Completes when the process was asked to stop.</summary>
    /// <exception cref="StartupFailureException">The embedded database was lost for good.</exception>
    public async Task WaitForShutdown()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = app.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(asked.SetResult);
        await asked.Task;
        if (Database.Lost.IsCompleted)
        {
            await Stop();
            throw new StartupFailureException("The embedded PostgreSQL ended again and again; its last words are in the log above.");
        }
    }

    /// <summary>Ends requests (within 10 s), drains the log, and stops the embedded database last.</summary>
    public async Task Stop()
    {
        if (stopped)
        {
            return;
        }

        stopped = true;
        await app.StopAsync();
        await app.CloseLog();
        await app.DisposeAsync();
        await Database.DisposeAsync();
        telemetry.Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Stop();

    private string Listening()
    {
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses;
        // Filled only when listening succeeded; before that the setting says what was wanted.
        return addresses is { Count: > 0 } ? string.Join(", ", addresses)
            : app.Configuration["urls"] is { Length: > 0 } urls ? urls.Replace(";", ", ", StringComparison.Ordinal)
            : ServerConfiguration.DefaultAddress;
    }
}
