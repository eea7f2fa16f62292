using System.Text;

namespace Toolgate.Connections;

/// <summary>
/// The transport of 2024-11-05: one stream of events, whose first event says where messages are posted. That place must be on the server's own origin: the
/// credentials go there.
/// </summary>
internal sealed class SsePipe : IPipe
{
    private readonly HttpChannel http;
    private readonly HttpResponseMessage response;
    private readonly SseReader events;
    private readonly Uri target;

    private SsePipe(HttpChannel http, HttpResponseMessage response, SseReader events, Uri target)
    {
        this.http = http;
        this.response = response;
        this.events = events;
        this.target = target;
    }

    /// <inheritdoc/>
    public int MaxBytes => http.MaxBytes;

    /// <inheritdoc/>
    public TimeSpan DiscoveryPatience => TimeSpan.Zero;

    /// <summary>Opens the stream and waits for its first event.</summary>
    /// <exception cref="McpFault">The server refuses, or sends something else.</exception>
    public static async Task<SsePipe> Open(HttpChannel http, CancellationToken cancellationToken)
    {
        var response = await http.Get([], cancellationToken);
        try
        {
            if (!response.IsSuccessStatusCode)
            {
                throw await http.Refusal(response, cancellationToken);
            }

            if (!HttpChannel.IsEvents(response))
            {
                throw McpFault.Garbage("The upstream does not answer with a stream of events.");
            }

            var events = new SseReader(await response.Content.ReadAsStreamAsync(cancellationToken), http.MaxBytes, long.MaxValue);
            var first = await events.Next(cancellationToken);
            if (first is not { } data || events.EventType != "endpoint" || !Uri.TryCreate(http.Url, Encoding.UTF8.GetString(data.Span), out var target) || !SameOrigin(target, http.Url))
            {
                throw McpFault.Garbage("The upstream does not say on its own origin where messages go.");
            }

            return new SsePipe(http, response, events, target);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<ReadOnlyMemory<byte>?> Read(CancellationToken cancellationToken) => events.Next(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask Write(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        using var accepted = await http.Post(message, [], cancellationToken, target);
        if (!accepted.IsSuccessStatusCode)
        {
            throw await http.Refusal(accepted, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        response.Dispose();
        return ValueTask.CompletedTask;
    }

    private static bool SameOrigin(Uri a, Uri b) => a.Scheme == b.Scheme && a.Port == b.Port && string.Equals(a.IdnHost, b.IdnHost, StringComparison.OrdinalIgnoreCase);
}
