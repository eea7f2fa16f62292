using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Toolgate.Fixture;

/// <summary>Writes answers and event streams.</summary>
internal static class Wire
{
    public const string EventStream = "text/event-stream";

    /// <summary>Answers with the one message of a stream as JSON, or with an event stream, whichever the stream needs.</summary>
    /// <param name="http">The request.</param>
    /// <param name="stream">The messages.</param>
    /// <param name="resumable">Whether events have ids.</param>
    /// <param name="primed">Whether the stream begins with an event without data, so that a client can come back before the first message.</param>
    public static async Task Answer(HttpContext http, MessageStream stream, bool resumable, bool primed)
    {
        if (await stream.Whole(http.RequestAborted) is { } whole)
        {
            await Json(http, whole.Status, Rpc.Write(whole.Message));
            return;
        }

        await Begin(http);
        if (resumable && primed)
        {
            await Write(http, $"id: {stream.Number}_0\nretry: 50\ndata: \n\n");
        }

        await Events(http, stream, 0, first: true, resumable);
    }

    /// <summary>Writes the messages of a stream from a position on.</summary>
    public static async Task Events(HttpContext http, MessageStream stream, int from, bool first, bool resumable)
    {
        await foreach (var (index, message) in stream.Read(from, first, http.RequestAborted))
        {
            var id = resumable ? string.Create(CultureInfo.InvariantCulture, $"id: {stream.Number}_{index + 1}\n") : "";
            await Write(http, $"event: message\n{id}data: {Rpc.Write(message)}\n\n");
        }
    }

    /// <summary>Sends the headers of an event stream.</summary>
    public static async Task Begin(HttpContext http)
    {
        http.Response.ContentType = EventStream;
        http.Response.Headers.CacheControl = "no-cache, no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
        await http.Response.StartAsync(http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }

    public static async Task Write(HttpContext http, string text)
    {
        await http.Response.WriteAsync(text, http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }

    public static async Task Json(HttpContext http, int status, string json)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(json, http.RequestAborted);
    }

    /// <summary>Refuses a request.</summary>
    public static Task Refuse(HttpContext http, int status, int code, string message)
        => Json(http, status, Rpc.Write(Rpc.Error(null, new RpcException(code, message))));
}
