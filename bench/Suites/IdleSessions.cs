namespace Toolgate.Bench;

/// <summary>Memory that an idle session holds.</summary>
internal static class IdleSessions
{
    private const int Sessions = 8_000;

    public static async Task Run(Api api, Child host, Uri upstream)
    {
        var resource = await api.Toolkit("idle", upstream, 10);
        for (var i = 0; i < 500; i++)
        {
            await api.Session(resource);
        }

        var before = host.ResidentBytes;
        await Parallel.ForAsync(0, Sessions, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (_, _) => await api.Session(resource));
        var each = (host.ResidentBytes - before) / (double)Sessions;
        Report.Title("Idle sessions");
        Report.Row($"resident memory for each of {Report.Number(Sessions)} (an upper bound: garbage included)", $"{Report.Number(each / 1024)} KiB", "under 20 KB");
    }
}
