using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace Toolgate.Fixture;

/// <summary>Streamable HTTP with sessions: 2025-03-26, 2025-06-18 and 2025-11-25.</summary>
internal sealed class LegacyHttp(FixtureCore core, CancellationToken stopping)
{
    private const string SessionHeader = "Mcp-Session-Id";

    private readonly ConcurrentDictionary<string, LegacySession> sessions = new(StringComparer.Ordinal);

    public int Count => sessions.Count;

    public void Forget()
    {
        foreach (var id in sessions.Keys)
        {
            End(id);
        }
    }

    public void CutStreams()
    {
        foreach (var session in sessions.Values)
        {
            session.Peer.Standalone.Cut();
        }
    }

    public async Task Post(HttpContext http, ReceivedRequest received)
    {
        var message = received.Message!;
        if (Rpc.IsRequest(message) && received.Method == "initialize")
        {
            await Initialize(http, received);
        }
        else if (await Find(http, received) is { } session)
        {
            await (Rpc.IsRequest(message) ? Request(http, session, received) : Told(http, session, received));
        }
    }

    public async Task Get(HttpContext http, ReceivedRequest received)
    {
        if (!core.Behaviour.MintsSessions)
        {
            http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return;
        }

        if (received.Header("Accept")?.Contains(Wire.EventStream, StringComparison.OrdinalIgnoreCase) != true)
        {
            await Wire.Refuse(http, StatusCodes.Status406NotAcceptable, -32000, "Accept must name text/event-stream");
            return;
        }

        if (await Find(http, received) is not { } session)
        {
            return;
        }

        var standalone = session.Peer.Standalone;
        var resumed = received.Header("Last-Event-ID") is { } last ? session.After(last) : (standalone, standalone.Taken);
        if (resumed is not var (stream, from))
        {
            await Wire.Refuse(http, StatusCodes.Status400BadRequest, -32000, "No such event");
        }
        else if (stream == standalone && standalone.IsRead)
        {
            await Wire.Refuse(http, StatusCodes.Status409Conflict, -32000, "Only one stream per session");
        }
        else
        {
            using var _ = stopping.Register(http.Abort);
            await Wire.Begin(http);
            await Wire.Events(http, stream, from, first: false, resumable: true);
        }
    }

    public async Task Delete(HttpContext http, ReceivedRequest received)
    {
        if (!core.Behaviour.MintsSessions)
        {
            http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        }
        else if (await Find(http, received) is not null)
        {
            End(received.Header(SessionHeader)!);
            http.Response.StatusCode = StatusCodes.Status204NoContent;
        }
    }

    private async Task Initialize(HttpContext http, ReceivedRequest received)
    {
        var session = new LegacySession(core);
        var stream = session.NewStream();
        await session.Peer.Handle(received.Message!, stream, http.Abort);
        stream.Complete();
        if (core.Behaviour.MintsSessions)
        {
            var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
            sessions[id] = session;
            core.Audience.Add(session.Peer);
            http.Response.Headers[SessionHeader] = id;
        }

        await Wire.Answer(http, stream, resumable: false, primed: false);
    }

    private async Task Request(HttpContext http, LegacySession session, ReceivedRequest received)
    {
        var stream = session.NewStream();
        if (core.Behaviour.Replies == ReplyStyle.Streams)
        {
            stream.Open();
        }

        // A lost connection does not cancel the request in this era: the answer waits for the client to come back.
        var running = Task.Run(
            async () =>
            {
                try
                {
                    await session.Peer.Handle(received.Message!, stream, http.Abort);
                }
                finally
                {
                    stream.Complete();
                }
            },
            CancellationToken.None);
        using var _ = stopping.Register(http.Abort);
        await Wire.Answer(http, stream, resumable: core.Behaviour.MintsSessions, session.Primes);
        if (!core.Behaviour.MintsSessions)
        {
            await running;
        }
    }

    private static async Task Told(HttpContext http, LegacySession session, ReceivedRequest received)
    {
        await session.Peer.Handle(received.Message!, session.Peer.Standalone, http.Abort);
        http.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    private async Task<LegacySession?> Find(HttpContext http, ReceivedRequest received)
    {
        if (received.Header("MCP-Protocol-Version") is { } version && !Versions.Legacy.Contains(version))
        {
            await Wire.Refuse(http, StatusCodes.Status400BadRequest, -32000, $"Bad Request: Unsupported protocol version {version}");
            return null;
        }

        if (!core.Behaviour.MintsSessions)
        {
            return new LegacySession(core);
        }

        if (received.Header(SessionHeader) is not { } id)
        {
            await Wire.Refuse(http, StatusCodes.Status400BadRequest, -32000, "Bad Request: Mcp-Session-Id is missing");
            return null;
        }

        if (!sessions.TryGetValue(id, out var session))
        {
            await Wire.Refuse(http, StatusCodes.Status404NotFound, -32001, "Session not found");
        }

        return session;
    }

    private void End(string id)
    {
        if (sessions.TryRemove(id, out var session))
        {
            core.Audience.Remove(session.Peer);
            session.End();
        }
    }
}
