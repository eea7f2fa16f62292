namespace Toolgate.Toolkits;

/// <summary>How a client reaches the tools of a toolkit.</summary>
public enum ToolSurface
{
    /// <summary>Every tool is listed and called by its name.</summary>
    Direct,

    /// <summary>Three tools are listed: one that searches, one that describes, one that calls.</summary>
    Search,
}

/// <summary>What the tools of a toolkit are named after.</summary>
public enum ToolNaming
{
    /// <summary>Their addresses: whatever is added or removed, no tool is ever renamed.</summary>
    Address,

    /// <summary>What their sources call them, where only one tool of the toolkit is called so; else their addresses.</summary>
    Upstream,
}
