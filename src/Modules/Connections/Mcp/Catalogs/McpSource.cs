using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>Reads what an MCP server shows to one connection.</summary>
internal sealed class McpSource(McpCalls calls, UpstreamLinks links, RenewingCalls renewing, TimeProvider time) : IConnectionSource
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private static Rejection Missing { get; } = Rejection.Invalid("connection_missing", "The connection has no usable credentials.");

    /// <inheritdoc/>
    public string Kind => McpKind.Word;

    /// <inheritdoc/>
    public async Task<SourceReading> Read(Integration integration, Connection connection, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            if (integration.Server is not { } server)
            {
                return Missing;
            }

            var catalog = await renewing.Read(
                connection.Key,
                async auth =>
                {
                    var link = links.Get(connection.Key, server, auth);
                    (var read, link.TimeToLive) = await McpCatalogReading.Read(calls, link, either.Token);
                    return read;
                },
                either.Token);
            return catalog is null ? Missing : CompiledSource.Of(catalog, ReadOnlyMemory<byte>.Empty);
        }
        catch (Exception exception) when (SourceFaults.Of(exception) is { } rejection)
        {
            return rejection;
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return SourceFaults.Late(Timeout);
        }
    }
}

/// <summary>The kind of integrations that are MCP servers.</summary>
internal static class McpKind
{
    /// <summary>What it is called.</summary>
    public const string Word = "mcp";
}
