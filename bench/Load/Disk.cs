using System.Diagnostics;

namespace Toolgate.Bench;

/// <summary>What the disk itself can do: every figure of durable writes is read beside it.</summary>
internal static class Disk
{
    /// <summary>Median time of writing 8 KiB and flushing it to the device, in microseconds.</summary>
    public static double Fsync(string folder)
    {
        var path = Path.Combine(folder, "fsync");
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1);
        var page = new byte[8192];
        var times = new List<double>();
        for (var i = 0; i < 500; i++)
        {
            file.Position = 0;
            var from = Stopwatch.GetTimestamp();
            file.Write(page);
            file.Flush(flushToDisk: true);
            times.Add(Stopwatch.GetElapsedTime(from).TotalMicroseconds);
        }

        return Times.Of(times).P50;
    }
}

/// <summary>The document that the tests install through npm.</summary>
internal static class GitHubDocument
{
    public static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "tests", "Connections.Tests", "node_modules", "@octokit", "openapi", "generated", "api.github.com.json");
            if (File.Exists(path))
            {
                return path;
            }
        }

        Console.WriteLine("\nGitHub's document is not installed: run `npm ci` in tests/Connections.Tests.");
        return null;
    }
}
