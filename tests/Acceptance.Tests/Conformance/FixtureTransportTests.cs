using System.Net;
using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using Toolgate.Fixture;

namespace Toolgate.Acceptance.Tests;

/// <summary>The fixture over the transports that the suites do not use, and the knobs that other tests rely on, with the official client.</summary>
public sealed class FixtureTransportTests
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "Toolgate.Fixture.dll");

    [Theory]
    [InlineData(Versions.June)]
    [InlineData(Versions.Modern)]
    public async Task It_speaks_over_standard_input_and_output(string version)
    {
        await using var client = await Connect(
            new StdioClientTransport(new StdioClientTransportOptions { Command = "dotnet", Arguments = [Program, "--stdio"] }), version);

        await Uses(client, version);
    }

    [Fact]
    public async Task It_speaks_the_transport_of_2024()
    {
        await using var server = await FixtureServer.Start();
        await using var client = await Connect(Http(server.SseUrl, HttpTransportMode.Sse), Versions.First);

        await Uses(client, Versions.First);
        server.Requests.Last("tools/call").Path.ShouldBe("/messages");
    }

    [Fact]
    public async Task The_example_server_of_the_project_answers_too()
    {
        var program = await NodePackages.File("@modelcontextprotocol/server-everything", "dist", "index.js");
        await using var client = await Connect(
            new StdioClientTransport(new StdioClientTransportOptions { Command = NodePackages.Node, Arguments = [program, "stdio"] }),
            null);

        (await client.ListToolsAsync()).ShouldContain(tool => tool.Name == "echo");
    }

    [Theory]
    [InlineData(Eras.Legacy, ReplyStyle.Streams)]
    [InlineData(Eras.Legacy, ReplyStyle.WhenNeeded)]
    [InlineData(Eras.Modern, ReplyStyle.WhenNeeded)]
    public async Task It_records_what_came_and_what_was_cancelled(Eras era, ReplyStyle replies)
    {
        await using var server = await FixtureServer.Start();
        (server.Behaviour.Eras, server.Behaviour.Replies, server.Behaviour.Authorization) = (era, replies, "Bearer right");
        await using var client = await Connect(Http(server.Url, HttpTransportMode.StreamableHttp, "right"), null);
        using var enough = new CancellationTokenSource();

        var call = client.CallToolAsync("fixture_wait", new Dictionary<string, object?> { ["label"] = "one" }, cancellationToken: enough.Token);
        await server.Calls.Waiting();
        if (era == Eras.Legacy)
        {
            // This client only closes its connection, which is no cancellation before 2026-07-28.
            var id = server.Requests.Last("tools/call").Message!["id"]!.GetValue<long>();
            await client.SendNotificationAsync("notifications/cancelled", new CancelledNotificationParams { RequestId = new RequestId(id) });
        }

        await enough.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(async () => await call);
        await server.Calls.Cancellation();
        server.Calls.Cancelled.ShouldBe(["one"]);
        server.Requests.Last("tools/call").Header("Authorization").ShouldBe("Bearer right");
        server.Requests.Count("tools/call").ShouldBe(1);
        server.Requests.Count("initialize").ShouldBe(era == Eras.Legacy ? 1 : 0);
    }

    [Fact]
    public async Task It_lets_nobody_in_with_another_token()
    {
        await using var server = await FixtureServer.Start();
        server.Behaviour.Authorization = "Bearer right";

        await Should.ThrowAsync<HttpRequestException>(() => Connect(Http(server.Url, HttpTransportMode.StreamableHttp, "wrong"), null));

        server.Requests.All.ShouldAllBe(request => request.Header("Authorization") == "Bearer wrong");
    }

    [Theory]
    [InlineData(Eras.Legacy)]
    [InlineData(Eras.Modern)]
    public async Task It_tells_of_a_changed_list_and_lists_in_pages(Eras era)
    {
        await using var server = await FixtureServer.Start();
        (server.Behaviour.Eras, server.Behaviour.PageSize) = (era, 7);
        await using var client = await Connect(Http(server.Url, HttpTransportMode.StreamableHttp), null);
        (await client.ListToolsAsync()).Count.ShouldBe(server.Catalog.Tools.All.Count);
        server.Requests.Count("tools/list").ShouldBeGreaterThan(3);

        server.Catalog.Tools.Redefine("test_simple_text", tool => tool["description"] = "Changed");
        server.Catalog.Tools.Remove("test_image_content").ShouldBeTrue();

        var tools = await client.ListToolsAsync();
        tools.Single(tool => tool.Name == "test_simple_text").Description.ShouldBe("Changed");
        tools.ShouldNotContain(tool => tool.Name == "test_image_content");
    }

    [Theory]
    [InlineData(Eras.Legacy)]
    [InlineData(Eras.Modern)]
    public async Task It_can_lack_capabilities(Eras era)
    {
        await using var server = await FixtureServer.Start();
        (server.Behaviour.Eras, server.Behaviour.Lacks) = (era, ["prompts", "completions"]);
        await using var client = await Connect(Http(server.Url, HttpTransportMode.StreamableHttp), null);

        client.ServerCapabilities.Prompts.ShouldBeNull();
        client.ServerCapabilities.Tools.ShouldNotBeNull();
        // 2026-07-28 answers with a 404, which this client takes for a failure of the transport.
        var refused = await Record.ExceptionAsync(async () => await client.ListPromptsAsync());
        (refused is McpProtocolException { ErrorCode: McpErrorCode.MethodNotFound } or HttpRequestException { StatusCode: HttpStatusCode.NotFound })
            .ShouldBeTrue(refused?.ToString());
    }

    [Fact]
    public async Task It_dies_and_comes_back_without_its_sessions()
    {
        await using var server = await FixtureServer.Start();
        server.Behaviour.Eras = Eras.Legacy;
        await using (var client = await Connect(Http(server.Url, HttpTransportMode.StreamableHttp), null))
        {
            await server.Kill();
            await Should.ThrowAsync<HttpRequestException>(async () => await client.ListToolsAsync());
            await server.Revive();
            await Should.ThrowAsync<HttpRequestException>(async () => await client.ListToolsAsync());
        }

        await using var again = await Connect(Http(server.Url, HttpTransportMode.StreamableHttp), null);
        (await again.ListToolsAsync()).ShouldNotBeEmpty();
        server.Sessions.ShouldBe(1);
    }

    private static async Task Uses(McpClient client, string version)
    {
        client.NegotiatedProtocolVersion.ShouldBe(version);
        (await client.ListToolsAsync()).ShouldContain(tool => tool.Name == "fixture_echo");
        var progress = new List<double>();
        var result = await client.CallToolAsync("test_tool_with_progress", progress: new Reports(progress));
        result.Content.OfType<TextContentBlock>().Single().Text.ShouldBe("Progress was reported");
        // The client handles the last report while it hands out the result.
        progress[..2].ShouldBe([0, 50]);
        (await client.GetPromptAsync("test_simple_prompt")).Messages.Count.ShouldBe(1);
        (await client.ReadResourceAsync("test://template/5/data")).Contents.OfType<TextResourceContents>().Single().Text.ShouldContain("Data for ID: 5");
        var asked = await client.CallToolAsync("test_elicitation", new Dictionary<string, object?> { ["message"] = "Who?" });
        asked.Content.OfType<TextContentBlock>().Single().Text.ShouldContain("action=accept");
    }

    private static HttpClientTransport Http(string url, HttpTransportMode mode, string? token = null) => new(new HttpClientTransportOptions
    {
        Endpoint = new Uri(url),
        TransportMode = mode,
        AdditionalHeaders = token is null ? null : new Dictionary<string, string> { ["Authorization"] = $"Bearer {token}" },
    });

    private static Task<McpClient> Connect(IClientTransport transport, string? version) => McpClient.CreateAsync(transport, new McpClientOptions
    {
        ProtocolVersion = version,
        DiscoverProbeTimeout = TimeSpan.FromSeconds(30),
        InitializationTimeout = TimeSpan.FromSeconds(60),
        Capabilities = new ClientCapabilities { Elicitation = new ElicitationCapability() },
        Handlers = new McpClientHandlers
        {
            ElicitationHandler = (_, _) => ValueTask.FromResult(new ElicitResult
            {
                Action = "accept",
                Content = new Dictionary<string, JsonElement> { ["username"] = JsonSerializer.SerializeToElement("someone") },
            }),
        },
    });

    private sealed class Reports(List<double> seen) : IProgress<ProgressNotificationValue>
    {
        public void Report(ProgressNotificationValue value) => seen.Add(value.Progress);
    }
}
