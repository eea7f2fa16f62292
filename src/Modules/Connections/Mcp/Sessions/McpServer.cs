using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>Where an MCP server is and how it is reached.</summary>
/// <param name="Transport"><c>http</c> (streamable HTTP), <c>sse</c> (HTTP with server-sent events, 2024-11-05) or <c>stdio</c>.</param>
/// <param name="Url">Its URL; null for stdio.</param>
/// <param name="Command">Its command; null for the others.</param>
/// <param name="Arguments">Arguments of the command.</param>
internal sealed record McpServer(string Transport, string? Url, string? Command, ImmutableArray<string> Arguments)
{
    /// <summary>Streamable HTTP, 2025-03-26 and later.</summary>
    public const string Http = "http";

    /// <summary>HTTP with server-sent events, 2024-11-05.</summary>
    public const string Sse = "sse";

    /// <summary>A process of this machine.</summary>
    public const string Stdio = "stdio";
}

/// <summary>What a server says of itself in <c>initialize</c> or <c>server/discover</c>.</summary>
/// <param name="Version">The revision that is spoken with it.</param>
/// <param name="Capabilities">Its capabilities, a JSON object.</param>
/// <param name="Instructions">Its instructions; null when it has none.</param>
/// <param name="Title">Its title or name.</param>
/// <param name="Release">Its own version.</param>
internal sealed record ServerFacts(string Version, ReadOnlyMemory<byte> Capabilities, string? Instructions, string Title, string Release)
{
    private const int MaxInstructions = 16 * 1024;
    private readonly List<JsonMember> offered = JsonMembers.Of(Capabilities) ?? [];

    /// <summary>Reads the result of <c>initialize</c>.</summary>
    public static ServerFacts OfHandshake(ReadOnlyMemory<byte> result)
    {
        var version = JsonMembers.Text(JsonMembers.Find(result, "protocolVersion"));
        return McpProtocol.IsLegacy(version)
            ? Read(version!, result, JsonMembers.Find(result, "serverInfo"))
            : throw McpFault.Garbage("The upstream answers the handshake with a version of MCP that Toolgate does not speak.");
    }

    /// <summary>Reads the result of <c>server/discover</c>; null when it does not speak the modern era.</summary>
    public static ServerFacts? OfDiscovery(ReadOnlyMemory<byte> result)
        => (JsonMembers.Elements(JsonMembers.Find(result, "supportedVersions")) ?? []).Exists(version => JsonMembers.Text(version) == McpProtocol.Modern)
            ? Read(McpProtocol.Modern, result, JsonMembers.Find(JsonMembers.Find(result, "_meta"), "io.modelcontextprotocol/serverInfo"))
            : null;

    /// <summary>Whether it declares a capability.</summary>
    public bool Has(string capability) => offered.Exists(member => member.Name == capability);

    /// <summary>Whether it declares a member of a capability as true: <c>listChanged</c> of <c>tools</c>.</summary>
    public bool Has(string capability, string member)
        => offered.Find(known => known.Name == capability).Value is { IsEmpty: false } value && JsonMembers.Flag(JsonMembers.Find(value, member)) == true;

    private static ServerFacts Read(string version, ReadOnlyMemory<byte> result, ReadOnlyMemory<byte> info)
    {
        var capabilities = JsonMembers.Find(result, "capabilities");
        var instructions = JsonMembers.Text(JsonMembers.Find(result, "instructions"));
        return new ServerFacts(
            version,
            JsonMembers.IsObject(capabilities) ? capabilities.ToArray() : "{}"u8.ToArray(),
            instructions is { Length: > MaxInstructions } ? instructions[..MaxInstructions] : instructions,
            JsonMembers.Text(JsonMembers.Find(info, "title")) ?? JsonMembers.Text(JsonMembers.Find(info, "name")) ?? "",
            JsonMembers.Text(JsonMembers.Find(info, "version")) ?? "");
    }
}
