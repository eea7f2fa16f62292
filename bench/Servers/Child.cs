using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Toolgate.Bench;

/// <summary>A server in a process of its own, stopped by its id.</summary>
internal sealed class Child : IAsyncDisposable
{
    private readonly Process process;

    private Child(Process process, Uri address)
    {
        this.process = process;
        Address = address;
    }

    public Uri Address { get; }

    /// <summary>Resident memory, in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <summary>Processor time spent so far.</summary>
    public TimeSpan Cpu
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Starts this program again as one of its servers.</summary>
    public static Task<Child> Self(string verb) => Start(port => ["exec", typeof(Child).Assembly.Location, verb, port.ToString(System.Globalization.CultureInfo.InvariantCulture)], [], "/");

    /// <summary>Starts the Toolgate host with a data folder and settings.</summary>
    public static Task<Child> Toolgate(string dataFolder, params (string Name, string Value)[] settings)
        => Start(
            port => ["exec", HostAssembly(), "--urls", $"http://127.0.0.1:{port}"],
            [("Toolgate__DataDirectory", dataFolder), ("Logging__LogLevel__Default", "Warning"), .. settings],
            "/readyz");

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            using var stop = Process.Start("kill", ["-INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            try
            {
                await process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        process.Dispose();
    }

    private static string HostAssembly()
    {
        var beside = Path.Combine(AppContext.BaseDirectory, "Toolgate.Host.dll");
        return File.Exists(Path.ChangeExtension(beside, ".runtimeconfig.json"))
            ? beside
            : throw new FileNotFoundException("Build the whole solution in Release first: the host was not found beside the benchmark.");
    }

    private static async Task<Child> Start(Func<int, string[]> arguments, (string Name, string Value)[] settings, string ready)
    {
        var port = FreePort();
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in arguments(port))
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var child = new Child(process, new Uri($"http://127.0.0.1:{port}"));
        using var client = new HttpClient();
        while (true)
        {
            try
            {
                using var response = await client.GetAsync(new Uri(child.Address, ready));
                if (response.IsSuccessStatusCode)
                {
                    return child;
                }
            }
            catch (HttpRequestException) when (!process.HasExited)
            {
            }

            if (process.HasExited)
            {
                throw new InvalidOperationException($"The server ended with {process.ExitCode} before it was ready.");
            }

            await Task.Delay(10);
        }
    }
}
