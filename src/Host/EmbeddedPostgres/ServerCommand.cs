using System.Globalization;

namespace Toolgate.Host;

/// <summary>The command line of the server.</summary>
internal static class ServerCommand
{
    /// <summary>Only names the socket: the server listens on no network.</summary>
    public const int Port = 5432;

    private const long Megabyte = 1024 * 1024;

    /// <summary>Program and arguments; <paramref name="settings"/> replace ours.</summary>
    public static IReadOnlyList<string> Of(PostgresBinaries binaries, string cluster, string socketFolder, IReadOnlyDictionary<string, string> settings)
    {
        var all = new SortedDictionary<string, string>(Defaults(), StringComparer.Ordinal);
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        // Reachable from this machine only, whatever else is configured.
        all["listen_addresses"] = "";
        all["unix_socket_directories"] = socketFolder;
        all["unix_socket_permissions"] = "0700";
        all["port"] = Port.ToString(CultureInfo.InvariantCulture);
        return [.. Guard(), binaries.Server, "-D", cluster, .. all.SelectMany(s => (string[])["-c", $"{s.Key}={s.Value}"])];
    }

    // A session of its own keeps the terminal's Ctrl-C from the server, which must outlive the requests that drain; the parent-death
    // signal is the fast shutdown. Where the tools are missing (macOS) the next start cleans up instead.
    private static IEnumerable<string> Guard()
        => (Command.Tool("setsid"), Command.Tool("setpriv")) is ({ } setsid, { } setpriv) ? [setsid, setpriv, "--pdeathsig", "INT", "--"] : [];

    private static Dictionary<string, string> Defaults() => new(StringComparer.Ordinal)
    {
        ["cluster_name"] = "toolgate",
        ["max_connections"] = "100",
        ["shared_buffers"] = string.Create(CultureInfo.InvariantCulture, $"{SharedBuffers() / Megabyte}MB"),
        ["synchronous_commit"] = "on",
        ["wal_compression"] = "on",
        ["min_wal_size"] = "256MB",
        ["max_wal_size"] = "2GB",
        ["checkpoint_timeout"] = "15min",
        // An SSD, and short statements that compilation would only delay.
        ["random_page_cost"] = "1.1",
        ["jit"] = "off",
        ["timezone"] = "UTC",
        ["log_timezone"] = "UTC",
        ["lc_messages"] = "C",
        // The server's log passes through ours, so it carries neither statements nor the values in them.
        ["log_min_error_statement"] = "panic",
        ["log_error_verbosity"] = "terse",
        ["log_line_prefix"] = "",
        ["log_checkpoints"] = "off",
        ["logging_collector"] = "off",
        ["log_destination"] = "stderr",
    };

    // An eighth of the memory this process may use: the log is read at its tail, and the machine is shared with the host.
    private static long SharedBuffers() => Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8, 64 * Megabyte, 1024 * Megabyte);
}
