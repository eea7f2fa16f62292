using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Toolgate.Sessions;

/// <summary>Writes server-sent events. One writer at a time.</summary>
internal sealed class EventStreamWriter(HttpContext context)
{
    /// <summary>Sends the headers, unbuffered by whoever stands between.</summary>
    public async Task Start(CancellationToken cancellationToken)
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache, no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await response.StartAsync(cancellationToken);
        await response.BodyWriter.FlushAsync(cancellationToken);
    }

    /// <summary>
    /// Sends an event without content that gives the client an id to come back with, and says after what pause (2025-11-25, "Sending Messages to the
    /// Server").
    /// </summary>
    public ValueTask<bool> Prime(string id, TimeSpan retry, CancellationToken cancellationToken)
    {
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {id}\nretry: {retry.TotalMilliseconds:0}\ndata: \n\n"), context.Response.BodyWriter);
        return Flush(cancellationToken);
    }

    /// <summary>Sends one message.</summary>
    public ValueTask<bool> Message(ReadOnlyMemory<byte> json, CancellationToken cancellationToken) => Message(null, json, cancellationToken);

    /// <summary>Sends one message with an event id; false when the client has gone.</summary>
    public ValueTask<bool> Message(string? id, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        var writer = context.Response.BodyWriter;
        if (id is not null)
        {
            writer.Write("id: "u8);
            Encoding.UTF8.GetBytes(id, writer);
            writer.Write("\n"u8);
        }

        writer.Write("event: message\n"u8);

        // An upstream may break lines between the tokens of its JSON; in an event each line stands for itself, and the reader puts them together again.
        var rest = json.Span;
        while (true)
        {
            var end = rest.IndexOfAny((byte)'\r', (byte)'\n');
            writer.Write("data: "u8);
            writer.Write(end < 0 ? rest : rest[..end]);
            writer.Write("\n"u8);
            if (end < 0)
            {
                break;
            }

            rest = rest[(rest[end] == '\r' && end + 1 < rest.Length && rest[end + 1] == '\n' ? end + 2 : end + 1)..];
        }

        writer.Write("\n"u8);
        return Flush(cancellationToken);
    }

    /// <summary>Sends a comment line that keeps the connection open; false when the client has gone.</summary>
    public ValueTask<bool> KeepAlive(CancellationToken cancellationToken)
    {
        context.Response.BodyWriter.Write(":\n\n"u8);
        return Flush(cancellationToken);
    }

    private async ValueTask<bool> Flush(CancellationToken cancellationToken)
        => !(await context.Response.BodyWriter.FlushAsync(cancellationToken)).IsCompleted;
}
