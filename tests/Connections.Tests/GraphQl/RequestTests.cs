using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Toolgate.Connections.Tests.GraphQl;

public sealed class RequestTests
{
    private static readonly Uri Endpoint = new("https://api.example/graphql");
    private static readonly ToolDefinition Find = Api.Import("type Query { find(text: String, max: Float, select: [String]): Hit plain(select: String): Int } type Hit { id: ID! name: String }").Tool("query.find");

    [Fact]
    public void arguments_travel_as_variables_byte_for_byte()
    {
        var plan = GraphQlRequestBuilder.Build(Find.Binding(), """{ "max" : 1.50e+2 , "text":"a\u0022) { x } ü" }""".Utf8());
        Encoding.UTF8.GetString(plan.Body.Span).ShouldBe(
            """{"query":"query find($text: String, $max: Float, $select: [String]) { find(text: $text, max: $max, select: $select) { id name } }","operationName":"find","variables":{"max":1.50e+2,"text":"a\u0022) { x } ü"}}""");
    }

    [Fact]
    public void a_selection_takes_the_place_of_the_default_and_an_argument_named_select_stays_an_argument()
    {
        var body = Find.Body("""{"select":["a"],"selection":"name"}""");
        body["query"]!.GetValue<string>().ShouldEndWith("select: $select) { name } }");
        body["variables"]!.ToJsonString().ShouldBe("""{"select":["a"]}""");
    }

    [Fact]
    public void a_leaf_is_asked_without_a_selection()
    {
        var plain = Api.Import("type Query { plain(select: String): Int }").Tool("query.plain");
        plain.Body("""{"select":"x"}""").ToJsonString().ShouldBe("""{"query":"query plain($select: String) { plain(select: $select) }","operationName":"plain","variables":{"select":"x"}}""");
    }

    [Theory]
    [InlineData("""{"selection":"{ nothing }"}""", "/selection", "selection")]
    [InlineData("""{"selection":""}""", "/selection", "selection")]
    [InlineData("""{"selection":7}""", "/selection", "selection")]
    [InlineData("""{"more":7}""", "/more", "additionalProperties")]
    [InlineData("""{"text":"a","text":"b"}""", "/text", "additionalProperties")]
    [InlineData("""{"text":"a"} {}""", "", "json")]
    [InlineData("""{"text":""", "", "json")]
    [InlineData("[]", "", "type")]
    [InlineData("", "", "json")]
    [InlineData("""{"selection":"\uD800"}""", "", "unicode")]
    public void what_cannot_be_asked_is_a_fault_of_the_arguments(string arguments, string pointer, string code)
    {
        var fault = Find.Fault(arguments);
        (fault.Pointer, fault.Code).ShouldBe((pointer, code));
    }

    [Fact]
    public void data_is_the_result_byte_for_byte()
    {
        var answered = Answer("""{"extensions":{"cost":1},"data":{"find": {"id":"1", "n": 1.0}}}""").ShouldBeOfType<ToolOutcome.Answered>();
        Encoding.UTF8.GetString(answered.StructuredContent.Span).ShouldBe("""{"find": {"id":"1", "n": 1.0}}""");
        JsonNode.Parse(answered.Content.Span)![0]!["text"]!.GetValue<string>().ShouldBe("""{"find": {"id":"1", "n": 1.0}}""");
    }

    [Fact]
    public void errors_keep_message_path_and_code_and_lose_the_rest()
    {
        var error = Failed("""
            {"errors":[{"message":"No\u0000 such thing","path":["find",0,"id"],"locations":[{"line":1,"column":2}],"extensions":{"code":"NOT_FOUND","exception":{"stacktrace":["at /srv/x.js"]}}},
              {"message":7},"text"],"data":{"find":null}}
            """);
        (error.Code, error.Retryable, error.UpstreamStatus).ShouldBe(("graphql_errors", false, 200));
        error.Message.ShouldBe("The upstream answered with 3 errors: No  such thing");
        JsonNode.DeepEquals(JsonNode.Parse(error.Details.Span), JsonNode.Parse("""
            {"count":3,"errors":[{"message":"No  such thing","path":["find",0,"id"],"code":"NOT_FOUND"},{"message":"no message"},{"message":"no message"}],"data":{"find":null}}
            """)).ShouldBeTrue(Encoding.UTF8.GetString(error.Details.Span));
    }

    [Fact]
    public void errors_that_are_only_a_text_are_told()
        => Failed("""{"errors":"Invalid key"}""").Message.ShouldBe("The upstream answered with an error: Invalid key");

    [Fact]
    public void errors_without_end_are_bounded()
    {
        var one = $$"""{"message":"{{new string('x', 10_000)}}","path":[{{string.Join(',', Enumerable.Repeat("\"" + new string('y', 500) + "\"", 100))}}]}""";
        var error = Failed($$"""{"errors":[{{string.Join(',', Enumerable.Repeat(one, 100))}}],"data":null}""");
        error.Message.Length.ShouldBeLessThan(400);
        error.Details.Length.ShouldBeLessThan(80_000);
        JsonNode.Parse(error.Details.Span)!["count"]!.GetValue<int>().ShouldBe(100);
    }

    [Fact]
    public void a_credential_that_an_error_repeats_is_hidden()
    {
        var template = new AuthTemplate("key", AuthKind.ApiKey, null, [new Placement(Carrier.Header, "X-Key", Variable: "token")]);
        var auth = PreparedAuth.Of(template, new Dictionary<string, string> { ["token"] = "canary" })!;
        var error = Failed("""{"errors":[{"message":"bad key canary","path":["canary"],"extensions":{"code":"canary"}}]}""", auth: auth);
        (error.Message + Encoding.UTF8.GetString(error.Details.Span)).ShouldNotContain("canary");
    }

    [Theory]
    [InlineData("""{"data":null}""")]
    [InlineData("""{}""")]
    [InlineData("""{"error":"x"}""")]
    [InlineData("""[]""")]
    [InlineData("""{"data":{}""")]
    [InlineData("""{"data":{},"data":{}}""")]
    [InlineData("")]
    [InlineData("<html>")]
    public void what_is_no_answer_of_graphql_is_the_upstreams_fault(string body) => Failed(body).Code.ShouldBe("invalid_upstream_output");

    [Theory]
    [InlineData("""{"data":{"a":1},"errors":[]}""")]
    [InlineData("""{"errors":null,"data":{"a":1}}""")]
    public void an_empty_list_of_errors_is_none(string body) => Answer(body).ShouldBeOfType<ToolOutcome.Answered>();

    [Theory]
    [InlineData(400, """{"errors":[{"message":"Unknown argument"}]}""", "graphql_errors")]
    [InlineData(422, """{"message":"no"}""", "upstream_http_error")]
    public void the_status_of_a_mistake_is_told(int status, string body, string code)
    {
        var error = Failed(body, status);
        (error.Code, error.UpstreamStatus).ShouldBe((code, status));
    }

    private static ToolError Failed(string body, int status = 200, PreparedAuth? auth = null) => Answer(body, status, auth).ShouldBeOfType<ToolOutcome.Failed>().Error;

    private static ToolOutcome Answer(string body, int status = 200, PreparedAuth? auth = null)
    {
        using var response = new HttpResponseMessage((HttpStatusCode)status);
        return GraphQlResults.Of(response, Endpoint, body.Utf8(), auth ?? PreparedAuth.None);
    }
}
