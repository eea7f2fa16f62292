namespace Toolgate.Connections;

/// <summary>How much a manifest may hold. Tested at each limit and one beyond; docs/plugins.md shows the same numbers.</summary>
internal static class PluginLimits
{
    /// <summary>Bytes of a manifest.</summary>
    public const int DocumentBytes = 256 * 1024;

    /// <summary>Levels of JSON in a manifest.</summary>
    public const int DocumentDepth = 32;

    /// <summary>Faults in one answer.</summary>
    public const int Faults = 200;

    /// <summary>Characters of an id.</summary>
    public const int Id = 28;

    /// <summary>Characters of a version.</summary>
    public const int Version = 64;

    /// <summary>Characters of a display name or a title.</summary>
    public const int Title = 100;

    /// <summary>Characters of a description.</summary>
    public const int Description = 1_024;

    /// <summary>Characters of a URL.</summary>
    public const int Url = 2_048;

    /// <summary>Entries of <c>allowedHosts</c>.</summary>
    public const int Hosts = 16;

    /// <summary>Routes of a manifest.</summary>
    public const int Routes = 64;

    /// <summary>Characters of a route's name.</summary>
    public const int RouteName = 96;

    /// <summary>Characters of a route's path.</summary>
    public const int Path = 512;

    /// <summary>Milliseconds that a route may ask for; the deadline of every call holds besides.</summary>
    public const int TimeoutMs = 300_000;

    /// <summary>Tools of a manifest.</summary>
    public const int Tools = 64;

    /// <summary>Characters of a tool's name.</summary>
    public const int ToolName = 34;

    /// <summary>Bytes of a schema in canonical form.</summary>
    public const int SchemaBytes = 32 * 1024;

    /// <summary>Levels of schemas, the root counted.</summary>
    public const int SchemaDepth = 8;

    /// <summary>Schemas inside a schema, the root counted.</summary>
    public const int SchemaNodes = 256;

    /// <summary>Properties of an object.</summary>
    public const int Properties = 64;

    /// <summary>Values of an <c>enum</c>.</summary>
    public const int EnumValues = 100;

    /// <summary>Characters of a value of an <c>enum</c>.</summary>
    public const int EnumText = 256;

    /// <summary>Characters of a <c>pattern</c>.</summary>
    public const int Pattern = 256;

    /// <summary>Patterns of all schemas of a manifest: each costs time when it is checked.</summary>
    public const int Patterns = 256;
}
