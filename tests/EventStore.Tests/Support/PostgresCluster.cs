using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Toolgate.EventStore.Tests;

/// <summary>A throwaway PostgreSQL: initdb, socket only, gone with this process.</summary>
public sealed class PostgresCluster : IAsyncDisposable
{
    private static readonly Lazy<Task<PostgresCluster>> Lazy = new(() => Start());
    private readonly string root = Directory.CreateTempSubdirectory("tges").FullName;
    private readonly ManualResetEventSlim over = new();
    private Process? server;

    private PostgresCluster()
    {
    }

    /// <summary>The cluster that every test of this run shares. Tests that kill a server start their own.</summary>
    public static Task<PostgresCluster> Shared => Lazy.Value;

    private static string Bin => Directory.GetDirectories("/usr/lib/postgresql").Select(d => Path.Combine(d, "bin")).Order(StringComparer.Ordinal).Last();

    private static bool Root => Environment.UserName == "root";

    public static async Task<PostgresCluster> Start()
    {
        var cluster = new PostgresCluster();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => cluster.Remove();
        if (Root)
        {
            await Run("chown", "postgres", cluster.root);
        }

        await Run(AsPostgres([], Path.Combine(Bin, "initdb"), "-D", cluster.Data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale", "-N"));
        await cluster.Up();
        return cluster;
    }

    private string Data => Path.Combine(root, "data");

    public string Connection(string database)
        => $"Host={root};Username=postgres;Database={database};Maximum Pool Size=30;Include Error Detail=true;Timeout=10";

    public async Task<string> CreateDatabase()
    {
        var name = "t" + Guid.NewGuid().ToString("N")[..12];
        await using var connection = new NpgsqlConnection(Connection("postgres"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"create database {name}", connection);
        await command.ExecuteNonQueryAsync();
        return Connection(name);
    }

    /// <summary>Starts the server and returns when it answers; after a kill that includes its recovery.</summary>
    public async Task Up()
    {
        var deadline = Stopwatch.StartNew();
        while (true)
        {
            await Spawn();
            while (!server!.HasExited)
            {
                try
                {
                    await using var connection = new NpgsqlConnection(Connection("postgres") + ";Pooling=false");
                    await connection.OpenAsync();
                    return;
                }
                catch (NpgsqlException) when (deadline.Elapsed < TimeSpan.FromSeconds(60))
                {
                    await Task.Delay(20);
                }
            }

            // After a kill the old backends may still hold shared memory for a moment.
            deadline.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60), "PostgreSQL does not start.");
            await Task.Delay(50);
        }
    }

    /// <summary>Processor seconds that the server's living processes have used (Linux).</summary>
    public async Task<double> CpuSeconds()
    {
        var pid = File.ReadLines(Path.Combine(Data, "postmaster.pid")).First();
        var children = await Output("pgrep", "-P", pid);
        return children.Split('\n', StringSplitOptions.RemoveEmptyEntries).Sum(child =>
        {
            var fields = File.ReadAllText($"/proc/{child}/stat").Split(") ")[1].Split(' ');
            return (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / 100;
        });
    }

    /// <summary>kill -9 to the server and to each of its children.</summary>
    public async Task Kill()
    {
        var pid = File.ReadLines(Path.Combine(Data, "postmaster.pid")).First();
        var children = await Output("pgrep", "-P", pid);
        await Run("kill", ["-9", pid, .. children.Split('\n', StringSplitOptions.RemoveEmptyEntries)], mayFail: true);
        await server!.WaitForExitAsync();
    }

    public ValueTask DisposeAsync()
    {
        Remove();
        return ValueTask.CompletedTask;
    }

    private void Remove()
    {
        try
        {
            if (server is { HasExited: false })
            {
                var pid = int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First(), CultureInfo.InvariantCulture);
                using var quit = Process.Start("kill", ["-INT", pid.ToString(CultureInfo.InvariantCulture)]);
                quit.WaitForExit();
                server.WaitForExit(10_000);
            }

            over.Set();
            Directory.Delete(root, recursive: true);
        }
        catch (IOException)
        {
            // A temp folder that cannot be removed is not what a test is about.
        }
    }

    private async Task Spawn()
    {
        var started = new TaskCompletionSource<Process>();

        // The death signal is tied to the thread that spawned, so that thread lives as long as this process.
        new Thread(() =>
        {
            started.SetResult(Process.Start(AsPostgres(
                ["--pdeathsig=INT"], Path.Combine(Bin, "postgres"), "-D", Data, "-c", "listen_addresses=", "-c", $"unix_socket_directories={root}", "-c", "max_connections=300",
                "-c", "log_min_messages=fatal"))!);
            over.Wait();
        })
        { IsBackground = true }.Start();
        server = await started.Task;
        _ = server.StandardError.ReadToEndAsync();
        _ = server.StandardOutput.ReadToEndAsync();
    }

    private static ProcessStartInfo AsPostgres(string[] options, string program, params string[] arguments) => new(
        "setpriv", [.. Root ? ["--reuid=postgres", "--regid=postgres", "--clear-groups"] : Array.Empty<string>(), .. options, "--", program, .. arguments])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = "/",
        Environment = { ["LC_ALL"] = "C" },
    };

    private static Task Run(string program, params string[] arguments) => Run(program, arguments, mayFail: false);

    private static Task Run(string program, string[] arguments, bool mayFail)
        => Run(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true }, mayFail);

    private static async Task Run(ProcessStartInfo start, bool mayFail = false)
    {
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        await output;
        if (!mayFail)
        {
            process.ExitCode.ShouldBe(0, await error);
        }
    }

    private static async Task<string> Output(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        return await process.StandardOutput.ReadToEndAsync();
    }
}
