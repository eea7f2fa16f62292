using Toolgate.TestSupport;

namespace Toolgate.Host.Tests;

public sealed class FindingBinariesTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task path_comes_before_versioned_folders_before_package_managers_before_the_npm_package()
    {
        Make("path", "14.1");
        Make("versions/16/bin", "16.2");
        Make("brew/postgresql@17/bin", "17.3");
        Make(".tools/node_modules/" + PostgresPlaces.PackageName + "/native/bin", "18.4");

        (await Find()).Folder.ShouldBe(folder["path"]);
        Directory.Delete(folder["path"], recursive: true);
        (await Find()).Version.ShouldBe("16.2");
        Directory.Delete(folder["versions"], recursive: true);
        (await Find()).Version.ShouldBe("17.3");
        Directory.Delete(folder["brew"], recursive: true);
        (await Find()).Version.ShouldBe("18.4");
    }

    [Fact]
    public async Task of_versioned_folders_the_newest_is_taken_by_number()
    {
        Make("versions/9/bin", "9.6");
        Make("versions/16/bin", "16.2");
        Make("versions/15/bin", "15.7");

        (await Find()).Major.ShouldBe(16);
    }

    [Fact]
    public async Task an_existing_cluster_gets_the_programs_of_its_version_wherever_they_are()
    {
        Make("path", "17.3");
        Make("versions/15/bin", "15.7");

        (await Find(wanted: 15)).Folder.ShouldBe(folder["versions/15/bin"]);
    }

    [Fact]
    public async Task without_programs_the_ways_out_are_listed()
    {
        var failure = await Should.ThrowAsync<StartupFailureException>(() => Find());

        foreach (var way in (string[])["./run", "apt install postgresql", "brew install", "Toolgate:Postgres:BinDirectory", "ConnectionStrings:Toolgate"])
        {
            failure.Message.ShouldContain(way);
        }
    }

    [Fact]
    public async Task a_program_that_does_not_run_is_passed_over()
    {
        Make("path", "15.1");
        File.WriteAllText(folder["path/postgres"], "#!/bin/sh\nexit 1\n");
        Make("versions/16/bin", "16.2");

        (await Find()).Major.ShouldBe(16);
    }

    private Task<PostgresBinaries> Find(int? wanted = null) => PostgresBinaries.Find(
        new PostgresPlaces(null, folder["path"], [folder["versions"]], [folder["brew"]], [folder[".tools"]]), wanted, "/cluster", CancellationToken.None);

    private void Make(string where, string version)
    {
        Directory.CreateDirectory(folder[where]);
        foreach (var program in (string[])["postgres", "initdb"])
        {
            File.WriteAllText(folder[where + "/" + program], $"#!/bin/sh\necho '{program} (PostgreSQL) {version}'\n");
            File.SetUnixFileMode(folder[where + "/" + program], (UnixFileMode)0b111_101_101);
        }
    }
}
