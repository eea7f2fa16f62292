using System.Diagnostics;

namespace Toolgate.Host;

/// <summary>
/// The running server. A thread of its own starts it and stays for as long as it runs, for two reasons: the kernel's promise to
/// stop the server when its parent dies is bound to the thread that started it, and a server that crashed is started again.
/// </summary>
internal sealed class PostgresProcess : IDisposable
{
    private const int LinesKept = 20;
    private const int RestartsInARow = 5;

    private readonly ILogger logger;
    private readonly Func<ProcessStartInfo> describe;
    private readonly Thread keeper;
    private readonly ManualResetEventSlim stopRequested = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock gate = new();
    private readonly Queue<string> lastLines = new();
    private Process? running;
    private long startedAt;
    private volatile bool ready;

    /// <summary>Starts the server.</summary>
    /// <param name="describe">What to start, asked again for each restart.</param>
    /// <param name="logger">Told about crashes and the server's own messages.</param>
    public PostgresProcess(Func<ProcessStartInfo> describe, ILogger logger)
    {
        this.describe = describe;
        this.logger = logger;
        keeper = new Thread(Keep) { IsBackground = true, Name = "postgres" };
        keeper.Start();
    }

    /// <summary>Completes when the server has ended for good: stopped, unable to start, or crashed again and again.</summary>
    public Task Ended => ended.Task;

    /// <summary>The server's process id, or null while it does not run.</summary>
    public int? ProcessId
    {
        get
        {
            lock (gate)
            {
                return running?.Id;
            }
        }
    }

    /// <summary>What the server said last.</summary>
    public string LastWords
    {
        get
        {
            lock (lastLines)
            {
                var fatal = lastLines.Where(line => line.Contains("FATAL", StringComparison.Ordinal)).LastOrDefault();
                return fatal ?? string.Join(" ", lastLines);
            }
        }
    }

    /// <summary>From now on an end of the server is a crash, not a failure to start.</summary>
    public void MarkReady() => ready = true;

    /// <summary>Stops the server and waits until it is gone.</summary>
    public async Task Stop(bool immediately)
    {
        stopRequested.Set();
        foreach (var (signal, patience) in ((int, TimeSpan)[])[
            (immediately ? Signals.ImmediateShutdown : Signals.FastShutdown, TimeSpan.FromSeconds(30)),
            (Signals.ImmediateShutdown, TimeSpan.FromSeconds(10)),
            (Signals.Kill, TimeSpan.FromSeconds(10))])
        {
            if (ProcessId is { } processId)
            {
                Signals.Send(processId, signal);
            }

            if (await Task.WhenAny(ended.Task, Task.Delay(patience)) == ended.Task)
            {
                return;
            }
        }
    }

    /// <summary>Lets go of what the keeper used, once it has ended.</summary>
    public void Dispose()
    {
        if (ended.Task.IsCompleted)
        {
            stopRequested.Dispose();
        }
    }

    private void Keep()
    {
        var crashes = 0;
        try
        {
            while (!stopRequested.IsSet)
            {
                var exitCode = RunOnce();
                if (stopRequested.IsSet)
                {
                    break;
                }

                // What a killed server leaves behind, its children and their shared memory, goes away a moment later.
                var leftover = LastWords.Contains("shared memory block", StringComparison.Ordinal)
                    || LastWords.Contains("lock file", StringComparison.Ordinal);
                crashes = Stopwatch.GetElapsedTime(startedAt) > TimeSpan.FromMinutes(1) ? 1 : crashes + 1;
                if ((!ready && !leftover) || crashes > RestartsInARow)
                {
                    break;
                }

                EmbeddedPostgres.Log.Crashed(logger, exitCode, LastWords);
                stopRequested.Wait(TimeSpan.FromMilliseconds(100 * crashes));
            }
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            Remember(e.Message);
        }
        finally
        {
            ended.SetResult();
        }
    }

    private int RunOnce()
    {
        using var process = new Process { StartInfo = describe() };
        process.ErrorDataReceived += (_, line) => Heard(line.Data);
        startedAt = Stopwatch.GetTimestamp();
        process.Start();
        lock (gate)
        {
            running = process;
        }

        process.StandardInput.Close();
        process.BeginErrorReadLine();
        if (stopRequested.IsSet)
        {
            Signals.Send(process.Id, Signals.FastShutdown);
        }

        // Also waits for the end of its output, which its children hold: when this returns none of them is left.
        process.WaitForExit();
        lock (gate)
        {
            running = null;
        }

        return process.ExitCode;
    }

    private void Heard(string? line)
    {
        if (string.IsNullOrWhiteSpace(line))
        {
            return;
        }

        Remember(line);
        if (!stopRequested.IsSet && ready && (line.Contains("FATAL:", StringComparison.Ordinal) || line.Contains("PANIC:", StringComparison.Ordinal)))
        {
            EmbeddedPostgres.Log.ServerTrouble(logger, line);
        }
        else
        {
            EmbeddedPostgres.Log.ServerSaid(logger, line);
        }
    }

    private void Remember(string line)
    {
        lock (lastLines)
        {
            lastLines.Enqueue(line);
            if (lastLines.Count > LinesKept)
            {
                lastLines.Dequeue();
            }
        }
    }
}
