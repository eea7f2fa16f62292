using System.Text;
using System.Text.Json;

namespace Toolgate.Sessions.Tests;

/// <summary>Reads and prompts whose server needs something from the client first.</summary>
public sealed partial class OfferTests
{
    [Theory]
    [InlineData("resources/read", "\"uri\":\"docs://a\",")]
    [InlineData("prompts/get", "\"name\":\"docs_org_main_review\",\"arguments\":{\"b\":1,\"a\":2},")]
    public async Task what_a_server_asks_first_a_stateless_client_answers_by_trying_again(string method, string members)
    {
        AsksFirst();
        var first = await gateway.Ask(Round(method, members));
        first.Result.GetProperty("resultType").GetString().ShouldBe("input_required");
        var second = await gateway.Ask(Round(method, members + Answered(first)));
        second.Body.ShouldStartWith("""{"jsonrpc":"2.0","id":3,"result":{"got":{"action":"accept"},""");
        world.Servers.Requests.Count.ShouldBe(1);
        (await Drained()).Select(e => e is ResourceRead read ? read.Outcome : ((PromptFetched)e).Outcome).ShouldBe(["ok"], "one request has one record, however many rounds it takes");
    }

    [Fact]
    public async Task what_may_no_longer_be_read_does_not_go_on()
    {
        AsksFirst();
        const string read = "\"uri\":\"docs://a\",";
        var first = await gateway.Ask(Round("resources/read", read));
        world.Show("a", "usr_alice", Offers.View("a", Offers.Of([Offers.Item(Offers.Wiki, "wiki://a"), Offers.Item(Offers.Docs, "docs://b")], [], [])));
        (await gateway.Ask(Round("resources/read", read + Answered(first)))).ShouldBeError(200, -32602, "Resource not found");
    }

    [Fact]
    public async Task what_a_server_asks_reaches_the_client_of_a_session_on_the_stream_of_its_request()
    {
        AsksFirst();
        var session = await gateway.OpenAs("""{"elicitation":{"form":{}}}""", Path);
        using var stream = await EventReader.Open(gateway, Mcp.Post(Mcp.Message("resources/read", "\"uri\":\"docs://a\""), Path, session: session));
        var asked = await Next(stream);
        asked.GetProperty("method").GetString().ShouldBe("elicitation/create");
        var answer = $$$"""{"jsonrpc":"2.0","id":{{{asked.GetProperty("id").GetRawText()}}},"result":{"action":"accept"}}""";
        (await gateway.Ask(Mcp.Post(answer, Path, session: session))).Status.ShouldBe(202);
        (await Next(stream)).GetRawText().ShouldBe("""{"jsonrpc":"2.0","id":3,"result":{"got":{"action":"accept"}}}""");
    }

    /// <summary>The servers ask before they answer.</summary>
    private void AsksFirst() => world.Servers.Answer = async (request, cancellationToken) =>
    {
        var answer = await request.Client.Ask("elicitation/create", """{"message":"Sure?","requestedSchema":{}}"""u8.ToArray(), cancellationToken);
        return Servers.Result("{\"got\":" + Encoding.UTF8.GetString(answer.Result.Span) + "}");
    };

    private static async Task<JsonElement> Next(EventReader stream)
        => JsonDocument.Parse((await stream.NextMessage())!).RootElement;

    private static HttpRequestMessage Round(string method, string members)
    {
        const string meta = """{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{"form":{}}}}""";
        return Mcp.ModernPost(Mcp.Message(method, $"{members}\"_meta\":{meta}"), Path);
    }

    private static string Answered(Answer first)
        => $"\"requestState\":\"{first.Result.GetProperty("requestState").GetString()}\",\"inputResponses\":{{\"question-1\":{{\"action\":\"accept\"}}}},";
}
