using System.Text;
using System.Text.Json;
using Toolgate.Connections;

namespace Toolgate.Sessions.Tests;

/// <summary>What a client is told while its call runs: progress and log messages, as far as it asked for them, and the result untouched at the end.</summary>
public sealed class TellingTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>, IDisposable
{
    private static readonly byte[] Spaced = Encoding.UTF8.GetBytes("{ \"content\" : [ {\"type\":\"future\",\n\"x\":1.0} ],\r\n \"structuredContent\":[1], \"new\":{\"\\u0061\":1e2} }");
    private readonly Gateway gateway = fixture.Gateway;
    private readonly World world = fixture.World;

    public void Dispose() => world.Talk = null;

    [Fact]
    public async Task a_call_that_says_nothing_is_answered_plainly_and_byte_for_byte()
    {
        world.Talk = (_, _, _) => Relayed(Spaced);
        var session = await gateway.Open(version: "2025-03-26");
        var answer = await gateway.Ask(Mcp.Post(Mcp.Call(Tools.Read.Name), session: session));
        answer.Headers["Content-Type"].ShouldBe("application/json");
        answer.Body.ShouldBe("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":" + Encoding.UTF8.GetString(Spaced) + "}");
    }

    [Theory]
    [InlineData("\"tok\\u0065n\"")]
    [InlineData("12345678901234567")]
    public async Task progress_carries_the_clients_own_token_and_the_answer_ends_the_stream(string token)
    {
        world.Talk = async (client, _, cancellationToken) =>
        {
            client.WantsProgress.ShouldBeTrue();
            await Progress(client, """{"progress":1,"total":3,"message":"one","_meta":{"x":[1]}}""");
            await Progress(client, """{"progress":2,"progressToken":"theirs"}""");
            return new ToolOutcome.Relayed(Spaced, false);
        };
        var session = await gateway.Open();
        using var stream = await EventReader.Open(gateway, Mcp.Post(Mcp.Watched(Tools.Read.Name, token), session: session));
        stream.Response.Headers.GetValues("X-Accel-Buffering").ShouldBe(["no"]);
        (await stream.NextMessage()).ShouldBe($$$"""{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":{{{token}}},"progress":1,"total":3,"message":"one","_meta":{"x":[1]}}""" + "}");
        (await stream.NextMessage()).ShouldBe($$$"""{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":{{{token}}},"progress":2}}""");
        JsonDocument.Parse(await stream.NextWhole()).RootElement.GetProperty("result").GetProperty("new").GetProperty("a").GetRawText().ShouldBe("1e2");
        (await stream.NextMessage()).ShouldBeNull();
        stream.Ids.Count.ShouldBe(4, "the first event has an id and nothing else");
        stream.Ids.Distinct().Count().ShouldBe(4);
    }

    [Fact]
    public async Task progress_only_ever_increases_and_what_is_none_is_dropped()
    {
        world.Talk = async (client, _, _) =>
        {
            foreach (var progress in new[] { "{\"progress\":1}", "{\"progress\":1}", "{\"progress\":0.5}", "{\"progress\":\"2\"}", "{}", "[]", "{\"progress\":2.5}" })
            {
                await Progress(client, progress);
            }

            await client.Notify("notifications/invented", "{}"u8.ToArray(), default);
            return await Relayed("{}"u8.ToArray());
        };
        using var stream = await EventReader.Open(gateway, Mcp.Post(Mcp.Watched(Tools.Read.Name, "1"), session: await gateway.Open()));
        (await stream.NextMessage())!.ShouldContain("\"progress\":1}");
        (await stream.NextMessage())!.ShouldContain("\"progress\":2.5}");
        (await stream.NextMessage())!.ShouldContain("\"result\"");
    }

    [Fact]
    public async Task a_client_that_gave_no_token_is_not_told_of_progress()
    {
        world.Talk = async (client, _, _) =>
        {
            client.WantsProgress.ShouldBeFalse();
            await Progress(client, """{"progress":1}""");
            return await Relayed("{}"u8.ToArray());
        };
        (await gateway.Ask(Mcp.Post(Mcp.Call(Tools.Read.Name), session: await gateway.Open()))).Headers["Content-Type"].ShouldBe("application/json");
    }

    [Fact]
    public async Task a_session_hears_log_messages_from_the_level_that_it_set()
    {
        world.Talk = LogEverything;
        var session = await gateway.Open();
        (await Logged(Mcp.Post(Mcp.Call(Tools.Read.Name), session: session))).ShouldBe(["info", "warning", "emergency"]);
        (await gateway.Ask(Mcp.Post(Mcp.Message("logging/setLevel", "\"level\":\"warning\""), session: session))).Body.ShouldBe("""{"jsonrpc":"2.0","id":3,"result":{}}""");
        (await Logged(Mcp.Post(Mcp.Call(Tools.Read.Name), session: session))).ShouldBe(["warning", "emergency"]);
        (await gateway.Ask(Mcp.Post(Mcp.Message("logging/setLevel", "\"level\":\"loud\""), session: session))).ShouldBeError(200, -32602);
        (await Logged(Mcp.Post(Mcp.Call(Tools.Read.Name), session: session))).ShouldBe(["warning", "emergency"]);
    }

    [Fact]
    public async Task a_stateless_request_hears_log_messages_only_when_it_says_so()
    {
        world.Talk = LogEverything;
        (await gateway.Ask(Mcp.ModernPost(Mcp.ModernCallAs(Tools.Read.Name, "{}")))).Headers["Content-Type"].ShouldBe("application/json");
        (await Logged(Mcp.ModernPost(Mcp.ModernCallAs(Tools.Read.Name, "{}", meta: ",\"io.modelcontextprotocol/logLevel\":\"emergency\"")))).ShouldBe(["emergency"]);
        (await gateway.Ask(Mcp.ModernPost(Mcp.ModernCallAs(Tools.Read.Name, "{}", meta: ",\"io.modelcontextprotocol/logLevel\":\"loud\"")))).Headers["Content-Type"]
            .ShouldBe("application/json");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"roots\":{}}")]
    public async Task a_stateless_stream_has_no_ids_and_its_result_what_the_revision_asks_for(string capabilities)
    {
        world.Talk = async (client, _, _) =>
        {
            await Progress(client, """{"progress":1}""");
            return await Relayed("""{"content":[],"x":1}"""u8.ToArray());
        };
        using var stream = await EventReader.Open(gateway, Mcp.ModernPost(Mcp.ModernCallAs(Tools.Read.Name, capabilities, meta: ",\"progressToken\":\"p\"")));
        (await stream.NextMessage())!.ShouldContain("\"progressToken\":\"p\"");
        (await stream.NextMessage())!.ShouldStartWith("""{"jsonrpc":"2.0","id":7,"result":{"content":[],"x":1,"resultType":"complete","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"Toolgate",""");
        (await stream.NextMessage()).ShouldBeNull();
        stream.Ids.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("{}", "{\"resultType\":\"complete\",\"_meta\":{\"io")]
    [InlineData("{\"_meta\":{\"a\":1},\"resultType\":\"task\" }", "{\"_meta\":{\"a\":1},\"resultType\":\"task\" }")]
    public async Task a_stateless_result_gets_what_is_missing_and_keeps_what_is_there(string result, string expected)
    {
        world.Talk = (_, _, _) => Relayed(Encoding.UTF8.GetBytes(result));
        (await gateway.Ask(Mcp.ModernPost(Mcp.ModernCallAs(Tools.Read.Name, "{}")))).Body.ShouldStartWith("""{"jsonrpc":"2.0","id":7,"result":""" + expected);
    }

    [Theory]
    [InlineData(-32020, 400)]
    [InlineData(-32021, 400)]
    [InlineData(-32022, 400)]
    [InlineData(-32601, 404)]
    [InlineData(-32602, 200)]
    [InlineData(4711, 200)]
    public async Task what_an_upstream_refuses_is_refused_with_the_status_of_the_era(int code, int status)
    {
        world.Talk = (_, _, _) => Task.FromResult<ToolOutcome>(new ToolOutcome.Rejected(code, "No: \"so\"", "{\"why\":[1]}"u8.ToArray()));
        var answer = await gateway.Ask(Mcp.ModernPost(Mcp.ModernCallAs(Tools.Read.Name, "{}")));
        answer.ShouldBeError(status, code, "No: \"so\"");
        answer.Error.GetProperty("data").GetRawText().ShouldBe("{\"why\":[1]}");
        (await gateway.Ask(Mcp.Post(Mcp.Call(Tools.Read.Name), session: await gateway.Open()))).ShouldBeError(200, code, "No: \"so\"");
    }

    [Fact]
    public async Task a_stream_shows_that_it_lives_while_there_is_nothing_to_say()
    {
        var go = new TaskCompletionSource();
        world.Talk = async (client, _, _) =>
        {
            await Progress(client, """{"progress":1}""");
            await go.Task;
            return await Relayed("{}"u8.ToArray());
        };
        using var stream = await EventReader.Open(gateway, Mcp.Post(Mcp.Watched(Tools.Read.Name, "1"), session: await gateway.Open()));
        (await stream.Next())!.ShouldContain("progress");
        (await stream.Next()).ShouldBe(":");
        go.SetResult();
        (await stream.NextMessage())!.ShouldContain("\"result\"");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task a_flood_neither_waits_for_a_slow_reader_nor_fills_memory_and_its_last_word_arrives(bool legacy)
    {
        const int many = 200_000;
        var told = new TaskCompletionSource();
        world.Talk = async (client, _, _) =>
        {
            for (var i = 1; i <= many; i++)
            {
                await Progress(client, $$$"""{"progress":{{{i}}},"message":"{{{new string('x', 100)}}}"}""");
            }

            told.SetResult();
            return await Relayed("{}"u8.ToArray());
        };
        var request = legacy
            ? Mcp.Post(Mcp.Watched(Tools.Read.Name, "1"), session: await gateway.Open())
            : Mcp.ModernPost(Mcp.ModernCallAs(Tools.Read.Name, "{}", meta: ",\"progressToken\":1"));
        using var stream = await EventReader.Open(gateway, request);
        await told.Task.WaitAsync(TimeSpan.FromSeconds(60));
        var (count, before, line) = (0, "", "");
        while ((line = await stream.NextMessage())!.Contains("progress", StringComparison.Ordinal))
        {
            (count, before) = (count + 1, line);
        }

        before.ShouldContain($"\"progress\":{many},");
        line.ShouldContain("\"result\"");
        count.ShouldBeLessThan(many, "what nobody could read in time was overtaken");
    }

    private static async Task<ToolOutcome> LogEverything(CallClient client, Tool tool, CancellationToken cancellationToken)
    {
        foreach (var level in new[] { "debug", "info", "warning", "emergency", "loud" })
        {
            await client.Notify("notifications/message", Encoding.UTF8.GetBytes($$$"""{"level":"{{{level}}}","data":{"n":1}}"""), cancellationToken);
        }

        return await Relayed("{}"u8.ToArray());
    }

    private static async Task Progress(CallClient client, string parameters)
        => await client.Notify("notifications/progress", Encoding.UTF8.GetBytes(parameters), CancellationToken.None);

    private static Task<ToolOutcome> Relayed(byte[] result) => Task.FromResult<ToolOutcome>(new ToolOutcome.Relayed(result, false));

    private async Task<List<string>> Logged(HttpRequestMessage request)
    {
        using var stream = await EventReader.Open(gateway, request);
        var levels = new List<string>();
        while (await stream.NextMessage() is { } message && !message.Contains("\"result\"", StringComparison.Ordinal))
        {
            levels.Add(JsonDocument.Parse(message).RootElement.GetProperty("params").GetProperty("level").GetString()!);
        }

        return levels;
    }
}
