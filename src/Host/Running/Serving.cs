namespace Toolgate.Host;

/// <summary>The verb <c>serve</c>.</summary>
internal static class Serving
{
    /// <summary>Serves until Ctrl-C or SIGTERM.</summary>
    public static async Task<int> Run(string[] settings, TextWriter output)
    {
        await using var host = await ToolgateHost.Build(settings);
        await host.Start();
        await output.WriteLineAsync(Welcome.Text(host));
        await host.WaitForShutdown();
        await host.Stop();
        return 0;
    }
}
