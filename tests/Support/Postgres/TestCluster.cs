using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Toolgate.Host;

namespace Toolgate.TestSupport;

/// <summary>
/// The throwaway PostgreSQL of this test process: started by the first test that needs it, with the code that starts the embedded
/// server, and removed when the process exits. A killed test process takes it along.
/// </summary>
public static class TestCluster
{
    private static readonly Lazy<Task<EmbeddedPostgres>> Shared = new(Start);

    // Held for good: were it collected, its pipe would close and the folder go while it is in use.
    private static Process? reaper;

    /// <summary>Connects as superuser to the maintenance database; databases for tests come from <see cref="TestDatabase.Create"/>.</summary>
    public static async Task<string> AdministratorConnectionString() => (await Shared.Value).AdministratorConnectionString;

    /// <summary>Major version of the server.</summary>
    public static async Task<int> Major() => (await Shared.Value).Binaries.Major;

    private static async Task<EmbeddedPostgres> Start()
    {
        var folder = TestFolder.CreateShort();
        RemoveWhenThisProcessEnds(folder);
        var server = await EmbeddedPostgres.Start(
            new PostgresOptions
            {
                DataFolder = folder,
                Places = PostgresPlaces.OfThisMachine(configured: null),
                StopImmediately = true,
                Settings = new Dictionary<string, string>
                {
                    ["fsync"] = "off",
                    ["full_page_writes"] = "off",
                    ["shared_buffers"] = "64MB",
                    ["max_connections"] = "200",
                    ["autovacuum_naptime"] = "10min",
                },
            },
            NullLogger.Instance);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.DisposeAsync().AsTask().Wait();
        return server;
    }

    // Test runners end their process without much ado. A shell that waits for the end of a pipe outlives even a kill.
    private static void RemoveWhenThisProcessEnds(string folder)
    {
        const string script = """cat > /dev/null; until rm -rf "$0" 2> /dev/null; do sleep 0.2; done""";
        var start = new ProcessStartInfo("/bin/sh", ["-c", script, folder]) { RedirectStandardInput = true, WorkingDirectory = "/" };
        reaper = Process.Start(start);
    }
}
