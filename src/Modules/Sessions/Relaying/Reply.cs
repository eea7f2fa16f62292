using Microsoft.AspNetCore.Http;

namespace Toolgate.Sessions;

/// <summary>
/// The answer to one request while the work goes on: plain JSON, unless something has to be said before; then, from that moment, a stream whose last event
/// is the answer.
/// </summary>
internal sealed class Reply(HttpContext context, Caller caller, McpMessage message, Session? session, RelayStreams streams, CancellationTokenSource? cancellation)
{
    private readonly Lock gate = new();
    private RelayStream? stream;

    /// <summary>The request.</summary>
    public McpMessage Message => message;

    /// <summary>Whether it is a stream by now.</summary>
    public bool IsStream
    {
        get
        {
            lock (gate)
            {
                return stream is not null;
            }
        }
    }

    /// <summary>Sends a message; false when it was dropped, because too much waits or the request is over.</summary>
    public bool Send(OutboxKind kind, ReadOnlyMemory<byte> json) => Open().Outbox.Write(kind, json);

    /// <summary>Passes a notification on that the client asked for; drops any other.</summary>
    /// <param name="method">The notification.</param>
    /// <param name="parameters">Its <c>params</c>.</param>
    /// <param name="level">The least severe level of log messages that the client wants; null for none.</param>
    public void Notify(string method, ReadOnlySpan<byte> parameters, string? level)
    {
        switch (method)
        {
            case McpMethods.Progress when !message.ProgressToken.IsEmpty:
                Open().Progress(parameters, message.ProgressToken.Span);
                break;
            case McpMethods.LogMessage when level is not null && LogLevels.Reaches(Notifications.LevelOf(parameters), level):
                Send(OutboxKind.Log, Notifications.Compose(McpMethods.LogMessage, parameters));
                break;
            case McpMethods.ElicitationComplete when session is not null:
                Send(OutboxKind.Notice, Notifications.Compose(McpMethods.ElicitationComplete, parameters));
                break;
        }
    }

    /// <summary>Answers. What is sent from now on is dropped.</summary>
    public async ValueTask Finish(CallResult result)
    {
        RelayStream? open;
        lock (gate)
        {
            open = stream;
            stream ??= RelayStream.Over;
        }

        if (open is null)
        {
            await RelayedAnswer.Plain(context, message, session, result);
            return;
        }

        var served = open.End(RelayedAnswer.Event(message, session, result));
        streams.Ended(session, open.Outbox);
        await served;
    }

    private RelayStream Open()
    {
        lock (gate)
        {
            if (stream is null)
            {
                stream = streams.Begin(context, caller, session, Abandon);
                stream.Start();
            }

            return stream;
        }
    }

    private void Abandon()
    {
        if (cancellation is null)
        {
            context.Abort();
            return;
        }

        try
        {
            _ = cancellation.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It ended meanwhile.
        }
    }
}
