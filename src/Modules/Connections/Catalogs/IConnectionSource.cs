namespace Toolgate.Connections;

/// <summary>Reads what a source shows to one connection, for kinds whose catalogs belong to connections: GraphQL endpoints and MCP servers.</summary>
internal interface IConnectionSource
{
    /// <summary>The kind of integration that it reads: <c>graphql</c> or <c>mcp</c>.</summary>
    string Kind { get; }

    /// <summary>Whether connections of this integration have catalogs of their own; where its schema was sent inline, that holds for all.</summary>
    bool Reads(Integration integration) => true;

    /// <summary>Reads the catalog with the connection's credentials. What goes wrong is a rejection with a code of its own; only cancellation throws.</summary>
    Task<SourceReading> Read(Integration integration, Connection connection, CancellationToken cancellationToken);
}
