using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Toolgate.Audit.Tests;

/// <summary>A client of server-sent events.</summary>
internal sealed class EventStream : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly HttpClient http;
    private readonly HttpResponseMessage response;
    private readonly StreamReader reader;

    private EventStream(HttpClient http, HttpResponseMessage response, StreamReader reader)
    {
        this.http = http;
        this.response = response;
        this.reader = reader;
    }

    /// <summary>Opens the stream and reads the comment that says that it follows.</summary>
    public static async Task<EventStream> Open(Uri server, string key, string query = "", string? lastEventId = null)
    {
        var http = new HttpClient { BaseAddress = server };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/audit/stream" + query);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (lastEventId is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        }

        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.IsSuccessStatusCode.ShouldBeTrue();
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        var stream = new EventStream(http, response, new StreamReader(await response.Content.ReadAsStreamAsync()));
        using var patience = new CancellationTokenSource(Patience);
        (await stream.reader.ReadLineAsync(patience.Token)).ShouldBe(": following");
        (await stream.reader.ReadLineAsync(patience.Token)).ShouldBe("");
        return stream;
    }

    /// <summary>The next event with its id, or null when the server ended the stream.</summary>
    public async Task<(string Id, JsonNode Data)?> Next()
    {
        // One patience for all lines: signs of life alone must not keep a test waiting for ever.
        using var patience = new CancellationTokenSource(Patience);
        var (id, data) = ("", (JsonNode?)null);
        while (await reader.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.Length == 0 && data is not null)
            {
                return (id, data);
            }

            id = line.StartsWith("id: ", StringComparison.Ordinal) ? line[4..] : id;
            data = line.StartsWith("data: ", StringComparison.Ordinal) ? JsonNode.Parse(line[6..]) : data;
        }

        return null;
    }

    public ValueTask DisposeAsync()
    {
        reader.Dispose();
        response.Dispose();
        http.Dispose();
        return ValueTask.CompletedTask;
    }
}
