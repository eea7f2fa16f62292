using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Toolgate.Sessions.Tests;

/// <summary>The official C# client, in both eras.</summary>
public sealed partial class OfficialClientTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    private readonly Gateway gateway = fixture.Gateway;

    [Theory]
    [InlineData("2026-07-28")]
    [InlineData("2025-11-25")]
    [InlineData("2025-06-18")]
    public async Task it_lists_and_calls(string version)
    {
        await using var client = await Connect("/mcp/toolkits/a", version);
        client.NegotiatedProtocolVersion.ShouldBe(version);
        client.ServerInfo!.Name.ShouldBe("Toolgate");
        client.ServerInstructions.ShouldBe("Tools of a");
        var tools = await client.ListToolsAsync();
        tools.Select(tool => tool.Name).ShouldBe(Tools.All.Select(tool => tool.Name));
        var result = await client.CallToolAsync(Tools.Read.Name, new Dictionary<string, object?> { ["q"] = "hello" });
        result.IsError.ShouldNotBe(true);
        result.Content.ShouldHaveSingleItem().ShouldBeOfType<TextContentBlock>().Text.ShouldBe("done");
        result.StructuredContent!.Value.GetProperty("q").GetString().ShouldBe("hello");
        var refused = await Should.ThrowAsync<McpProtocolException>(async () => await client.CallToolAsync("nobody_has_this"));
        refused.ErrorCode.ShouldBe(McpErrorCode.InvalidParams);
    }

    [Fact]
    public async Task it_prefers_the_stateless_era()
    {
        await using var client = await Connect("/mcp", null);
        client.NegotiatedProtocolVersion.ShouldBe("2026-07-28");
        client.SessionId.ShouldBeNull();
    }

    [Fact]
    public async Task it_hears_of_a_changed_list()
    {
        fixture.World.Admit("frida-key", new("usr_frida", "Frida", Access.Role.Member, Access.Scopes.All, "key_frida"));
        fixture.World.Show("f", "usr_frida", Tools.Read);
        var heard = new TaskCompletionSource();
        await using var client = await Connect("/mcp/toolkits/f", "2025-11-25", "frida-key");
        await using var registration = client.RegisterNotificationHandler(NotificationMethods.ToolListChangedNotification, (_, _) =>
        {
            heard.TrySetResult();
            return ValueTask.CompletedTask;
        });

        // The client opens its stream in its own time: changes go on until one is heard.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        for (var i = 0; !heard.Task.IsCompleted; i++)
        {
            patience.Token.ThrowIfCancellationRequested();
            fixture.World.Show("f", "usr_frida", i % 2 == 0 ? [Tools.Read, Tools.Write] : [Tools.Read]);
            await Task.WhenAny(heard.Task, Task.Delay(100, patience.Token));
        }

        await heard.Task;
    }

    private Task<McpClient> Connect(string path, string? version, string token = "alice-key", McpClientHandlers? handlers = null)
    {
        var transport = new HttpClientTransport(
            new HttpClientTransportOptions
            {
                Endpoint = new Uri(gateway.Address, path),
                TransportMode = HttpTransportMode.StreamableHttp,
                AdditionalHeaders = new Dictionary<string, string> { ["Authorization"] = "Bearer " + token },
            });
        return McpClient.CreateAsync(transport, new McpClientOptions { ProtocolVersion = version, Handlers = handlers ?? new McpClientHandlers() });
    }
}
