using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Toolgate.Connections;

/// <summary>
/// Starts MCP servers that are processes of this machine: only what the operator allows, with no variable but those of the connection, each in a process
/// group of its own that ends with its session, and all of them with Toolgate.
/// </summary>
internal sealed class StdioLauncher(IOptions<StdioOptions> options, IOptions<CallsOptions> calls, ILogger<StdioLauncher> logger) : IDisposable
{
    private readonly ConcurrentDictionary<StdioPipe, bool> running = new();

    /// <summary>How many run.</summary>
    public int Running => running.Count;

    /// <summary>Starts a server.</summary>
    /// <exception cref="McpFault">It is not allowed, or cannot be started.</exception>
    public StdioPipe Start(ConnectionKey key, McpServer server, PreparedAuth auth)
    {
        if (!options.Value.Allows(server))
        {
            throw McpFault.Unavailable("The operator of this deployment does not allow the command of this server.", retryable: false);
        }

        if (running.Count >= options.Value.MaxProcesses)
        {
            throw new McpFailureException(new ToolError("upstream_unavailable", "Too many servers run as processes already.", Retryable: true));
        }

        var command = Find(server.Command!) ?? throw McpFault.Unavailable("The command of this server does not exist here.", retryable: false);
        var home = Home(key);
        var start = new ProcessStartInfo
        {
            WorkingDirectory = home,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };

        // A session of its own: whatever the server starts is in its process group and ends with it.
        string[] line = Find("setsid") is { } setsid ? [setsid, command, .. server.Arguments] : [command, .. server.Arguments];
        start.FileName = line[0];
        foreach (var argument in line[1..])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Clear();
        start.Environment["PATH"] = options.Value.Path;
        start.Environment["HOME"] = home;
        foreach (var (name, value) in auth.Environment)
        {
            start.Environment[name] = value;
        }

        try
        {
            var process = Process.Start(start)!;
            var pipe = new StdioPipe(process, isGroup: line.Length > server.Arguments.Length + 1, auth, calls.Value.MaxResponseBytes, logger, pipe => running.TryRemove(pipe, out _));
            running[pipe] = true;
            return pipe;
        }
        catch (Exception exception) when (exception is System.ComponentModel.Win32Exception or InvalidOperationException or IOException)
        {
            throw McpFault.Unavailable("The server could not be started.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var pipe in running.Keys)
        {
            pipe.Kill();
        }
    }

    private string? Find(string command) => command.Contains('/', StringComparison.Ordinal)
        ? File.Exists(command) ? Path.GetFullPath(command) : null
        : options.Value.Path.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Combine(folder, command)).FirstOrDefault(File.Exists);

    /// <summary>A folder for what the server keeps between its lives; one connection never sees another's.</summary>
    private string Home(ConnectionKey key)
    {
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key.SortKey)))[..16];
        var folder = Path.Combine(Path.GetFullPath(options.Value.DataDirectory), "stdio", $"{key.Integration}-{name}");
        return OperatingSystem.IsWindows()
            ? Directory.CreateDirectory(folder).FullName
            : Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
    }
}
