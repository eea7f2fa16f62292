using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>Reads the schema that an endpoint shows to one connection, with its credentials. A schema that was sent inline holds for all and is not asked for.</summary>
internal sealed class GraphQlConnectionSource(GraphQlSourceReader sources, ConnectionAuth auths) : IConnectionSource
{
    /// <inheritdoc/>
    public string Kind => "graphql";

    /// <inheritdoc/>
    public bool Reads(Integration integration) => !integration.HasInlineSchema;

    /// <inheritdoc/>
    public async Task<SourceReading> Read(Integration integration, Connection connection, CancellationToken cancellationToken)
    {
        try
        {
            return await auths.Find(connection.Key, cancellationToken) is { } auth
                ? await sources.Introspect(integration.BaseUrl!, auth, pointer: null, cancellationToken)
                : Rejection.Invalid("connection_missing", "The connection has no usable credentials; replace them.");
        }
        catch (McpFault fault) when (SourceFaults.Of(fault) is { } rejection)
        {
            // Its credentials could not be made ready.
            return rejection;
        }
    }
}
