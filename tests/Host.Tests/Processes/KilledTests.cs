using System.Net;
using Npgsql;
using Toolgate.TestSupport;

namespace Toolgate.Host.Tests;

/// <summary>What happens to the embedded server when somebody dies, and what the next start makes of it.</summary>
public sealed class KilledTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task an_interrupted_host_ends_with_zero_and_leaves_a_cleanly_stopped_server()
    {
        await using var host = HostProcess.Start(Data);
        await host.Serving();
        var postgres = HostProcess.PostgresOf(folder["data"]);

        host.Interrupt();

        (await host.ExitCode()).ShouldBe(0);
        host.Errors.ShouldBe("");
        Eventually.IsAlive(postgres).ShouldBeFalse();
        File.Exists(folder["data/postgres/postmaster.pid"]).ShouldBeFalse();
    }

    [Fact]
    public async Task a_killed_host_takes_its_server_along_and_the_next_start_has_everything()
    {
        await using var first = HostProcess.Start(Data);
        await first.Serving();
        var postgres = HostProcess.PostgresOf(folder["data"]);
        var key = first.OwnerKey.ShouldNotBeNull();

        first.Kill();

        await Eventually.Holds(() => !Eventually.IsAlive(postgres), "the server ends with its host");
        await using var second = HostProcess.Start(Data);
        using var api = new ApiClient(await second.Serving(), key);
        (await api.Get("/api/account/me"))["role"]!.GetValue<string>().ShouldBe("owner");
        second.OwnerKey.ShouldBeNull("it is shown once");
    }

    [Fact]
    public async Task a_start_right_after_a_kill_waits_for_the_old_server_to_be_gone()
    {
        await using var first = HostProcess.Start(Data);
        await first.Serving();
        var postgres = HostProcess.PostgresOf(folder["data"]);

        first.Kill();
        await using var second = HostProcess.Start(Data);
        await second.Serving();

        HostProcess.PostgresOf(folder["data"]).ShouldNotBe(postgres);
    }

    [Fact]
    public async Task a_killed_server_is_started_again()
    {
        await using var host = HostProcess.Start(Data);
        var address = await host.Serving();
        var postgres = HostProcess.PostgresOf(folder["data"]);
        using var http = new HttpClient { BaseAddress = address };

        Signals.Send(postgres, Signals.Kill).ShouldBeTrue();

        await Eventually.Holds(
            async () => File.Exists(folder["data/postgres/postmaster.pid"]) && HostProcess.PostgresOf(folder["data"]) != postgres && (await http.GetAsync("/readyz")).StatusCode == HttpStatusCode.OK,
            "the host is ready again on another server");
        host.Output.ShouldContain("PostgreSQL ended unexpectedly");
    }

    [Fact]
    public async Task a_server_that_outlived_its_host_is_stopped_and_replaced()
    {
        await (await Start()).DisposeAsync();
        var user = await PostgresUser.Choose(CancellationToken.None);
        var binaries = await PostgresBinaries.Find(PostgresPlaces.OfThisMachine(null), null, "", CancellationToken.None);
        var command = ServerCommand.Of(binaries, folder["data/postgres"], folder["data/postgres"], new Dictionary<string, string>());
        // Without the guard, as on a system that has none.
        using var orphan = new System.Diagnostics.Process
        {
            StartInfo = Command.Describe(binaries.Server, command.SkipWhile(part => part != binaries.Server).Skip(1), user.Name),
        };
        orphan.Start();
        await Eventually.Holds(() => File.Exists(folder["data/postgres/.s.PGSQL.5432"]), "the orphan serves");

        await using var server = await Start();

        orphan.WaitForExit(TimeSpan.FromSeconds(10)).ShouldBeTrue();
        await Answers(server);
    }

    [Fact]
    public async Task a_leftover_lock_file_that_names_an_unrelated_process_does_no_harm()
    {
        await (await Start()).DisposeAsync();
        File.WriteAllText(folder["data/postgres/postmaster.pid"], $"{Environment.ProcessId}\n{folder["data/postgres"]}\n");

        await using var server = await Start();

        await Answers(server);
    }

    private string Data => "--Toolgate:DataDirectory=" + folder["data"];

    private Task<EmbeddedPostgres> Start() => EmbeddedPostgres.Start(
        new PostgresOptions { DataFolder = folder["data"], Places = PostgresPlaces.OfThisMachine(null) },
        Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

    private static async Task Answers(EmbeddedPostgres server)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
    }
}
