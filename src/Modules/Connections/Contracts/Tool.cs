using System.Buffers;
using System.Text.Json;
using Toolgate.Access;

namespace Toolgate.Connections;

/// <summary>A tool as it is reachable through one connection. Immutable; everything that a call or a listing needs is prepared.</summary>
public sealed class Tool
{
    private readonly byte[] nameJson;
    private readonly byte[] addressJson;

    /// <summary>Binds a definition to a connection.</summary>
    public Tool(ToolDefinition definition, string integration, Owner owner, string connection)
        : this(definition, integration, owner, connection, $"{integration}.{owner.Word}.{connection}.{definition.Name}")
    {
    }

    private Tool(ToolDefinition definition, string integration, Owner owner, string connection, string address)
    {
        Definition = definition;
        Integration = integration;
        Owner = owner;
        Connection = connection;
        Address = address;
        McpName = McpToolName.Of(Address);
        nameJson = JsonSerializer.SerializeToUtf8Bytes(McpName);
        addressJson = JsonSerializer.SerializeToUtf8Bytes(Address);
    }

    /// <summary>A builtin tool: it needs no connection, and its address is <c>toolgate.group.tool</c>.</summary>
    public static Tool Builtin(ToolDefinition definition)
        => new(definition, IManagementApi.Slug, default, "", $"{IManagementApi.Slug}.{definition.Name}") { IsBuiltin = true };

    /// <summary>Whether it manages Toolgate itself. Such tools are in no view but those of toolkits that grant them by name.</summary>
    public bool IsBuiltin { get; private init; }

    /// <summary><c>integration.owner.connection.tool</c>, as its owner writes it.</summary>
    public string Address { get; }

    /// <summary>The name under which MCP clients see it; a function of <see cref="Address"/> alone.</summary>
    public string McpName { get; }

    /// <summary>Slug of the integration.</summary>
    public string Integration { get; }

    /// <summary>Whose connection it is reached through.</summary>
    public Owner Owner { get; }

    /// <summary>Name of the connection.</summary>
    public string Connection { get; }

    /// <summary>What the source says of it; shared by every connection of the integration.</summary>
    public ToolDefinition Definition { get; }

    /// <summary>Whether its definition changed since a person accepted it.</summary>
    public bool Changed { get; init; }

    /// <summary>
    /// Writes its entry of <c>tools/list</c>: name, the definition's prepared members, and <c>_meta["toolgate/address"]</c>.
    /// No serialisation happens here: prepared bytes are copied.
    /// </summary>
    public void WriteListing(IBufferWriter<byte> output) => WriteListing(output, nameJson, Definition.ListingMembers.Span);

    /// <summary>Writes its entry under another name or with other members, as a toolkit may show it.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="name">The name, a JSON string.</param>
    /// <param name="members">What stands for <see cref="ToolDefinition.ListingMembers"/>.</param>
    public void WriteListing(IBufferWriter<byte> output, ReadOnlySpan<byte> name, ReadOnlySpan<byte> members)
    {
        output.Write("{\"name\":"u8);
        output.Write(name);
        output.Write(","u8);
        output.Write(members);
        output.Write(",\"_meta\":{"u8);
        if (!Definition.MetaMembers.IsEmpty)
        {
            output.Write(Definition.MetaMembers.Span);
            output.Write(","u8);
        }

        output.Write("\"toolgate/address\":"u8);
        output.Write(addressJson);
        output.Write("}}"u8);
    }
}
