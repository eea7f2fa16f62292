using System.Diagnostics;

namespace Toolgate.Host.Tests;

public sealed class CommandsTests
{
    [Fact]
    public async Task run_help_explains_itself_from_any_folder_and_builds_nothing()
    {
        var (exitCode, output) = await Run(Path.Combine(Root, "run"), "--help");

        exitCode.ShouldBe(0);
        output.ShouldStartWith("Usage: ./run");
        output.ShouldContain("--ConnectionStrings:Toolgate");
    }

    [Theory]
    [InlineData("run")]
    [InlineData("test")]
    [InlineData(".ci/run")]
    public async Task the_commands_are_executable_and_valid_bash(string command)
    {
        var file = Path.Combine(Root, command);

        File.GetUnixFileMode(file).ShouldSatisfyAllConditions(mode => mode.HasFlag(UnixFileMode.UserExecute).ShouldBeTrue());
        (await Run("/usr/bin/env", "bash", "-n", file)).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task help_and_version_of_the_host_start_nothing()
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();

        (await CommandLine.Run(["--help"], output, errors)).ShouldBe(0);
        (await CommandLine.Run(["--version"], output, errors)).ShouldBe(0);

        output.ToString().ShouldContain("Usage: toolgate");
        output.ToString().ShouldContain("toolgate " + CommandLine.Version);
        errors.ToString().ShouldBe("");
    }

    private static string Root
    {
        get
        {
            var at = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(at!.FullName, "Monolith.sln")))
            {
                at = at.Parent;
            }

            return at.FullName;
        }
    }

    private static async Task<(int ExitCode, string Output)> Run(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }
}
