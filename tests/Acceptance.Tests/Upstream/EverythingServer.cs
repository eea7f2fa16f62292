using System.Diagnostics;
using System.Globalization;

namespace Toolgate.Acceptance.Tests;

/// <summary>The official example server, as a process of its own that speaks streamable HTTP on loopback.</summary>
public sealed class EverythingServer : IAsyncDisposable
{
    private const string Announcement = "loopback port ";
    private readonly Process process;

    private EverythingServer(Process process, int port)
    {
        this.process = process;
        Url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/mcp");
    }

    /// <summary>Streamable HTTP.</summary>
    public string Url { get; }

    /// <summary>The program, for those who start it themselves.</summary>
    public static Task<string> Script => NodePackages.File("@modelcontextprotocol", "server-everything", "dist", "index.js");

    public static async Task<EverythingServer> Start()
    {
        var start = new ProcessStartInfo(NodePackages.Node, ["--import", "./clients/loopback.mjs", await Script, "streamableHttp"])
        {
            WorkingDirectory = await NodePackages.Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PORT"] = "0";
        var process = Process.Start(start)!;
        var port = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null)
            {
                port.TrySetException(new ShouldAssertException("The server ended before it listened."));
            }
            else if (line.Data.StartsWith(Announcement, StringComparison.Ordinal))
            {
                port.TrySetResult(int.Parse(line.Data.AsSpan(Announcement.Length), CultureInfo.InvariantCulture));
            }
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new EverythingServer(process, await port.Task.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
