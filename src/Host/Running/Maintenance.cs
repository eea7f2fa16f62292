using Toolgate.Connections;
using Toolgate.EventStore;

namespace Toolgate.Host;

/// <summary>
/// Verbs that work on the log and end, without listening. They open the same database as <c>serve</c>: an embedded one must not be in use by a
/// running host, a configured one may be.
/// </summary>
internal static class Maintenance
{
    private const int Fault = 3;

    /// <summary>The verb <c>verify</c>: recomputes the seals of the whole log. Exit code 3 when it is not valid.</summary>
    public static Task<int> Verify(string[] settings, TextWriter output) => Run(settings, async services =>
    {
        var report = await services.GetRequiredService<IVerification>().Verify();
        await output.WriteLineAsync(report.FirstFault is { } fault
            ? $"not valid: {fault.Code} at position {fault.Position}: {fault.Detail}"
            : $"valid: {report.Events} events, head {report.Head?.Position ?? 0} {report.Head?.Hash}");
        return report.Valid ? 0 : Fault;
    });

    /// <summary>The verb <c>replay</c>: rebuilds every read model aside and compares. Exit code 3 when one differs.</summary>
    public static Task<int> Replay(string[] settings, TextWriter output) => Run(settings, async services =>
    {
        var report = await services.GetRequiredService<IReplay>().Run();
        foreach (var model in report.Models)
        {
            await output.WriteLineAsync($"{(model.Equal ? "equal    " : "DIFFERENT")} {model.Name} {model.RebuiltDigest}");
        }

        await output.WriteLineAsync($"{report.Events} events up to position {report.Position} in {report.Duration.TotalSeconds:0.0} s");
        return report.Equal ? 0 : Fault;
    });

    /// <summary>The verb <c>rotate-master-key</c>: wraps every stored credential's data key with a new master key. Exit code 3 when some could not be read.</summary>
    public static Task<int> RotateMasterKey(string[] settings, TextWriter output) => Run(settings, async services =>
    {
        try
        {
            var rotation = await services.GetRequiredService<ISecretKeys>().Rotate(EventMetadata.System)
                ?? throw new StartupFailureException("The master key is being rotated already by a running host.");
            await output.WriteLineAsync($"master key {rotation.KeyId} is in force: {rotation.Rewrapped} secrets rewrapped, {rotation.Unreadable} unreadable");
            return rotation.Unreadable == 0 ? 0 : Fault;
        }
        catch (InvalidOperationException e)
        {
            throw new StartupFailureException(e.Message, e);
        }
    });

    private static async Task<int> Run(string[] settings, Func<IServiceProvider, Task<int>> work)
    {
        await using var host = await ToolgateHost.Build([.. settings, "--Logging:LogLevel:Default=Warning"]);
        await host.Open();
        return await work(host.Services);
    }
}
