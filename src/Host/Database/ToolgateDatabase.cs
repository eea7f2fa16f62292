using Npgsql;

namespace Toolgate.Host;

/// <summary>The PostgreSQL that holds everything: a configured server, or the embedded one.</summary>
internal sealed class ToolgateDatabase : IAsyncDisposable
{
    private readonly EmbeddedPostgres? embedded;

    private ToolgateDatabase(NpgsqlDataSource dataSource, EmbeddedPostgres? embedded, string description)
    {
        this.embedded = embedded;
        DataSource = dataSource;
        Description = description;
    }

    /// <summary>Pooled connections for every module.</summary>
    public NpgsqlDataSource DataSource { get; }

    /// <summary>Server and version for people; no credential.</summary>
    public string Description { get; }

    /// <summary>The embedded server's process id, or null.</summary>
    public int? EmbeddedProcessId => embedded?.ProcessId;

    /// <summary>Completes when an embedded server is lost for good; never for a configured one.</summary>
    public Task Lost => embedded?.Ended ?? Task.Delay(Timeout.Infinite);

    /// <summary>Opens the configured server (and then starts none), or the embedded one.</summary>
    /// <exception cref="StartupFailureException">Neither can be used; the message says what to do and holds no secret.</exception>
    public static async Task<ToolgateDatabase> Open(
        IConfiguration configuration, string dataFolder, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        if (configuration.GetConnectionString("Toolgate") is { Length: > 0 } configured)
        {
            Directory.CreateDirectory(dataFolder, SocketFolder.OwnerOnly);
            var patience = configuration.GetValue("Toolgate:Postgres:ConnectTimeout", TimeSpan.FromSeconds(15));
            var (dataSource, description) = await ConfiguredServer.Connect(configured, patience, cancellationToken);
            return new ToolgateDatabase(dataSource, embedded: null, description);
        }

        var server = await EmbeddedPostgres.Start(
            PostgresOptions.From(configuration, dataFolder), loggers.CreateLogger("Toolgate.Postgres"), cancellationToken);
        var connection = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Pooling = true, MaxPoolSize = 50, ApplicationName = "toolgate" };
        return new ToolgateDatabase(NpgsqlDataSource.Create(connection), server, $"embedded PostgreSQL {server.Binaries.Version}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await DataSource.DisposeAsync();
        if (embedded is not null)
        {
            await embedded.DisposeAsync();
        }
    }
}
