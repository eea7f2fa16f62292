using System.Collections.Immutable;
using Toolgate.Access;

namespace Toolgate.Connections;

/// <summary>Names a connection to an MCP server.</summary>
/// <param name="Integration">Slug of the integration.</param>
/// <param name="Owner">Whose connection it is.</param>
/// <param name="Connection">Its name.</param>
public sealed record Upstream(string Integration, Owner Owner, string Connection)
{
    /// <summary><c>integration.owner.connection</c>, what the addresses of its tools begin with.</summary>
    public string Address => $"{Integration}.{Owner.Word}.{Connection}";
}

/// <summary>What a connection to an MCP server offers besides tools. Immutable.</summary>
/// <param name="Upstream">The connection.</param>
/// <param name="Instructions">The server's instructions; null when it has none.</param>
/// <param name="Capabilities">Its <c>ServerCapabilities</c>, a JSON object, as it declared them.</param>
/// <param name="Resources">Entries of <c>resources/list</c>.</param>
/// <param name="Templates">Entries of <c>resources/templates/list</c>.</param>
/// <param name="Prompts">Entries of <c>prompts/list</c>.</param>
public sealed record UpstreamOffer(
    Upstream Upstream, string? Instructions, ReadOnlyMemory<byte> Capabilities, ImmutableArray<OfferedItem> Resources, ImmutableArray<OfferedItem> Templates,
    ImmutableArray<OfferedItem> Prompts)
{
    /// <summary>Who may read from it when no rule speaks, as with its tools: a process of this machine is not for everybody.</summary>
    public ToolAccess Access { get; init; }
}

/// <summary>One entry of a list.</summary>
/// <param name="Key">What clients ask for it by: the URI of a resource, the URI template of a template, the name of a prompt.</param>
/// <param name="Entry">The whole entry as the server sent it, a JSON object.</param>
public sealed record OfferedItem(string Key, ReadOnlyMemory<byte> Entry);
