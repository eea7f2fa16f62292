using System.Runtime.InteropServices;

namespace Toolgate.Host;

/// <summary>POSIX signals by which PostgreSQL is stopped; the framework can only send SIGKILL.</summary>
internal static class Signals
{
    /// <summary>SIGINT: fast shutdown, connections are closed, a checkpoint is written.</summary>
    public const int FastShutdown = 2;

    /// <summary>SIGQUIT: immediate shutdown, the next start recovers from the log.</summary>
    public const int ImmediateShutdown = 3;

    /// <summary>SIGKILL.</summary>
    public const int Kill = 9;

    /// <summary>Sends a signal; false when there is no such process or it is not ours to signal.</summary>
    public static bool Send(int processId, int signal) => processId > 0 && SendSignal(processId, signal) == 0;

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int processId, int signal);
}
