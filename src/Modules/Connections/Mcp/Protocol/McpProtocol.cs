namespace Toolgate.Connections;

/// <summary>The two ways in which MCP is spoken.</summary>
internal enum McpEra
{
    /// <summary>Revisions up to 2025-11-25: a handshake, a session, and requests of the server to the client.</summary>
    Legacy,

    /// <summary>2026-07-28 and later: every request stands for itself.</summary>
    Modern,
}

/// <summary>Names and numbers of the protocol.</summary>
internal static class McpProtocol
{
    /// <summary>The revision without sessions.</summary>
    public const string Modern = "2026-07-28";

    /// <summary>The revision that is offered in <c>initialize</c>.</summary>
    public const string Legacy = "2025-11-25";

    public const string VersionKey = "io.modelcontextprotocol/protocolVersion";
    public const string CapabilitiesKey = "io.modelcontextprotocol/clientCapabilities";
    public const string ClientInfoKey = "io.modelcontextprotocol/clientInfo";
    public const string LogLevelKey = "io.modelcontextprotocol/logLevel";
    public const string SubscriptionKey = "io.modelcontextprotocol/subscriptionId";
    public const string ProgressKey = "progressToken";

    public const string VersionHeader = "MCP-Protocol-Version";
    public const string SessionHeader = "Mcp-Session-Id";
    public const string MethodHeader = "Mcp-Method";
    public const string NameHeader = "Mcp-Name";
    public const string ParameterHeaderPrefix = "Mcp-Param-";
    public const string LastEventHeader = "Last-Event-ID";

    public const string Initialize = "initialize";
    public const string Initialized = "notifications/initialized";
    public const string Discover = "server/discover";
    public const string Ping = "ping";
    public const string CallTool = "tools/call";
    public const string Listen = "subscriptions/listen";
    public const string SetLevel = "logging/setLevel";
    public const string Cancelled = "notifications/cancelled";
    public const string Progress = "notifications/progress";
    public const string Message = "notifications/message";
    public const string ElicitationComplete = "notifications/elicitation/complete";
    public const string ResourceUpdated = "notifications/resources/updated";
    public const string Elicit = "elicitation/create";
    public const string Sample = "sampling/createMessage";
    public const string ListRoots = "roots/list";

    public const int MethodNotFound = -32601;
    public const int InvalidParams = -32602;
    public const int InternalError = -32603;
    public const int HeaderMismatch = -32020;
    public const int MissingCapability = -32021;
    public const int UnsupportedVersion = -32022;

    private static readonly string[] LegacyVersions = [Legacy, "2025-06-18", "2025-03-26", "2024-11-05"];
    private static readonly string[] Levels = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

    /// <summary>Whether a server may answer <c>initialize</c> with this revision.</summary>
    public static bool IsLegacy(string? version) => Array.IndexOf(LegacyVersions, version) >= 0;

    /// <summary>Whether a log message of a level reaches who asked for another (RFC 5424 severities). An unknown level does not.</summary>
    public static bool Reaches(string? level, string? wanted) => wanted is not null && Array.IndexOf(Levels, level) is var rank && rank >= 0 && rank >= Array.IndexOf(Levels, wanted);

    /// <summary>Whether a notification says that a list is another one now.</summary>
    public static bool IsListChange(string method)
        => method is "notifications/tools/list_changed" or "notifications/resources/list_changed" or "notifications/prompts/list_changed";

    /// <summary>Whether what a server says belongs to no request, whoever asks for something at the moment.</summary>
    public static bool IsOfNoRequest(string method) => method is Ping or ResourceUpdated || IsListChange(method);
}
