using Microsoft.Extensions.Options;
using Toolgate.Access;

namespace Toolgate.Connections;

/// <summary>
/// Reads what an MCP server shows to a stranger: without credentials, and over a link of its own that is closed again, since no connection is behind it.
/// </summary>
internal sealed class ServerProbe(McpDialer dialer, McpCalls calls, SessionQuota quota, IOptions<McpOptions> options, TimeProvider time)
{
    /// <summary>Nobody's connection: its name is no valid one, so it meets no other in what is kept by connection.</summary>
    private static readonly ConnectionKey Nobody = new(Owner.Org, "preview", "");

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    /// <summary>Reads the lists of a server.</summary>
    /// <param name="transport"><c>http</c> or <c>sse</c>; no process is started to look at it.</param>
    /// <param name="url">Where it is.</param>
    /// <param name="pointer">The member of the request that named the URL, for refusals.</param>
    /// <param name="cancellationToken">The client gave up.</param>
    public async Task<SourceReading> Read(string transport, string url, string? pointer, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        var link = new UpstreamLink(
            Nobody, new McpServer(transport, url, Command: null, Arguments: []), PreparedAuth.None, dialer, quota, options.Value, time, noticed: (_, _, _) => { });
        try
        {
            return CompiledSource.Of((await McpCatalogReading.Read(calls, link, either.Token)).Catalog, ReadOnlyMemory<byte>.Empty);
        }
        catch (Exception exception) when (SourceFaults.Of(exception, pointer) is { } rejection)
        {
            return rejection;
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return SourceFaults.Late(Timeout, pointer);
        }
        finally
        {
            link.Close();
        }
    }
}
