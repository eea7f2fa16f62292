namespace Toolgate.Connections;

/// <summary>
/// Section <c>Toolgate:Stdio</c>: which MCP servers may run as processes of this machine. Off until an operator names commands: whoever may start a process
/// here may do what Toolgate's account may.
/// </summary>
internal sealed class StdioOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Toolgate:Stdio";

    /// <summary>
    /// What is allowed, exactly: a command (then with any arguments), or a command with its arguments, joined by single blanks.
    /// </summary>
    public string[] AllowedCommands { get; set; } = [];

    /// <summary>Where commands are looked for, and the <c>PATH</c> of the processes: the only variable besides <c>HOME</c> that is not from the connection.</summary>
    public string Path { get; set; } = "/usr/local/bin:/usr/bin:/bin";

    /// <summary>Most processes at a time.</summary>
    public int MaxProcesses { get; set; } = 32;

    /// <summary>The folder below which processes have their homes; set from <c>Toolgate:DataDirectory</c>.</summary>
    public string DataDirectory { get; set; } = ".toolgate";

    /// <summary>Whether the values make sense.</summary>
    public bool IsValid() => MaxProcesses > 0 && Path.Length > 0 && AllowedCommands.All(command => command.Length > 0);

    /// <summary>Whether a server may be started.</summary>
    public bool Allows(McpServer server) => Array.Exists(
        AllowedCommands,
        allowed => allowed == server.Command
            || (server.Arguments.All(argument => !argument.Contains(' ', StringComparison.Ordinal)) && allowed == string.Join(' ', [server.Command!, .. server.Arguments])));
}
