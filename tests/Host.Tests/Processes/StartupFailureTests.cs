using System.Net;
using System.Net.Sockets;
using Npgsql;
using Toolgate.TestSupport;

namespace Toolgate.Host.Tests;

/// <summary>Each reason not to start, provoked: exit code 1 and one message that says what to do.</summary>
public sealed class StartupFailureTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task a_folder_without_programs_is_named()
    {
        var refused = await HostProcess.Refused(Data, $"--Toolgate:Postgres:BinDirectory={folder["empty"]}");

        ShouldSayOnly(refused, $"Toolgate:Postgres:BinDirectory is {folder["empty"]}, but there is no postgres and initdb in it.");
    }

    [Fact]
    public async Task programs_older_than_fourteen_are_refused()
    {
        FakePrograms("13.4 (Debian 13.4-1)");

        var refused = await HostProcess.Refused(Data, $"--Toolgate:Postgres:BinDirectory={folder["bin"]}");

        ShouldSayOnly(refused, $"PostgreSQL 13.4 in {folder["bin"]} is too old: Toolgate needs PostgreSQL 14 or later.");
    }

    [Fact]
    public async Task a_data_directory_of_another_major_version_is_refused_and_left_alone()
    {
        Directory.CreateDirectory(folder["data/postgres"]);
        File.WriteAllText(folder["data/postgres/PG_VERSION"], "99\n");

        var refused = await HostProcess.Refused(Data);

        ShouldSayOnly(refused, $"The data directory {folder["data/postgres"]} belongs to PostgreSQL 99, found {await TestCluster.Major()}");
        Directory.GetFileSystemEntries(folder["data/postgres"]).ShouldBe([folder["data/postgres/PG_VERSION"]]);
    }

    [Fact]
    public async Task a_folder_that_is_no_data_directory_is_refused_and_left_alone()
    {
        Directory.CreateDirectory(folder["data/postgres"]);
        File.WriteAllText(folder["data/postgres/precious"], "");

        ShouldSayOnly(await HostProcess.Refused(Data), $"{folder["data/postgres"]} is not a PostgreSQL data directory");
        File.Exists(folder["data/postgres/precious"]).ShouldBeTrue();
    }

    [Fact]
    public async Task a_data_folder_in_use_is_refused_with_the_process_that_has_it()
    {
        await using var first = HostProcess.Start(Data);
        var address = await first.Serving();

        var refused = await HostProcess.Refused(Data);

        ShouldSayOnly(refused, $"The data folder {folder["data"]} is in use by another Toolgate (process {first.Id}).");
        using var http = new HttpClient();
        (await http.GetAsync(new Uri(address, "/readyz"))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task a_taken_port_is_named()
    {
        await using var database = await TestDatabase.Create();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}";

        var refused = await HostProcess.Refused(Data, Connection(database.ConnectionString), "--urls=" + address);

        ShouldSayOnly(refused, $"{address} is in use by another program. Choose another address with --urls");
    }

    [Fact]
    public async Task a_taken_port_leaves_no_embedded_server_behind()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        var refused = await HostProcess.Refused(Data, $"--urls=http://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}");

        refused.ExitCode.ShouldBe(1);
        refused.Errors.ShouldContain("is in use by another program");
        Directory.Exists(folder["data/postgres"]).ShouldBeTrue();
        File.Exists(folder["data/postgres/postmaster.pid"]).ShouldBeFalse();
    }

    [Fact]
    public async Task a_wrong_password_is_told_without_the_password()
    {
        var connection = await WithPasswordFor("locked");
        connection.Password = "not-the-password-7413";

        var refused = await HostProcess.Refused(Data, Connection(connection.ConnectionString));

        ShouldSayOnly(refused, "refused the credentials of the user 'locked'. Check ConnectionStrings:Toolgate.");
        refused.Errors.ShouldNotContain("7413");
    }

    [Fact]
    public async Task a_missing_password_is_told()
    {
        var connection = await WithPasswordFor("locked_too");
        connection.Password = null;

        ShouldSayOnly(await HostProcess.Refused(Data, Connection(connection.ConnectionString)), "asks for a password of the user 'locked_too'");
    }

    [Fact]
    public async Task a_missing_database_is_told_with_the_command_that_makes_it()
    {
        var connection = new NpgsqlConnectionStringBuilder(await TestCluster.AdministratorConnectionString()) { Database = "nowhere" };

        ShouldSayOnly(await HostProcess.Refused(Data, Connection(connection.ConnectionString)), "has no database 'nowhere'. Create it (createdb");
    }

    [Fact]
    public async Task a_server_that_cannot_be_reached_is_told()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();

        var refused = await HostProcess.Refused(
            Data, Connection($"Host=127.0.0.1;Port={port};Username=toolgate;Database=toolgate;Password=hidden-5512"), "--Toolgate:Postgres:ConnectTimeout=00:00:00.5");

        ShouldSayOnly(refused, $"PostgreSQL on 127.0.0.1:{port} cannot be reached");
        refused.Errors.ShouldNotContain("5512");
    }

    [Fact]
    public async Task an_unreadable_connection_string_is_not_quoted()
    {
        var refused = await HostProcess.Refused(Data, Connection("postgres://user:hidden-9124@db/toolgate"));

        ShouldSayOnly(refused, "ConnectionStrings:Toolgate cannot be read.");
        refused.Errors.ShouldNotContain("9124");
    }

    [Fact]
    public async Task a_server_older_than_fourteen_is_refused()
    {
        using var old = new OldServer("13.9");

        var refused = await HostProcess.Refused(
            Data, Connection($"Host=127.0.0.1;Port={old.Port};Username=toolgate;Database=toolgate;Server Compatibility Mode=NoTypeLoading;SSL Mode=Disable"));

        ShouldSayOnly(refused, $"PostgreSQL 13.9 on 127.0.0.1:{old.Port} is too old: Toolgate needs PostgreSQL 14 or later.");
    }

    [Fact]
    public async Task a_configured_server_is_used_and_none_is_started()
    {
        await using var database = await TestDatabase.Create();
        await using var host = HostProcess.Start(Data, Connection(database.ConnectionString));
        await host.Serving();

        Directory.Exists(folder["data/postgres"]).ShouldBeFalse();
        (await database.Scalar<long>("select count(*) from events.mt_events")).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task a_short_bootstrap_key_is_refused_without_being_shown()
    {
        await using var database = await TestDatabase.Create();

        var refused = await HostProcess.Refused(Data, Connection(database.ConnectionString), "--Toolgate:BootstrapKey=short-6631");

        ShouldSayOnly(refused, "BootstrapKey");
        refused.Errors.ShouldNotContain("6631");
    }

    [Fact]
    public async Task an_unknown_verb_is_misuse()
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        (await CommandLine.Run(["fly"], output, errors)).ShouldBe(2);
        errors.ToString().ShouldContain("there is no verb 'fly'");
    }

    private string Data => "--Toolgate:DataDirectory=" + folder["data"];

    private static string Connection(string connectionString) => "--ConnectionStrings:Toolgate=" + connectionString;

    private static void ShouldSayOnly((int ExitCode, string Output, string Errors) refused, string message)
    {
        refused.Errors.ShouldContain(message);
        refused.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(1, refused.Errors);
        refused.Errors.ShouldStartWith("toolgate: ");
        refused.Output.ShouldNotContain("   at ");
        refused.ExitCode.ShouldBe(1);
    }

    private void FakePrograms(string version)
    {
        Directory.CreateDirectory(folder["bin"]);
        foreach (var program in (string[])["postgres", "initdb"])
        {
            File.WriteAllText(folder["bin/" + program], $"#!/bin/sh\necho '{program} (PostgreSQL) {version}'\n");
            File.SetUnixFileMode(folder["bin/" + program], (UnixFileMode)0b111_101_101);
        }
    }

    /// <summary>A role of the shared cluster that, unlike all others there, must give a password.</summary>
    private static async Task<NpgsqlConnectionStringBuilder> WithPasswordFor(string role)
    {
        await using var administrator = new NpgsqlConnection(await TestCluster.AdministratorConnectionString());
        await administrator.OpenAsync();
        await using var rules = new NpgsqlCommand("show hba_file", administrator);
        var file = (string)(await rules.ExecuteScalarAsync())!;
        File.WriteAllText(file, $"local all {role} scram-sha-256\n{File.ReadAllText(file)}");
        await using var make = new NpgsqlCommand($"create role {role} login password 'the-password'; select pg_reload_conf()", administrator);
        await make.ExecuteNonQueryAsync();
        var connection = new NpgsqlConnectionStringBuilder(administrator.ConnectionString) { Username = role, Password = "the-password", Database = "postgres" };
        await Eventually.Holds(
            async () =>
            {
                await using var probe = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection.ConnectionString) { Password = "x" }.ConnectionString);
                try
                {
                    await probe.OpenAsync();
                    return false;
                }
                catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidPassword)
                {
                    return true;
                }
            },
            "the rule is in force");
        return connection;
    }
}
