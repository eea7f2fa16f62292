using System.Collections.Immutable;

namespace Toolgate.Connections;

/// <summary>How a call becomes one GraphQL request. The operation was written when the schema was compiled; immutable, holds no credential.</summary>
internal sealed class GraphQlBinding : ToolBinding
{
    private byte[]? prepared;

    /// <summary>Name of the operation.</summary>
    public required string OperationName { get; init; }

    /// <summary>The operation up to its selection: <c>query issue($id: ID!) { issue(id: $id)</c>.</summary>
    public required string Head { get; init; }

    /// <summary>The selection when the caller gives none, with its braces; empty when the field is a leaf.</summary>
    public required string Selection { get; init; }

    /// <summary>Arguments that travel as variables of the same name.</summary>
    public required ImmutableArray<string> Variables { get; init; }

    /// <summary>The argument that holds a selection; null when the field is a leaf.</summary>
    public string? SelectArgument { get; init; }

    /// <summary>The named type of the field: what a selection is checked against.</summary>
    public required string ReturnType { get; init; }

    /// <summary>The types, shared by every tool of the schema.</summary>
    public required GraphQlTypes Types { get; init; }

    /// <summary>The whole operation with a selection in its place.</summary>
    public string Operation(string selection) => selection.Length == 0 ? $"{Head} }}" : $"{Head} {selection} }}";

    /// <summary>The request up to its variables, for calls without a selection of their own; made once.</summary>
    public byte[] Prepared => prepared ??= GraphQlRequestBuilder.Prefix(Operation(Selection), OperationName);
}

/// <summary>The types of a schema as far as selections need them: stored bytes that are read when the first selection comes.</summary>
internal sealed class GraphQlTypes(ReadOnlyMemory<byte> encoded)
{
    private GraphQlSchema? schema;

    /// <summary>The stored form.</summary>
    public ReadOnlyMemory<byte> Encoded { get; } = encoded;

    /// <summary>The schema, without any descriptions.</summary>
    public GraphQlSchema Schema => schema ??= GraphQlSchemaCodec.Decode(Encoded);
}
