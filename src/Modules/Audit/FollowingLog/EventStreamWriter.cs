using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Toolgate.Rest;

namespace Toolgate.Audit;

/// <summary>Writes server-sent events (HTML Living Standard, section 9.2).</summary>
internal sealed class EventStreamWriter(HttpResponse response)
{
    /// <summary>Sends the head, so that the client knows that it follows before anything happens.</summary>
    public async Task Begin(CancellationToken cancellationToken)
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache";
        response.HttpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        response.BodyWriter.Write(": following\n\n"u8);
        await Flush(cancellationToken);
    }

    /// <summary>One event. Its JSON holds no line break: PostgreSQL and the serializer escape them inside strings and write none outside.</summary>
    public async Task Send(ShownEvent e, CancellationToken cancellationToken)
    {
        response.BodyWriter.Write(Encoding.UTF8.GetBytes($"id: {e.Position}\ndata: "));
        response.BodyWriter.Write(JsonSerializer.SerializeToUtf8Bytes(e, RestJson.Options));
        response.BodyWriter.Write("\n\n"u8);
        if (response.BodyWriter.UnflushedBytes > 64 * 1024)
        {
            await Flush(cancellationToken);
        }
    }

    /// <summary>
    /// A sign of life that moves the client's resume point without an event: an id without data sets the last event id and dispatches
    /// nothing. So a filter that matches little does not have the log searched again after every interruption.
    /// </summary>
    public async Task Resume(long position, CancellationToken cancellationToken)
    {
        response.BodyWriter.Write(Encoding.UTF8.GetBytes($"id: {position}\n\n"));
        await Flush(cancellationToken);
    }

    /// <summary>Sends what was written.</summary>
    public async Task Flush(CancellationToken cancellationToken) => await response.BodyWriter.FlushAsync(cancellationToken);
}
