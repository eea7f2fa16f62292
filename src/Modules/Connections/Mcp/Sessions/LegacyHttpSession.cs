using System.Collections.Concurrent;
using System.Net;

namespace Toolgate.Connections;

/// <summary>
/// A session of the legacy era over streamable HTTP (2025-03-26 to 2025-11-25): each request is a POST of its own, whose stream carries what belongs to it.
/// What a server says without saying what it belongs to comes on a stream of the session; it goes to the only request that is under way, if there is one.
/// </summary>
internal sealed class LegacyHttpSession : IMcpSession
{
    private const int MaxResumptions = 10;
    private static readonly TimeSpan FarewellTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(500);
    private readonly HttpChannel http;
    private readonly INoticed noticed;
    private readonly string? session;
    private readonly ConcurrentDictionary<long, McpExchange> pending = new();
    private readonly ServerStream stream;
    private volatile bool over;

    private LegacyHttpSession(HttpChannel http, INoticed noticed, ServerFacts server, string? session)
    {
        this.http = http;
        this.noticed = noticed;
        this.session = session;
        stream = new ServerStream(Hear);
        Server = server;
    }

    /// <inheritdoc/>
    public McpEra Era => McpEra.Legacy;

    /// <inheritdoc/>
    public ServerFacts Server { get; }

    /// <inheritdoc/>
    public bool IsOver => over;

    /// <inheritdoc/>
    public string? LogLevel { get; set; }

    /// <summary>The handshake.</summary>
    /// <exception cref="McpEraException">The server speaks the modern era only.</exception>
    /// <exception cref="McpFault">It refuses otherwise.</exception>
    public static async ValueTask<LegacyHttpSession> Open(HttpChannel http, ClientCapabilities capabilities, INoticed noticed, CancellationToken cancellationToken)
    {
        using var exchange = new McpExchange(RequestIds.Next(), BackgroundClient.Instance, ClientCapabilities.None, reply: null, noticed);
        using var response = await http.Post(McpRequestWriter.Initialize(exchange.Id, capabilities.Json), [], cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            var refusal = await HttpChannel.Error(response, cancellationToken);
            throw HttpRefusals.IsNoHandshake(response.StatusCode, refusal) ? new McpEraException() : await http.Refusal(response, cancellationToken);
        }

        await using var messages = await http.Read(response, http.MaxBytes, cancellationToken);
        while (await messages.Next(cancellationToken) is { } message)
        {
            if (await exchange.Take(message, cancellationToken) is { } answer)
            {
                var opened = new LegacyHttpSession(http, noticed, Facts(answer), SessionOf(response));
                using var accepted = await http.Post(McpRequestWriter.Notification(McpProtocol.Initialized), opened.Headers(), cancellationToken);
                return opened;
            }
        }

        throw McpFault.Garbage("The upstream does not answer the handshake.");
    }

    /// <inheritdoc/>
    public async ValueTask<RpcAnswer> Request(McpRequest request, CallClient client, ClientCapabilities capabilities, CancellationToken cancellationToken)
    {
        using var exchange = new McpExchange(RequestIds.Next(), client, capabilities, Reply, noticed);
        if (client.CanAsk || client.LogLevel is not null)
        {
            await stream.Open(cancellationToken);
        }

        pending[exchange.Id] = exchange;
        try
        {
            return await Request(request, client, capabilities, exchange, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // In this era a broken connection is no cancellation: the upstream is told.
            _ = Tell(McpRequestWriter.Cancelled(exchange.Id));
            throw;
        }
        finally
        {
            pending.TryRemove(exchange.Id, out _);
        }
    }

    /// <inheritdoc/>
    public ValueTask Listen(IReadOnlyCollection<string> resources, Action listening, CancellationToken cancellationToken) => stream.Listen(listening, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        stream.Dispose();
        if (!over && session is not null)
        {
            over = true;
            using var deadline = new CancellationTokenSource(FarewellTimeout);
            try
            {
                await http.Delete(Headers(), deadline.Token);
            }
            catch (Exception)
            {
                // A courtesy: the server forgets the session by itself.
            }
        }
    }

    /// <summary>Hears the server on the session's own stream until it ends; false when the server has none.</summary>
    private async Task<bool> Hear(Action opened, CancellationToken cancellationToken)
    {
        using var response = await http.Get(Headers(), cancellationToken);
        if (!response.IsSuccessStatusCode || !HttpChannel.IsEvents(response))
        {
            over |= response.StatusCode == HttpStatusCode.NotFound && session is not null;
            return false;
        }

        opened();
        await using var messages = await http.Read(response, long.MaxValue, cancellationToken);
        while (await messages.Next(cancellationToken) is { } json)
        {
            if (JsonRpcMessage.Parse(json) is { } message && !await TakenByTheOnlyRequest(message, cancellationToken))
            {
                if (message.Kind == JsonRpcKind.Notification)
                {
                    noticed.Noticed(message.Method!, message.Params);
                }
                else if (message.Kind == JsonRpcKind.Request)
                {
                    await Reply(Uncorrelated.Answer(message), cancellationToken);
                }
            }
        }

        return true;
    }

    /// <summary>Never guesses: with two requests under way nobody can say whose a question is.</summary>
    private async ValueTask<bool> TakenByTheOnlyRequest(JsonRpcMessage message, CancellationToken cancellationToken)
    {
        if (message.Kind == JsonRpcKind.Answer || McpProtocol.IsOfNoRequest(message.Method!) || pending.Values.Take(2).ToArray() is not [var only])
        {
            return false;
        }

        try
        {
            await only.Take(message, cancellationToken);
            return true;
        }
        catch (Exception exception) when (exception is ObjectDisposedException or McpFault)
        {
            // It ended in the meantime, or has had enough.
            return false;
        }
    }

    private async ValueTask<RpcAnswer> Request(
        McpRequest request, CallClient client, ClientCapabilities capabilities, McpExchange exchange, CancellationToken cancellationToken)
    {
        var body = McpRequestWriter.Write(exchange.Id, request, McpEra.Legacy, client, capabilities.Json);
        var response = await http.Post(body, Headers(), cancellationToken);
        var left = (long)http.MaxBytes;
        for (var resumption = 0; ; resumption++)
        {
            string? lastEvent;
            TimeSpan? retry;
            using (response)
            {
                if (!response.IsSuccessStatusCode)
                {
                    return resumption == 0 ? await Refused(response, cancellationToken) : throw new IOException("The stream cannot be taken up again.");
                }

                await using var messages = await http.Read(response, left, cancellationToken);
                try
                {
                    while (await messages.Next(cancellationToken) is { } message)
                    {
                        left -= message.Length;
                        if (await exchange.Take(message, cancellationToken) is { } answer)
                        {
                            return answer;
                        }
                    }
                }
                catch (IOException) when (messages is SseReader { LastEventId: not null })
                {
                    // It broke in the middle: it may be taken up again as if it had ended.
                }

                (lastEvent, retry) = messages is SseReader events ? (events.LastEventId, events.Retry) : default;
            }

            if (lastEvent is null || resumption == MaxResumptions)
            {
                throw new IOException("The answer ended before it was there.");
            }

            // A server may close a stream that it has named and be asked for the rest (2025-11-25, "Polling").
            await Task.Delay(Bounded(retry), cancellationToken);
            response = await http.Get([.. Headers(), new(McpProtocol.LastEventHeader, lastEvent)], cancellationToken);
        }
    }

    private static TimeSpan Bounded(TimeSpan? retry) => retry is { } wanted ? TimeSpan.FromMilliseconds(Math.Clamp(wanted.TotalMilliseconds, 50, 30_000)) : FirstRetry;

    private static ServerFacts Facts(RpcAnswer answer) => answer.Error.IsEmpty
        ? ServerFacts.OfHandshake(answer.Result)
        : throw (answer.Code == McpProtocol.UnsupportedVersion ? new McpEraException() : McpFault.Garbage("The upstream refuses the handshake."));

    private static string? SessionOf(HttpResponseMessage response)
        => response.Headers.TryGetValues(McpProtocol.SessionHeader, out var values) && values.First() is { Length: > 0 and <= 2_048 } id && AuthTemplateRules.IsHeaderText(id) ? id : null;

    private async ValueTask<RpcAnswer> Refused(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var error = await HttpChannel.Error(response, cancellationToken);
        if (session is not null && HttpRefusals.IsSessionGone(response.StatusCode, error))
        {
            over = true;
            throw new McpSessionLostException();
        }

        if (HttpRefusals.IsNewEra(response.StatusCode, error))
        {
            throw new McpEraException(error);
        }

        return error.Error.IsEmpty || response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
            ? throw await http.Refusal(response, cancellationToken)
            : error;
    }

    private async ValueTask Reply(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        using var response = await http.Post(message, Headers(), cancellationToken);
    }

    private async Task Tell(byte[] message)
    {
        using var deadline = new CancellationTokenSource(FarewellTimeout);
        try
        {
            await Reply(message, deadline.Token);
        }
        catch (Exception)
        {
            // Nobody waits for it any more.
        }
    }

    private KeyValuePair<string, string>[] Headers() => session is null
        ? [new(McpProtocol.VersionHeader, Server.Version)]
        : [new(McpProtocol.VersionHeader, Server.Version), new(McpProtocol.SessionHeader, session)];
}

/// <summary>Questions of an upstream that belong to no request.</summary>
internal static class Uncorrelated
{
    /// <summary>A ping is answered; nobody can be asked anything else.</summary>
    public static byte[] Answer(JsonRpcMessage question) => McpRequestWriter.Answer(question.Id, question.Method == McpProtocol.Ping
        ? new RpcAnswer("{}"u8.ToArray(), default)
        : McpRequestWriter.Error(McpProtocol.MethodNotFound, "Toolgate cannot say whom this is for."));
}
