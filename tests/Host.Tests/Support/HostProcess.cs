using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Toolgate.Host.Tests;

/// <summary>The built host as an operator runs it: a process with arguments, output and an exit code.</summary>
internal sealed partial class HostProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process process;
    private readonly ConcurrentQueue<string> output = new();
    private readonly ConcurrentQueue<string> errors = new();
    private readonly TaskCompletionSource<Uri> serving = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private HostProcess(ProcessStartInfo start)
    {
        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Heard(line.Data);
        process.ErrorDataReceived += (_, line) => { if (line.Data is not null) { errors.Enqueue(line.Data); } };
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => process.Id;

    public string Output => string.Join("\n", output);

    public string Errors => string.Join("\n", errors);

    /// <summary>The owner key that was printed, or null.</summary>
    public string? OwnerKey => KeyLine().Match(Output) is { Success: true } match ? match.Groups[1].Value : null;

    /// <summary>Starts the host on a free port.</summary>
    public static HostProcess Start(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(ToolgateHost).Assembly.Location, "--urls=http://127.0.0.1:0", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // What configures the tests' own environment is not what is tested.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("ASPNETCORE_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        return new HostProcess(start);
    }

    /// <summary>Runs a host that is expected to refuse to start, and answers what it said.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> Refused(params IEnumerable<string> arguments)
    {
        await using var host = Start(arguments);
        return (await host.ExitCode(), host.Output, host.Errors);
    }

    /// <summary>Waits until it says where it serves.</summary>
    public async Task<Uri> Serving()
    {
        var ended = process.WaitForExitAsync();
        var first = await Task.WhenAny(serving.Task, ended, Task.Delay(Patience));
        return first == serving.Task
            ? await serving.Task
            : throw new InvalidOperationException($"The host does not serve.\n{Output}\n{Errors}");
    }

    public async Task<int> ExitCode()
    {
        await process.WaitForExitAsync().WaitAsync(Patience);
        return process.ExitCode;
    }

    public void Interrupt() => Signals.Send(process.Id, Signals.FastShutdown).ShouldBeTrue();

    public void Kill() => Signals.Send(process.Id, Signals.Kill).ShouldBeTrue();

    /// <summary>The process id of the PostgreSQL that works on a data folder, from its own lock file.</summary>
    public static int PostgresOf(string dataFolder)
        => int.Parse(File.ReadLines(Path.Combine(dataFolder, "postgres", "postmaster.pid")).First(), NumberStyles.None, CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            Interrupt();
            await process.WaitForExitAsync().WaitAsync(Patience);
        }

        process.Dispose();
    }

    private void Heard(string? line)
    {
        if (line is null)
        {
            return;
        }

        output.Enqueue(line);
        if (AddressLine().Match(line) is { Success: true } match)
        {
            serving.TrySetResult(new Uri(match.Groups[1].Value));
        }
    }

    [GeneratedRegex(@"serves on (http://\S+)")]
    private static partial Regex AddressLine();

    [GeneratedRegex(@"owner key +(tgk_\S+)")]
    private static partial Regex KeyLine();
}

/// <summary>Waits for something that another process will do.</summary>
internal static class Eventually
{
    public static async Task Holds(Func<bool> condition, string what) => await Holds(() => Task.FromResult(condition()), what);

    public static async Task Holds(Func<Task<bool>> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Stopwatch.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(30), what);
            await Task.Delay(20);
        }
    }

    /// <summary>Whether a process is there and not only waiting to be reaped.</summary>
    public static bool IsAlive(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return !process.HasExited && !File.ReadAllText($"/proc/{processId}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is ArgumentException or IOException or InvalidOperationException)
        {
            return false;
        }
    }
}
