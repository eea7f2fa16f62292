using System.Diagnostics;
using Npgsql;

namespace Toolgate.Host;

/// <summary>
/// Toolgate's own PostgreSQL: a cluster in the data folder, reachable over a Unix socket that only this user can open, started
/// and stopped with the host.
/// </summary>
internal sealed partial class EmbeddedPostgres : IAsyncDisposable
{
    private const string Name = "toolgate";
    private readonly PostgresOptions options;
    private readonly ClusterFolder folder;
    private readonly PostgresProcess process;
    private readonly SocketFolder socket;
    private int disposed;

    private EmbeddedPostgres(PostgresOptions options, ClusterFolder folder, SocketFolder socket, PostgresProcess process, PostgresBinaries binaries)
    {
        this.options = options;
        this.folder = folder;
        this.socket = socket;
        this.process = process;
        Binaries = binaries;
        ConnectionString = Connection(Name, Name, socket).ConnectionString;
        AdministratorConnectionString = Connection("postgres", "postgres", socket).ConnectionString;
    }

    /// <summary>Connects as the role <c>toolgate</c>, which owns the database <c>toolgate</c> and nothing else.</summary>
    public string ConnectionString { get; }

    /// <summary>Connects as the cluster's superuser; for tests that make databases.</summary>
    public string AdministratorConnectionString { get; }

    /// <summary>The programs that run.</summary>
    public PostgresBinaries Binaries { get; }

    /// <summary>The data directory.</summary>
    public string Cluster => folder.Path;

    /// <summary>The server's process id, or null while it does not run.</summary>
    public int? ProcessId => process.ProcessId;

    /// <summary>Completes when the server has ended for good.</summary>
    public Task Ended => process.Ended;

    /// <summary>Starts the server, making the cluster first when there is none, and returns once it answers.</summary>
    /// <exception cref="StartupFailureException">It cannot be started; the message says why and what to do.</exception>
    public static async Task<EmbeddedPostgres> Start(PostgresOptions options, ILogger logger, CancellationToken cancellationToken = default)
    {
        var user = await PostgresUser.Choose(cancellationToken);
        var folder = await ClusterFolder.Claim(Path.GetFullPath(options.DataFolder), user, logger, cancellationToken);
        EmbeddedPostgres? server = null;
        SocketFolder? socket = null;
        try
        {
            var binaries = await PostgresBinaries.Find(options.Places, folder.Major, folder.Path, cancellationToken);
            if (!await user.CanReach(binaries.Server, cancellationToken))
            {
                throw new StartupFailureException(
                    $"PostgreSQL runs as the user '{user.Name}', which cannot reach its programs in {binaries.Folder}. "
                    + "Put them into a folder that every user can pass and name it in Toolgate:Postgres:BinDirectory.");
            }

            await Postmaster.EndLeftover(folder.Path, logger, cancellationToken);
            await Initialise(binaries, folder, user, logger, cancellationToken);
            socket = await SocketFolder.Create(folder.Path, user, cancellationToken);
            var arguments = ServerCommand.Of(binaries, folder.Path, socket.Path, options.Settings);
            server = new EmbeddedPostgres(
                options, folder, socket, new PostgresProcess(() => Command.Describe(arguments[0], arguments.Skip(1), user.Name), logger), binaries);
            await server.WaitUntilReady(cancellationToken);
            server.process.MarkReady();
            Log.Started(logger, binaries.Version, folder.Path);
            return server;
        }
        catch
        {
            if (server is not null)
            {
                await server.DisposeAsync();
            }
            else
            {
                socket?.Dispose();
                folder.Dispose();
            }

            throw;
        }
    }

    /// <summary>Stops the server; connections must be closed by then or they are cut off.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 1)
        {
            return;
        }

        await process.Stop(options.StopImmediately);
        process.Dispose();
        socket.Dispose();
        folder.Dispose();
    }

    private static async Task Initialise(
        PostgresBinaries binaries, ClusterFolder folder, PostgresUser user, ILogger logger, CancellationToken cancellationToken)
    {
        if (folder.Major is not null)
        {
            return;
        }

        if (Directory.Exists(folder.Path) && Directory.EnumerateFileSystemEntries(folder.Path).Any())
        {
            throw new StartupFailureException(
                $"{folder.Path} is not a PostgreSQL data directory (it has no PG_VERSION), but it is not empty either. Move it away or choose another folder with Toolgate:DataDirectory.");
        }

        var started = Stopwatch.GetTimestamp();
        if (Directory.Exists(folder.Unfinished))
        {
            Directory.Delete(folder.Unfinished, recursive: true);
        }

        Directory.CreateDirectory(folder.Unfinished, SocketFolder.OwnerOnly);
        await user.Own(folder.Unfinished, cancellationToken);
        // Everybody who can open the socket is this user or root (its folder has mode 0700), so no password guards it.
        string[] locale = binaries.Major >= 17 ? ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] : [];
        var made = await Command.Run(
            binaries.InitDb,
            ["-D", folder.Unfinished, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", .. locale, "--data-checksums", "--no-instructions"],
            user.Name,
            cancellationToken);
        if (made.ExitCode != 0)
        {
            throw new StartupFailureException($"PostgreSQL could not make its data directory {folder.Path}: {made.Errors.Trim()}");
        }

        if (Directory.Exists(folder.Path))
        {
            Directory.Delete(folder.Path);
        }

        Directory.Move(folder.Unfinished, folder.Path);
        Log.Initialised(logger, folder.Path, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    private async Task WaitUntilReady(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString);
                await connection.OpenAsync(cancellationToken);
                return;
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.InvalidAuthorizationSpecification)
            {
                await CreateDatabase(cancellationToken);
            }
            catch (NpgsqlException e)
            {
                // Not listening yet, or still recovering (57P03): both pass.
                if (process.Ended.IsCompleted)
                {
                    throw new StartupFailureException($"PostgreSQL {Binaries.Version} did not start: {process.LastWords}", e);
                }

                if (Stopwatch.GetElapsedTime(started) > options.StartTimeout)
                {
                    throw new StartupFailureException(
                        $"PostgreSQL {Binaries.Version} did not become ready within {options.StartTimeout.TotalSeconds:0} s: {process.LastWords}", e);
                }

                await Task.Delay(10, cancellationToken);
            }
        }
    }

    private async Task CreateDatabase(CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(AdministratorConnectionString);
        await connection.OpenAsync(cancellationToken);
        foreach (var (exists, create) in ((string, string)[])[
            ("select 1 from pg_roles where rolname = 'toolgate'", "create role toolgate login"),
            ("select 1 from pg_database where datname = 'toolgate'", "create database toolgate owner toolgate")])
        {
            await using var check = new NpgsqlCommand(exists, connection);
            if (await check.ExecuteScalarAsync(cancellationToken) is null)
            {
                await using var command = new NpgsqlCommand(create, connection);
                await command.ExecuteNonQueryAsync(cancellationToken);
            }
        }
    }

    private static NpgsqlConnectionStringBuilder Connection(string user, string database, SocketFolder socket) => new()
    {
        Host = socket.Path,
        Port = ServerCommand.Port,
        Username = user,
        Database = database,
        Pooling = false,
        SslMode = SslMode.Disable,
    };

    /// <summary>Messages of the embedded server.</summary>
    internal static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "PostgreSQL {Version} is ready on {Cluster}.")]
        public static partial void Started(ILogger logger, string version, string cluster);

        [LoggerMessage(2, LogLevel.Information, "Made a PostgreSQL data directory in {Cluster} ({Milliseconds:0} ms).")]
        public static partial void Initialised(ILogger logger, string cluster, double milliseconds);

        [LoggerMessage(3, LogLevel.Warning, "A PostgreSQL server (process {ProcessId}) was left by a host that was killed: stopping it.")]
        public static partial void StoppingLeftover(ILogger logger, int processId);

        [LoggerMessage(4, LogLevel.Error, "PostgreSQL ended unexpectedly (exit code {ExitCode}: {LastWords}); starting it again.")]
        public static partial void Crashed(ILogger logger, int exitCode, string lastWords);

        [LoggerMessage(5, LogLevel.Warning, "PostgreSQL: {Line}")]
        public static partial void ServerTrouble(ILogger logger, string line);

        [LoggerMessage(6, LogLevel.Debug, "PostgreSQL: {Line}")]
        public static partial void ServerSaid(ILogger logger, string line);

        [LoggerMessage(7, LogLevel.Information, "PostgreSQL runs as '{User}', which cannot pass into {DataFolder}: its data directory is {Cluster}.")]
        public static partial void PlacedAside(ILogger logger, string user, string dataFolder, string cluster);
    }
}
