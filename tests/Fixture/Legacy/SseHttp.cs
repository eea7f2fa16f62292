using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace Toolgate.Fixture;

/// <summary>The HTTP+SSE transport of 2024-11-05: one event stream for everything the server says, a URL to post to.</summary>
internal sealed class SseHttp(FixtureCore core, CancellationToken stopping)
{
    private readonly ConcurrentDictionary<string, LegacyPeer> peers = new(StringComparer.Ordinal);

    public async Task Open(HttpContext http)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var peer = new LegacyPeer(core, new MessageStream(0));
        peers[id] = peer;
        core.Audience.Add(peer);
        try
        {
            using var _ = stopping.Register(http.Abort);
            await Wire.Begin(http);
            await Wire.Write(http, $"event: endpoint\ndata: /messages?sessionId={id}\n\n");
            await Wire.Events(http, peer.Standalone, 0, first: false, resumable: false);
        }
        finally
        {
            core.Audience.Remove(peer);
            peers.TryRemove(id, out var _);
            peer.End();
        }
    }

    public async Task Post(HttpContext http, ReceivedRequest received)
    {
        if (!peers.TryGetValue(http.Request.Query["sessionId"].ToString(), out var peer))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
        }
        else if (received.Message is not { } message)
        {
            http.Response.StatusCode = StatusCodes.Status400BadRequest;
        }
        else
        {
            // The answer travels on the event stream, so there the connection to kill is another one.
            _ = Task.Run(() => peer.Handle(message, peer.Standalone, peer.Standalone.Complete), CancellationToken.None);
            http.Response.StatusCode = StatusCodes.Status202Accepted;
            await http.Response.WriteAsync("Accepted");
        }
    }
}
