using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Toolgate.TestSupport;

namespace Toolgate.Host.Tests;

public sealed class ClusterTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task the_server_listens_on_a_private_socket_only()
    {
        await using var server = await Start(folder["data"]);

        (await Ask<string>(server, "show listen_addresses")).ShouldBe("");
        (await Ask<string>(server, "show synchronous_commit")).ShouldBe("on");
        (await Ask<string>(server, "show fsync")).ShouldBe("on");
        (await Ask<string>(server, "show data_checksums")).ShouldBe("on");
        File.GetUnixFileMode(Path.GetDirectoryName(server.Cluster + "/x")!).ShouldBe(SocketFolder.OwnerOnly);
    }

    [Fact]
    public async Task the_database_sorts_by_code_point()
    {
        await using var server = await Start(folder["data"]);

        (await Ask<string>(server, "select string_agg(x, '' order by x) from unnest(array['a','B','ä','Z']) x")).ShouldBe("BZaä");
    }

    [Fact]
    public async Task settings_of_the_operator_win_except_those_that_keep_the_server_private()
    {
        await using var server = await Start(folder["data"], new() { ["max_connections"] = "33", ["listen_addresses"] = "*" });

        (await Ask<string>(server, "show max_connections")).ShouldBe("33");
        (await Ask<string>(server, "show listen_addresses")).ShouldBe("");
    }

    [Fact]
    public async Task a_path_too_long_for_a_socket_gets_one_elsewhere_that_goes_away()
    {
        var deep = folder[string.Join('/', Enumerable.Repeat("a-rather-long-folder-name", 6))];
        Directory.CreateDirectory(deep);
        string socket;
        await using (var server = await Start(deep))
        {
            socket = new NpgsqlConnectionStringBuilder(server.ConnectionString).Host!;
            socket.ShouldNotBe(server.Cluster);
            File.GetUnixFileMode(socket).ShouldBe(SocketFolder.OwnerOnly);
            (await Ask<int>(server, "select 1")).ShouldBe(1);
        }

        Directory.Exists(socket).ShouldBeFalse();
    }

    [Fact]
    public async Task a_half_made_cluster_of_a_killed_host_is_made_anew()
    {
        Directory.CreateDirectory(folder["data/postgres.unfinished/base"]);
        File.WriteAllText(folder["data/postgres.unfinished/PG_VERSION"], "15\n");

        await using var server = await Start(folder["data"]);

        (await Ask<int>(server, "select 1")).ShouldBe(1);
        Directory.Exists(folder["data/postgres.unfinished"]).ShouldBeFalse();
    }

    [Fact]
    public async Task as_root_a_folder_that_others_cannot_pass_gets_its_cluster_aside()
    {
        Directory.CreateDirectory(folder["closed"], SocketFolder.OwnerOnly);
        var user = await PostgresUser.Choose(CancellationToken.None);
        await using var server = await Start(folder["closed/data"]);
        try
        {
            (await Ask<int>(server, "select 1")).ShouldBe(1);
            if (user.Name is null)
            {
                server.Cluster.ShouldBe(folder["closed/data/postgres"]);
            }
            else
            {
                server.Cluster.ShouldStartWith("/var/lib/toolgate/");
                File.ReadAllText(folder["closed/data/postgres.location"]).Trim().ShouldBe(server.Cluster);
            }
        }
        finally
        {
            await server.DisposeAsync();
            TestFolder.Delete(Path.GetDirectoryName(server.Cluster)!);
        }
    }

    [Fact]
    public async Task a_server_that_cannot_start_is_told_in_its_own_words()
    {
        var failure = await Should.ThrowAsync<StartupFailureException>(() => Start(folder["data"], new() { ["no_such_setting"] = "1" }));

        failure.Message.ShouldContain("did not start");
        failure.Message.ShouldContain("no_such_setting");
    }

    private static Task<EmbeddedPostgres> Start(string dataFolder, Dictionary<string, string>? settings = null) => EmbeddedPostgres.Start(
        new PostgresOptions { DataFolder = dataFolder, Places = PostgresPlaces.OfThisMachine(null), Settings = settings ?? [] },
        NullLogger.Instance);

    private static async Task<T> Ask<T>(EmbeddedPostgres server, string sql)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
