using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Options;

namespace Toolgate.Connections;

/// <summary>
/// The HTTP below a session: the egress rules, the connection's credentials on every request, and readers for the forms in which servers answer. Nothing of
/// the caller is known here.
/// </summary>
internal sealed class HttpChannel(EgressClient egress, Uri url, PreparedAuth auth, IOptions<CallsOptions> calls)
{
    private const int MaxRefusal = 64 * 1024;
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    /// <summary>Most bytes of an answer, and of one message.</summary>
    public int MaxBytes => calls.Value.MaxResponseBytes;

    /// <summary>The credentials, for masking.</summary>
    public PreparedAuth Auth => auth;

    /// <summary>The server's URL.</summary>
    public Uri Url => url;

    /// <summary>Sends a message.</summary>
    public async ValueTask<HttpResponseMessage> Post(ReadOnlyMemory<byte> message, IEnumerable<KeyValuePair<string, string>> headers, CancellationToken cancellationToken, Uri? to = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, to ?? url);
        using var content = new ReadOnlyMemoryContent(message);
        content.Headers.ContentType = Json;
        request.Content = content;
        request.Headers.TryAddWithoutValidation("Accept", "application/json, text/event-stream");
        Add(request, headers);
        return await egress.Send(request, auth, cancellationToken);
    }

    /// <summary>Asks for a stream of events.</summary>
    public async ValueTask<HttpResponseMessage> Get(IEnumerable<KeyValuePair<string, string>> headers, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.TryAddWithoutValidation("Accept", "text/event-stream");
        Add(request, headers);
        return await egress.Send(request, auth, cancellationToken);
    }

    /// <summary>Ends a session.</summary>
    public async ValueTask Delete(IEnumerable<KeyValuePair<string, string>> headers, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, url);
        Add(request, headers);
        using var response = await egress.Send(request, auth, cancellationToken);
    }

    /// <summary>Whether the body is a stream of events.</summary>
    public static bool IsEvents(HttpResponseMessage response)
        => string.Equals(response.Content.Headers.ContentType?.MediaType, "text/event-stream", StringComparison.OrdinalIgnoreCase);

    /// <summary>A reader of the messages in a body.</summary>
    /// <param name="response">The answer, whose status is fine.</param>
    /// <param name="budget">Most bytes of everything.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    /// <exception cref="McpFault">The body is of a type that holds no messages.</exception>
    public async ValueTask<FrameReader> Read(HttpResponseMessage response, long budget, CancellationToken cancellationToken)
    {
        if (IsEvents(response))
        {
            return new SseReader(await response.Content.ReadAsStreamAsync(cancellationToken), MaxBytes, budget);
        }

        var type = response.Content.Headers.ContentType?.MediaType;
        return type is null || type.EndsWith("json", StringComparison.OrdinalIgnoreCase) || type.EndsWith("ndjson", StringComparison.OrdinalIgnoreCase)
            ? new JsonReader(await response.Content.ReadAsStreamAsync(cancellationToken), MaxBytes, budget)
            : throw McpFault.Garbage("The upstream answers with something that is neither JSON nor a stream of events.");
    }

    /// <summary>
    /// The JSON-RPC error in the body of a refusal; empty when it holds none. The body stays readable for those who want to quote it.
    /// </summary>
    public static async ValueTask<RpcAnswer> Error(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        byte[] bytes;
        try
        {
            bytes = new byte[MaxRefusal];
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
            bytes = bytes[..length];
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            bytes = [];
        }

        var type = response.Content.Headers.ContentType;
        response.Content.Dispose();
        response.Content = new ByteArrayContent(bytes);
        response.Content.Headers.ContentType = type;
        return Message(bytes) is { Error.IsEmpty: false } message ? RpcAnswer.Of(message) : default;
    }

    /// <summary>What a refusal without a JSON-RPC error becomes.</summary>
    public async ValueTask<McpFault> Refusal(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var failed = (ToolOutcome.Failed)await UpstreamRefusals.Of(response, auth, cancellationToken);
        return new McpFailureException(failed.Error)
        {
            IsOutage = response.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout,
        };
    }

    /// <summary>A message that is a whole body, or the first event of one.</summary>
    private static JsonRpcMessage? Message(ReadOnlyMemory<byte> body)
    {
        if (JsonRpcMessage.Parse(body) is { } message)
        {
            return message;
        }

        var start = body.Span.IndexOf("data:"u8);
        var end = start < 0 ? -1 : body.Span[start..].IndexOfAny((byte)'\n', (byte)'\r');
        return end < 0 ? null : JsonRpcMessage.Parse(body[(start + 5)..(start + end)]);
    }

    private static void Add(HttpRequestMessage request, IEnumerable<KeyValuePair<string, string>> headers)
    {
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }
}
