using System.Text;
using System.Text.Json;
using Toolgate.Connections;
using Toolgate.TestSupport;

namespace Toolgate.Sessions.Tests;

/// <summary>What an upstream asks the client of a session: on the stream of its own call, answered by a POST, matched in that session alone.</summary>
public sealed class AskingTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>, IDisposable
{
    private const string Everything = """{"elicitation":{"form":{},"url":{}},"sampling":{"tools":{}},"roots":{"listChanged":true}}""";
    private readonly Gateway gateway = fixture.Gateway;
    private readonly World world = fixture.World;

    public void Dispose() => world.Talk = null;

    [Theory]
    [InlineData("elicitation/create", """{"message":"Sure?","requestedSchema":{"type":"object"},"odd":[1.0]}""")]
    [InlineData("elicitation/create", """{"mode":"url","url":"https://x.example","elicitationId":"e"}""")]
    [InlineData("sampling/createMessage", """{"messages":[],"maxTokens":1,"tools":[]}""")]
    [InlineData("roots/list", "")]
    public async Task a_question_goes_on_the_calls_own_stream_and_its_answer_back_to_the_upstream(string method, string parameters)
    {
        world.Talk = Asking(method, parameters);
        var session = await gateway.OpenAs(Everything);
        using var stream = await EventReader.Open(gateway, Mcp.Post(Mcp.Call(Tools.Read.Name), session: session));
        var (question, id) = await Question(stream);
        question.GetProperty("method").GetString().ShouldBe(method);
        (question.TryGetProperty("params", out var given) ? given.GetRawText() : "").ShouldBe(parameters);
        (await Answer(session, Mcp.Response(id, """{"action":"accept","x":1.50}"""))).ShouldBe(202);
        (await stream.NextMessage()).ShouldBe("""{"jsonrpc":"2.0","id":7,"result":{"answer":{"action":"accept","x":1.50}}}""");
        (await stream.NextMessage()).ShouldBeNull();
    }

    [Theory]
    [InlineData("{}", "elicitation/create", "{}")]
    [InlineData("""{"elicitation":{}}""", "elicitation/create", """{"mode":"url"}""")]
    [InlineData("""{"elicitation":{"url":{}}}""", "elicitation/create", """{"message":"form"}""")]
    [InlineData("""{"elicitation":true}""", "elicitation/create", "{}")]
    [InlineData("""{"sampling":{}}""", "sampling/createMessage", """{"tools":[]}""")]
    [InlineData("""{"sampling":{}}""", "roots/list", "")]
    [InlineData("""{"elicitation":{},"sampling":{},"roots":{}}""", "invented/ask", "{}")]
    public async Task what_a_client_did_not_declare_it_is_not_asked(string capabilities, string method, string parameters)
    {
        world.Talk = Asking(method, parameters);
        var session = await gateway.OpenAs(capabilities);
        var answer = await gateway.Ask(Mcp.Post(Mcp.Call(Tools.Read.Name), session: session));
        answer.Headers["Content-Type"].ShouldBe("application/json");
        answer.Result.GetProperty("error").GetProperty("code").GetInt32().ShouldBe(-32601);
    }

    [Fact]
    public async Task only_the_first_answer_counts_and_answers_to_nothing_are_forgotten()
    {
        world.Talk = Asking("roots/list", "");
        var session = await gateway.OpenAs(Everything);
        using var stream = await EventReader.Open(gateway, Mcp.Post(Mcp.Call(Tools.Read.Name), session: session));
        var (_, id) = await Question(stream);
        (await Answer(session, Mcp.Response("\"never-asked\""))).ShouldBe(202);
        (await Answer(session, Mcp.Response("7"))).ShouldBe(202);
        (await Answer(session, Mcp.Response(id, """{"first":true}"""))).ShouldBe(202);
        (await Answer(session, Mcp.Response(id, """{"second":true}"""))).ShouldBe(202);
        (await stream.NextMessage())!.ShouldContain("\"first\"");
    }

    [Fact]
    public async Task the_answer_of_another_session_changes_nothing_even_with_the_right_id()
    {
        world.Talk = Asking("roots/list", "");
        var (session, other) = (await gateway.OpenAs(Everything), await gateway.OpenAs(Everything));
        using var stream = await EventReader.Open(gateway, Mcp.Post(Mcp.Call(Tools.Read.Name), session: session));
        var (_, id) = await Question(stream);
        (await Answer(other, Mcp.Response(id, """{"stolen":true}"""))).ShouldBe(202);
        (await gateway.Ask(Mcp.Post(Mcp.Response(id, """{"stolen":true}"""), token: "bob-key", session: session))).ShouldBeError(403, -32003);
        (await gateway.Ask(Mcp.Post(Mcp.Response(id, """{"stolen":true}"""), token: "alice-other-key", session: session))).ShouldBeError(403, -32003);
        (await gateway.Ask(Mcp.Post(Mcp.Response(id, """{"stolen":true}"""), "/mcp/toolkits/a", session: session))).ShouldBeError(403, -32003);
        (await Answer(session, Mcp.Response(id, """{"own":true}"""))).ShouldBe(202);
        (await stream.NextMessage())!.ShouldContain("\"own\"");
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":ID,"error":{"code":-1,"message":"no"}}""", """{"code":-1,"message":"no"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":ID,"error":"no"}""", "The client answered with an error that is none.")]
    [InlineData("""{"jsonrpc":"2.0","id":ID,"result":5}""", "The client answered without a result.")]
    public async Task an_error_or_no_answer_at_all_is_an_error_for_the_upstream(string response, string expected)
    {
        world.Talk = Asking("roots/list", "");
        var session = await gateway.OpenAs(Everything);
        using var stream = await EventReader.Open(gateway, Mcp.Post(Mcp.Call(Tools.Read.Name), session: session));
        var (_, id) = await Question(stream);
        (await Answer(session, response.Replace("ID", id, StringComparison.Ordinal))).ShouldBe(202);
        (await stream.NextMessage())!.ShouldContain(expected);
    }

    [Fact]
    public async Task a_response_with_a_result_and_an_error_is_no_response()
    {
        var session = await gateway.OpenAs(Everything);
        (await Answer(session, """{"jsonrpc":"2.0","id":"x","result":{},"error":{"code":1,"message":"m"}}""")).ShouldBe(400);
    }

    [Fact]
    public async Task a_client_that_never_answers_is_told_that_it_need_not_any_more()
    {
        await using var database = await TestDatabase.Create();
        await using var impatient = await Gateway.Start(database, world, ("Sessions:AnswerWithin", "00:00:00.3"));
        world.Talk = Asking("roots/list", "");
        var session = await impatient.OpenAs(Everything);
        using var stream = await EventReader.Open(impatient, Mcp.Post(Mcp.Call(Tools.Read.Name), session: session));
        var (_, id) = await Question(stream);
        (await stream.NextMessage()).ShouldBe($$$"""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{{{id}}},"reason":"No answer came in time."}}""");
        (await stream.NextMessage())!.ShouldContain("The client did not answer in time.");
    }

    [Fact]
    public async Task cancelling_the_call_takes_the_question_back_and_ends_the_stream_without_an_answer()
    {
        world.Talk = Asking("roots/list", "");
        var session = await gateway.OpenAs(Everything);
        using var stream = await EventReader.Open(gateway, Mcp.Post(Mcp.Call(Tools.Read.Name), session: session));
        var (_, id) = await Question(stream);
        (await gateway.Ask(Mcp.Post("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}""", session: session))).Status.ShouldBe(202);
        (await stream.NextMessage())!.ShouldContain("\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":" + id + ",");
        (await stream.NextMessage()).ShouldBeNull();
    }

    [Fact]
    public async Task a_call_that_ends_takes_its_open_questions_back_before_its_answer()
    {
        var asked = new TaskCompletionSource();
        Task<ClientAnswer>? left = null;
        world.Talk = async (client, _, _) =>
        {
            left = client.Ask("roots/list", default, CancellationToken.None).AsTask();
            await asked.Task;
            return new ToolOutcome.Relayed("{}"u8.ToArray(), false);
        };
        var session = await gateway.OpenAs(Everything);
        using var stream = await EventReader.Open(gateway, Mcp.Post(Mcp.Call(Tools.Read.Name), session: session));
        var (_, id) = await Question(stream);
        asked.SetResult();
        (await stream.NextMessage())!.ShouldContain($"\"requestId\":{id}");
        (await stream.NextMessage())!.ShouldContain("\"result\"");
        Encoding.UTF8.GetString((await left!).Error.Span).ShouldContain("The request is over.");
        (await Answer(session, Mcp.Response(id))).ShouldBe(202, "late, and of no effect");
    }

    [Fact]
    public async Task the_end_of_a_session_ends_its_questions_and_its_calls()
    {
        world.Talk = Asking("roots/list", "");
        var session = await gateway.OpenAs(Everything);
        using var stream = await EventReader.Open(gateway, Mcp.Post(Mcp.Call(Tools.Read.Name), session: session));
        var (_, id) = await Question(stream);
        (await gateway.Ask(Mcp.Request(HttpMethod.Delete, "/mcp", session: session))).Status.ShouldBe(204);
        (await stream.NextMessage()).ShouldBeNull();
        (await Answer(session, Mcp.Response(id))).ShouldBe(404);
    }

    [Fact]
    public async Task a_client_has_at_most_so_many_questions_to_answer()
    {
        world.Talk = async (client, _, cancellationToken) =>
        {
            var asks = Enumerable.Range(0, 40).Select(_ => client.Ask("roots/list", default, cancellationToken).AsTask()).ToArray();
            var refused = await Task.WhenAll(asks.Skip(32));
            return new ToolOutcome.Relayed(refused.All(answer => answer.Result.IsEmpty) ? "{\"refused\":true}"u8.ToArray() : "{}"u8.ToArray(), false);
        };
        using var stream = await EventReader.Open(gateway, Mcp.Post(Mcp.Call(Tools.Read.Name), session: await gateway.OpenAs(Everything)));
        for (var i = 0; i < 32; i++)
        {
            await Question(stream);
        }

        string? line;
        while ((line = await stream.NextMessage())!.Contains("cancelled", StringComparison.Ordinal))
        {
        }

        line.ShouldContain("\"refused\":true");
    }

    [Fact]
    public async Task what_a_client_declared_and_set_is_known_to_every_node_and_after_a_restart()
    {
        await using var database = await TestDatabase.Create();
        string session;
        world.Talk = (client, _, _) => Task.FromResult<ToolOutcome>(new ToolOutcome.Relayed(
            Encoding.UTF8.GetBytes($$$"""{"capabilities":{{{Encoding.UTF8.GetString(client.Capabilities.Span)}}},"level":"{{{client.LogLevel}}}","pool":"{{{client.PoolKey}}}"}"""), false));
        await using (var one = await Gateway.Start(database, world))
        {
            session = await one.OpenAs("""{"roots":{},"experimental":{"x":1.0}}""");
            (await one.Ask(Mcp.Post(Mcp.Message("logging/setLevel", "\"level\":\"error\""), session: session))).Status.ShouldBe(200);
        }

        await using var two = await Gateway.Start(database, world);
        (await two.Ask(Mcp.Post(Mcp.Call(Tools.Read.Name), session: session))).Result.GetRawText()
            .ShouldBe($$$"""{"capabilities":{"roots":{},"experimental":{"x":1.0}},"level":"error","pool":"{{{SessionIds.PublicOf(session)}}}"}""");
        (await two.Ask(Mcp.Request(HttpMethod.Delete, "/mcp", session: session))).Status.ShouldBe(204);
        (await database.Scalar<long>("select count(*) from toolgate.session_clients")).ShouldBe(0);
        var large = new string('x', SessionClientFacts.MostBytes);
        (await two.Ask(Mcp.Post(Mcp.Message("initialize", "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"x\":\"" + large + "\"}")))).ShouldBeError(200, -32602);
    }

    [Fact]
    public async Task an_answer_for_another_node_is_refused_so_that_nobody_waits_for_it_in_vain()
    {
        await using var other = await Gateway.Start(fixture.Database, world);
        world.Talk = Asking("roots/list", "");
        var session = await gateway.OpenAs(Everything);
        using var stream = await EventReader.Open(gateway, Mcp.Post(Mcp.Call(Tools.Read.Name), session: session));
        var (_, id) = await Question(stream);
        (await other.Ask(Mcp.Post(Mcp.Response(id), session: session))).ShouldBeError(409, -32000);
        (await Answer(session, Mcp.Response(id))).ShouldBe(202);
        (await stream.NextMessage())!.ShouldContain("\"answer\"");
    }

    [Fact]
    public async Task a_server_that_stops_gives_questions_up_and_answers_the_calls()
    {
        await using var database = await TestDatabase.Create();
        var stopping = await Gateway.Start(database, world);
        world.Talk = Asking("roots/list", "");
        using var stream = await EventReader.Open(stopping, Mcp.Post(Mcp.Call(Tools.Read.Name), session: await stopping.OpenAs(Everything)));
        await Question(stream);
        var stopped = stopping.Stop();
        (await stream.NextMessage())!.ShouldContain("The session has ended.");
        (await stream.NextMessage()).ShouldBeNull();
        await stopped;
        await stopping.DisposeAsync();
    }

    private static Func<CallClient, Tool, CancellationToken, Task<ToolOutcome>> Asking(string method, string parameters) => async (client, _, cancellationToken) =>
    {
        var answer = await client.Ask(method, Encoding.UTF8.GetBytes(parameters), cancellationToken);
        var (name, json) = answer.Error.IsEmpty ? ("answer", answer.Result) : ("error", answer.Error);
        return new ToolOutcome.Relayed(Encoding.UTF8.GetBytes($$$"""{"{{{name}}}":{{{Encoding.UTF8.GetString(json.Span)}}}}"""), false);
    };

    private static async Task<(JsonElement Question, string Id)> Question(EventReader stream)
    {
        var question = JsonDocument.Parse((await stream.NextMessage())!).RootElement;
        return (question, question.GetProperty("id").GetRawText());
    }

    private async Task<int> Answer(string session, string response) => (await gateway.Ask(Mcp.Post(response, session: session))).Status;
}
