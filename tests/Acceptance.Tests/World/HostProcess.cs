using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Toolgate.TestSupport;

namespace Toolgate.Acceptance.Tests;

/// <summary>The built program in a process of its own, as ./run starts it: for what only a process can show, such as its sudden death.</summary>
public sealed class HostProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly StringBuilder output = new();

    private HostProcess(Process process, Uri address)
    {
        this.process = process;
        Address = address;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public Uri Address { get; }

    /// <summary>What it printed so far.</summary>
    public string Output
    {
        get
        {
            lock (output)
            {
                return output.ToString();
            }
        }
    }

    /// <summary>Starts the program on the database and data folder of a server, which may run or not, and waits until it is ready.</summary>
    public static Task<HostProcess> Start(ToolgateServer server, params (string Name, string Value)[] settings)
        => Start(server.Database.ConnectionString, server.DataFolder, server.OwnerKey, settings);

    /// <summary>Starts the program on a database.</summary>
    /// <param name="connectionString">The database.</param>
    /// <param name="dataFolder">Its data folder.</param>
    /// <param name="ownerKey">The owner's key; null when the workspace is there.</param>
    /// <param name="settings">Further variables of the process.</param>
    public static async Task<HostProcess> Start(string connectionString, string dataFolder, string? ownerKey, params (string Name, string Value)[] settings)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        var configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var program = Path.Combine(Repository.Root, "artifacts", "bin", "Toolgate.Host", configuration, "Toolgate.Host.dll");
        var start = new ProcessStartInfo("dotnet", [program, "--urls", address.GetLeftPart(UriPartial.Authority), $"--Toolgate:DataDirectory={dataFolder}"])
        {
            WorkingDirectory = dataFolder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ConnectionStrings__Toolgate"] = connectionString;
        start.Environment["Toolgate__Egress__AllowPrivateNetworks"] = "true";
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        if (ownerKey is not null)
        {
            start.Environment["Toolgate__BootstrapKey"] = ownerKey;
        }

        var host = new HostProcess(Process.Start(start)!, address);
        try
        {
            await host.Ready();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends it the way a power cut does.</summary>
    public async Task Kill()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await Kill();
        }

        process.Dispose();
    }

    private async Task Ready()
    {
        using var http = new HttpClient { BaseAddress = Address };
        await World.Eventually(
            async () =>
            {
                process.HasExited.ShouldBeFalse($"The host ended:\n{Output}");
                try
                {
                    using var response = await http.GetAsync("/readyz");
                    return response.StatusCode == HttpStatusCode.OK;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            "the host process to be ready");
    }

    private void Keep(string? line)
    {
        lock (output)
        {
            output.AppendLine(line);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
