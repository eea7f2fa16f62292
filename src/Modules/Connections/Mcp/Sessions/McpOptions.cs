namespace Toolgate.Connections;

/// <summary>Section <c>Toolgate:Mcp</c>: how Toolgate behaves as a client of upstream MCP servers.</summary>
internal sealed class McpOptions
{
    /// <summary>Configuration section.</summary>
    public const string Section = "Toolgate:Mcp";

    /// <summary>Time to open a session: connecting, finding out the era, the handshake.</summary>
    public TimeSpan OpenTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>A session that nobody used for so long is closed.</summary>
    public TimeSpan SessionIdle { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Most sessions with upstreams at a time, processes included.</summary>
    public int MaxSessions { get; set; } = 1_000;

    /// <summary>Failures in a row after which an upstream is left alone for a while.</summary>
    public int FailuresUntilOpen { get; set; } = 5;

    /// <summary>Longest time that an upstream is left alone.</summary>
    public TimeSpan MaxBackOff { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Whether catalogs are followed in the background: changes that upstreams announce, and a look from time to time at those that announce none.</summary>
    public bool FollowCatalogs { get; set; } = true;

    /// <summary>How often the catalog of an upstream is read that announces no changes and gives no time to live.</summary>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long announcements of changes are gathered before the catalog is read.</summary>
    public TimeSpan Debounce { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Most catalogs that are read at a time in the background.</summary>
    public int MaxRefreshes { get; set; } = 8;

    /// <summary>Whether the values make sense.</summary>
    public bool IsValid() => OpenTimeout > TimeSpan.Zero && SessionIdle > TimeSpan.Zero && MaxSessions > 0 && FailuresUntilOpen > 0 && MaxBackOff > TimeSpan.Zero
        && RefreshInterval >= TimeSpan.FromSeconds(1) && Debounce >= TimeSpan.Zero && MaxRefreshes > 0 && RefreshInterval < TimeSpan.FromDays(30) && SessionIdle < TimeSpan.FromDays(30);
}
