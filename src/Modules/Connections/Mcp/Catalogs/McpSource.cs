using Toolgate.EventStore;

namespace Toolgate.Connections;

/// <summary>Reads what an MCP server shows to one connection.</summary>
internal sealed class McpSource(McpCalls calls, UpstreamLinks links, ConnectionAuth auths, TimeProvider time) : IConnectionSource
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    /// <inheritdoc/>
    public string Kind => McpKind.Word;

    /// <inheritdoc/>
    public async Task<SourceReading> Read(Integration integration, Connection connection, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            if (integration.Server is not { } server || await auths.Find(connection.Key, either.Token) is not { } auth)
            {
                return Rejection.Invalid("connection_missing", "The connection has no usable credentials.");
            }

            var link = links.Get(connection.Key, server, auth);
            (var catalog, link.TimeToLive) = await McpCatalogReading.Read(calls, link, either.Token);
            return CompiledSource.Of(catalog, ReadOnlyMemory<byte>.Empty);
        }
        catch (McpFault fault)
        {
            return Rejection.Invalid(
                fault.Error.Code switch
                {
                    "upstream_timeout" => "source_timeout",
                    "upstream_too_large" => "source_too_large",
                    "connection_rejected" => "connection_rejected",
                    "invalid_upstream_output" => "invalid_source",
                    _ => "source_unavailable",
                },
                fault.Message);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return Rejection.Invalid("source_timeout", $"The upstream did not show its lists within {Timeout.TotalSeconds:0} seconds.");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or EgressRefusedException)
        {
            return exception.GetBaseException() is EgressRefusedException refused
                ? Rejection.Invalid("egress_refused", refused.Message)
                : Rejection.Invalid("source_unavailable", "The upstream cannot be reached or does not speak HTTP.");
        }
    }
}

/// <summary>The kind of integrations that are MCP servers.</summary>
internal static class McpKind
{
    /// <summary>What it is called.</summary>
    public const string Word = "mcp";
}
