using System.Diagnostics;

namespace Toolgate.Acceptance.Tests;

/// <summary>The locked npm packages of these tests, and the Node.js that runs them.</summary>
public static class NodePackages
{
    private static readonly Lazy<Task<string>> Installed = new(Install);

    /// <summary>The folder that holds <c>node_modules</c>, with the packages installed.</summary>
    public static Task<string> Folder => Installed.Value;

    /// <summary>
    /// The Node.js to run: the one that ./test installed because the machine's own is too old, else the one on the path.
    /// </summary>
    public static string Node { get; } = Directory.Exists(Tools)
        ? Directory.EnumerateFiles(Tools, "node", SearchOption.AllDirectories).FirstOrDefault(IsProgram) ?? "node"
        : "node";

    private static string Tools => Path.Combine(Repository.Root, ".tools", "node", "node_modules");

    /// <summary>A file of an installed package.</summary>
    public static async Task<string> File(string package, params string[] path) => Path.Combine([await Folder, "node_modules", package, .. path]);

    private static bool IsProgram(string file) => Path.GetFileName(Path.GetDirectoryName(file)) == "bin";

    /// <summary>Installs the locked packages when they are not there yet; one test process at a time.</summary>
    private static async Task<string> Install()
    {
        var folder = Path.Combine(Repository.Root, "tests", "Acceptance.Tests");
        var marker = Path.Combine(folder, "node_modules", ".package-lock.json");
        if (System.IO.File.Exists(marker)
            && System.IO.File.GetLastWriteTimeUtc(marker) >= System.IO.File.GetLastWriteTimeUtc(Path.Combine(folder, "package-lock.json")))
        {
            return folder;
        }

        using var npm = Process.Start(new ProcessStartInfo("npm", ["ci", "--ignore-scripts"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = npm.StandardOutput.ReadToEndAsync();
        var errors = npm.StandardError.ReadToEndAsync();
        await npm.WaitForExitAsync();
        npm.ExitCode.ShouldBe(0, await output + await errors);
        return folder;
    }
}
