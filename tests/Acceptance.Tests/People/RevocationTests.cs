using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.TestSupport;

namespace Toolgate.Acceptance.Tests;

public sealed class RevocationTests
{
    [Fact]
    public async Task a_revoked_key_ends_its_open_session_its_stream_and_says_so_in_the_log()
    {
        await using var server = await Start();
        var key = await server.Api.Post("/api/account/api-keys", new { name = "agent" }, 201);
        using var http = Client(server, key);
        using var stream = await OpenStream(http);

        await server.Api.Delete($"/api/account/api-keys/{key["id"]}");

        await Ends(server, http, stream);
    }

    [Fact]
    public async Task a_key_that_reaches_its_end_does_the_same_without_another_request()
    {
        await using var server = await Start();
        var key = await server.Api.Post("/api/account/api-keys", new { name = "agent", expiresAt = TimeProvider.System.GetUtcNow().AddSeconds(15) }, 201);
        using var http = Client(server, key);
        using var stream = await OpenStream(http);

        await Ends(server, http, stream);
    }

    private static Task<ToolgateServer> Start() => ToolgateServer.Start(services: services => services.AddSingleton<TimeProvider>(new WithoutRounds()));

    private static HttpClient Client(ToolgateServer server, JsonNode key)
    {
        var http = new HttpClient { BaseAddress = server.BaseAddress };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string)key["value"]!);
        http.DefaultRequestHeaders.TryAddWithoutValidation("Accept", "application/json, text/event-stream");
        return http;
    }

    private static async Task<HttpResponseMessage> OpenStream(HttpClient http)
    {
        using var opened = await http.PostAsync(new Uri("/mcp", UriKind.Relative), new StringContent(
            """{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}""", Encoding.UTF8, "application/json"));
        http.DefaultRequestHeaders.Add("Mcp-Session-Id", opened.Headers.GetValues("Mcp-Session-Id").Single());
        using var request = new HttpRequestMessage(HttpMethod.Get, "/mcp");
        var stream = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        ((int)stream.StatusCode).ShouldBe(200);
        return stream;
    }

    private static async Task Ends(ToolgateServer server, HttpClient http, HttpResponseMessage stream)
    {
        // Ends by itself; a stream that stayed open would make this wait for ever.
        (await stream.Content.ReadAsStringAsync().WaitAsync(TimeSpan.FromSeconds(30))).ShouldNotContain("error");
        await Patience.Until(
            async () => ((JsonArray)(await server.Api.Get("/api/audit/events?type=session_ended"))["items"]!).Count == 1, "the end of the session in the log");
        ((int)(await http.GetAsync(new Uri("/mcp", UriKind.Relative))).StatusCode).ShouldBe(401);
    }

    /// <summary>A clock that rings no slow periodic timer: what happens here happens without the rounds of each minute.</summary>
    private sealed class WithoutRounds : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
            => base.CreateTimer(callback, state, period >= TimeSpan.FromSeconds(10) ? Timeout.InfiniteTimeSpan : dueTime, period);
    }
}
