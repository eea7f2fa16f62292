using System.Buffers;
using System.IO.Pipelines;
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

    /// <summary>Sends one message, which must not hold a line break.</summary>
    public async ValueTask<bool> Message(ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        var writer = context.Response.BodyWriter;
        writer.Write("event: message\ndata: "u8);
        writer.Write(json.Span);
        writer.Write("\n\n"u8);
        return !(await writer.FlushAsync(cancellationToken)).IsCompleted;
    }

    /// <summary>Sends a comment line that keeps the connection open; false when the client has gone.</summary>
    public async ValueTask<bool> KeepAlive(CancellationToken cancellationToken)
    {
        context.Response.BodyWriter.Write(":\n\n"u8);
        FlushResult flushed = await context.Response.BodyWriter.FlushAsync(cancellationToken);
        return !flushed.IsCompleted;
    }
}
