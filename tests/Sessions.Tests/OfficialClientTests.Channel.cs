using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using Toolgate.Connections;

// Sampling and roots are deprecated, and served until they are removed.
#pragma warning disable MCP9005

namespace Toolgate.Sessions.Tests;

/// <summary>What upstreams tell and ask, with the official C# client at the other end.</summary>
public sealed partial class OfficialClientTests
{
    [Theory]
    [InlineData("2026-07-28")]
    [InlineData("2025-11-25")]
    public async Task it_is_asked_for_input_a_sample_and_its_roots_in_one_call(string version)
    {
        fixture.World.Talk = async (client, _, cancellationToken) =>
        {
            var elicited = await client.Ask("elicitation/create", """{"message":"Who?","requestedSchema":{"type":"object","properties":{"name":{"type":"string"}}}}"""u8.ToArray(), cancellationToken);
            var both = await Task.WhenAll(
                client.Ask("sampling/createMessage", """{"messages":[{"role":"user","content":{"type":"text","text":"Hi"}}],"maxTokens":5}"""u8.ToArray(), cancellationToken).AsTask(),
                client.Ask("roots/list", default, cancellationToken).AsTask());
            var text = string.Join('|', both.Prepend(elicited).Select(answer => Encoding.UTF8.GetString(answer.Result.Span)));
            return new ToolOutcome.Relayed(Encoding.UTF8.GetBytes("""{"content":[{"type":"text","text":""" + JsonSerializer.Serialize(text) + "}]}"), false);
        };
        try
        {
            await using var client = await Connect("/mcp", version, "alice-key", new McpClientHandlers
            {
                ElicitationHandler = (request, _) => ValueTask.FromResult(new ElicitResult
                {
                    Action = "accept", Content = new Dictionary<string, JsonElement> { ["name"] = JsonSerializer.SerializeToElement(request!.Message) },
                }),
                SamplingHandler = (_, _, _) => ValueTask.FromResult(new CreateMessageResult { Content = [new TextContentBlock { Text = "sampled" }], Model = "m" }),
                RootsHandler = (_, _) => ValueTask.FromResult(new ListRootsResult { Roots = [new Root { Uri = "file:///root" }] }),
            });
            var result = await client.CallToolAsync(Tools.Read.Name);
            var said = result.Content.ShouldHaveSingleItem().ShouldBeOfType<TextContentBlock>().Text.Split('|');
            JsonDocument.Parse(said[0]).RootElement.GetProperty("content").GetProperty("name").GetString().ShouldBe("Who?");
            said[1].ShouldContain("sampled");
            said[2].ShouldContain("file:///root");
        }
        finally
        {
            fixture.World.Talk = null;
        }
    }

    [Theory]
    [InlineData("2026-07-28")]
    [InlineData("2025-11-25")]
    public async Task it_hears_of_progress(string version)
    {
        fixture.World.Talk = async (client, _, cancellationToken) =>
        {
            for (var i = 1; i <= 3; i++)
            {
                await client.Notify("notifications/progress", Encoding.UTF8.GetBytes("{\"progress\":" + i + ",\"total\":3}"), cancellationToken);
            }

            return new ToolOutcome.Relayed("""{"content":[]}"""u8.ToArray(), false);
        };
        try
        {
            await using var client = await Connect("/mcp", version);
            var heard = new Heard();
            await client.CallToolAsync(Tools.Read.Name, progress: heard);
            heard.Values.ShouldBe([1, 2, 3]);
        }
        finally
        {
            fixture.World.Talk = null;
        }
    }

    [Fact]
    public async Task it_hears_log_messages_from_the_level_that_it_set()
    {
        fixture.World.Talk = async (client, _, cancellationToken) =>
        {
            await client.Notify("notifications/message", """{"level":"info","data":"quiet"}"""u8.ToArray(), cancellationToken);
            await client.Notify("notifications/message", """{"level":"error","data":"loud"}"""u8.ToArray(), cancellationToken);
            return new ToolOutcome.Relayed("""{"content":[]}"""u8.ToArray(), false);
        };
        try
        {
            await using var client = await Connect("/mcp", "2025-11-25");
            var heard = new ConcurrentQueue<string>();
            var last = new TaskCompletionSource();
            await using var registration = client.RegisterNotificationHandler("notifications/message", (notification, _) =>
            {
                heard.Enqueue(notification.Params!["data"]!.GetValue<string>());
                last.TrySetResult();
                return ValueTask.CompletedTask;
            });
            await client.SendRequestAsync(new JsonRpcRequest { Method = "logging/setLevel", Params = new System.Text.Json.Nodes.JsonObject { ["level"] = "error" } });
            await client.CallToolAsync(Tools.Read.Name);
            await last.Task.WaitAsync(TimeSpan.FromSeconds(20));
            heard.ShouldBe(["loud"]);
        }
        finally
        {
            fixture.World.Talk = null;
        }
    }

    [Theory]
    [InlineData("2026-07-28")]
    [InlineData("2025-11-25")]
    public async Task it_cancels_what_it_asked_for(string version)
    {
        var (began, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        fixture.World.Talk = async (_, _, cancellationToken) =>
        {
            cancellationToken.Register(cancelled.SetResult);
            began.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return new ToolOutcome.Relayed("{}"u8.ToArray(), false);
        };
        try
        {
            await using var client = await Connect("/mcp", version);
            using var enough = new CancellationTokenSource();
            var call = client.CallToolAsync(Tools.Read.Name, cancellationToken: enough.Token).AsTask();
            await began.Task;
            await enough.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(() => call);
            await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(20));
        }
        finally
        {
            fixture.World.Talk = null;
        }
    }

    private sealed class Heard : IProgress<ProgressNotificationValue>
    {
        public List<double> Values { get; } = [];

        public void Report(ProgressNotificationValue value) => Values.Add(value.Progress);
    }
}
