using System.ComponentModel;
using System.Diagnostics;

namespace Toolgate.Host;

/// <summary>Runs a short command of the operating system.</summary>
internal static class Command
{
    private static readonly string[] ToolFolders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];

    /// <summary>
    /// A tool of the operating system by its full path, or null. By its bare name the framework would look into the current folder
    /// first, and run whatever lies there as root.
    /// </summary>
    public static string? Tool(string name) => ToolFolders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>How a command ended.</summary>
    /// <param name="ExitCode">Its exit code, 127 when it could not be started.</param>
    /// <param name="Output">Standard output.</param>
    /// <param name="Errors">Standard error.</param>
    internal sealed record Result(int ExitCode, string Output, string Errors);

    /// <summary>Runs a tool of the operating system; 127 when there is none of that name.</summary>
    public static async Task<Result> RunTool(string name, IEnumerable<string> arguments, string? user, CancellationToken cancellationToken)
        => Tool(name) is { } file ? await Run(file, arguments, user, cancellationToken) : new Result(127, "", $"There is no '{name}' on this system.");

    /// <summary>Runs <paramref name="file"/>, as <paramref name="user"/> when one is given (takes root).</summary>
    public static async Task<Result> Run(string file, IEnumerable<string> arguments, string? user, CancellationToken cancellationToken)
    {
        using var process = new Process { StartInfo = Describe(file, arguments, user) };
        process.StartInfo.RedirectStandardOutput = true;
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            return new Result(127, "", e.Message);
        }

        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return new Result(process.ExitCode, await output, await errors);
    }

    /// <summary>A start description free of everything that would leak in from this process: variables of libpq, folder, input.</summary>
    public static ProcessStartInfo Describe(string file, IEnumerable<string> arguments, string? user)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            // Another user may not be allowed into this process's folder.
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardError = true,
            UserName = user ?? "",
        };
        foreach (var name in start.Environment.Keys.Where(Leaks).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["LC_ALL"] = "C";
        return start;
    }

    // PGDATA, PGPORT and the like would change what the server does; our own configuration may hold secrets.
    private static bool Leaks(string name)
        => name.StartsWith("PG", StringComparison.Ordinal)
            || name.StartsWith("Toolgate__", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("ConnectionStrings__", StringComparison.OrdinalIgnoreCase);
}
