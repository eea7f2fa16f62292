using System.Diagnostics;
using System.Globalization;

namespace Toolgate.Host;

/// <summary>The server process that a data directory's <c>postmaster.pid</c> names.</summary>
internal static class Postmaster
{
    /// <summary>
    /// Called by the only host that has the data folder: a server that still runs there was left by a host that was killed. It is
    /// stopped, and what is left of one that is gone is removed, so that its number in use by another program does no harm.
    /// </summary>
    public static async Task EndLeftover(string cluster, ILogger logger, CancellationToken cancellationToken)
    {
        var file = Path.Combine(cluster, "postmaster.pid");
        if (await ProcessIdIn(file, cancellationToken) is not { } processId)
        {
            return;
        }

        if (await IsServerOf(processId, cluster, cancellationToken))
        {
            EmbeddedPostgres.Log.StoppingLeftover(logger, processId);
            foreach (var (signal, patience) in ((int, TimeSpan)[])[
                (Signals.FastShutdown, TimeSpan.FromSeconds(20)),
                (Signals.ImmediateShutdown, TimeSpan.FromSeconds(10)),
                (Signals.Kill, TimeSpan.FromSeconds(5))])
            {
                Signals.Send(processId, signal);
                if (await Ended(processId, cluster, patience, cancellationToken))
                {
                    break;
                }
            }
        }

        if (!await IsServerOf(processId, cluster, cancellationToken))
        {
            File.Delete(file);
        }
    }

    /// <summary>The process that the file names, or null when there is no file or it is not written yet.</summary>
    public static async Task<int?> ProcessIdIn(string file, CancellationToken cancellationToken)
    {
        try
        {
            var first = (await File.ReadAllLinesAsync(file, cancellationToken)).FirstOrDefault();
            return int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var processId) ? processId : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static async Task<bool> Ended(int processId, string cluster, TimeSpan patience, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (await IsServerOf(processId, cluster, cancellationToken))
        {
            if (Stopwatch.GetElapsedTime(started) > patience)
            {
                return false;
            }

            await Task.Delay(20, cancellationToken);
        }

        return true;
    }

    // A number is reused after a restart of the machine or container: only a postgres on exactly this directory is ours.
    private static async Task<bool> IsServerOf(int processId, string cluster, CancellationToken cancellationToken)
    {
        var id = processId.ToString(CultureInfo.InvariantCulture);
        string commandLine;
        if (Directory.Exists("/proc/self"))
        {
            try
            {
                commandLine = (await File.ReadAllTextAsync($"/proc/{id}/cmdline", cancellationToken)).Replace('\0', ' ');
            }
            catch (IOException)
            {
                return false;
            }
        }
        else
        {
            commandLine = (await Command.RunTool("ps", ["-ww", "-o", "command=", "-p", id], user: null, cancellationToken)).Output;
        }

        return commandLine.Contains("postgres", StringComparison.Ordinal) && commandLine.Contains(" " + cluster + " ", StringComparison.Ordinal);
    }
}
