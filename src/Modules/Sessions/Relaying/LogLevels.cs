namespace Toolgate.Sessions;

/// <summary>Severities of log messages (RFC 5424, section 6.2.1, as MCP names them), from the least severe.</summary>
internal static class LogLevels
{
    /// <summary>What a session is told before its client said what it wants.</summary>
    public const string Default = "info";

    private static readonly string[] Severities = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

    /// <summary>Whether it is a level.</summary>
    public static bool Knows(string? level) => Array.IndexOf(Severities, level) >= 0;

    /// <summary>Whether a message of a level reaches a client that wants <paramref name="least"/> and worse; no to what is not a level.</summary>
    public static bool Reaches(string? level, string? least)
        => Array.IndexOf(Severities, least) is >= 0 and var from && Array.IndexOf(Severities, level) >= from;
}
