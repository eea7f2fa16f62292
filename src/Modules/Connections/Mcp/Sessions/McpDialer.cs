using Microsoft.Extensions.Options;

namespace Toolgate.Connections;

/// <summary>Opens what is needed to talk to a server: finds out which era it speaks, and makes the handshake where there is one.</summary>
internal sealed class McpDialer(EgressClient egress, StdioLauncher stdio, IOptions<CallsOptions> calls, IOptions<McpOptions> options, TimeProvider time)
{
    /// <summary>
    /// Opens a session.
    /// <code>
    /// era unknown ─ server/discover ─► it lists 2026-07-28 ─────► modern
    ///                                └► 4xx or another answer ──► initialize ─► legacy
    /// </code>
    /// </summary>
    /// <param name="key">The connection, for where its processes live.</param>
    /// <param name="server">Where the server is.</param>
    /// <param name="auth">The connection's credentials.</param>
    /// <param name="known">The era that it spoke the last time; null when nobody knows.</param>
    /// <param name="capabilities">What the client declared.</param>
    /// <param name="noticed">Who is told what the server says by itself.</param>
    /// <exception cref="McpFault">It cannot be opened, or not in time.</exception>
    public async Task<IMcpSession> Open(
        ConnectionKey key, McpServer server, PreparedAuth auth, McpEra? known, ClientCapabilities capabilities, INoticed noticed)
    {
        // Not the deadline of the call that happened to come first: others wait for the same session.
        using var deadline = new CancellationTokenSource(options.Value.OpenTimeout, time);
        try
        {
            if (server.Transport == McpServer.Http)
            {
                return await Http(new HttpChannel(egress, new Uri(server.Url!), auth, calls), known, capabilities, noticed, deadline.Token);
            }

            IPipe pipe = server.Transport == McpServer.Stdio
                ? stdio.Start(key, server, auth)
                : await SsePipe.Open(new HttpChannel(egress, new Uri(server.Url!), auth, calls), deadline.Token);

            // The transport with server-sent events belongs to 2024-11-05: there is no era to find out.
            return await PipeSession.Open(pipe, server.Transport == McpServer.Sse ? McpEra.Legacy : known, capabilities, noticed, time, deadline.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            throw McpFault.Timeout($"The upstream did not open a session within {options.Value.OpenTimeout.TotalSeconds:0.###} seconds.");
        }
        catch (McpEraException)
        {
            throw McpFault.Garbage("The upstream speaks no version of MCP that Toolgate speaks.");
        }
    }

    private static async Task<IMcpSession> Http(
        HttpChannel http, McpEra? known, ClientCapabilities capabilities, INoticed noticed, CancellationToken cancellationToken)
    {
        if (known != McpEra.Legacy && await ModernHttpSession.Discover(http, noticed, cancellationToken) is { } modern)
        {
            return modern;
        }

        try
        {
            return await LegacyHttpSession.Open(http, capabilities, noticed, cancellationToken);
        }
        catch (McpEraException) when (known == McpEra.Legacy)
        {
            // It was brought up to date since.
            return await ModernHttpSession.Discover(http, noticed, cancellationToken) is { } updated ? updated : throw new McpEraException();
        }
    }
}
