using System.Diagnostics;

namespace Toolgate.Bench;

/// <summary>Time from starting the process to the first ready answer.</summary>
internal static class Starts
{
    public static async Task Run(string key)
    {
        var folder = Directory.CreateTempSubdirectory("toolgate-bench-").FullName;
        Report.Title("Start");
        var cold = await Once(folder, key);
        Report.Row("cold: an empty data folder, the cluster is made", Report.Ms(cold));
        var warm = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            warm.Add(await Once(folder, key));
        }

        Report.Row("warm: median of five", Report.Ms(Times.Of(warm).P50), "under 1,500 ms");
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<double> Once(string folder, string key)
    {
        var from = Stopwatch.GetTimestamp();
        await using var host = await Child.Toolgate(folder, ("Toolgate__BootstrapKey", key));
        return Stopwatch.GetElapsedTime(from).TotalMicroseconds;
    }
}
