using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Toolgate.Connections.Tests.Hosting;

/// <summary>Answers that a tool must bring into the form that it promised, or that have no end.</summary>
public sealed class AnswerTests(ConnectionsServer host) : IClassFixture<ConnectionsServer>
{
    private const string Declared = """
        "/declared": {"get": {"tags": ["issues"], "operationId": "declared", "responses": {"200": {"description": "ok", "content": {"application/json": {
            "schema": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"} } } } } } } } },
        """;

    [Theory]
    [InlineData(200, "application/json", """ {"id": 1}""", """ {"id": 1}""")]
    [InlineData(200, "application/json", """{"id": "not as documented", "more": true}""", """{"id": "not as documented", "more": true}""")]
    [InlineData(200, "application/json", "[1, 2]", """{"value":[1, 2]}""")]
    [InlineData(200, "application/json", "null", """{"value":null}""")]
    [InlineData(200, "text/plain", "done", "{}")]
    [InlineData(200, "application/zip", "PK", "{}")]
    [InlineData(204, "", "", "{}")]
    public async Task A_tool_that_declares_its_answer_has_a_structured_one_whatever_comes(int status, string type, string body, string expected)
    {
        var outcome = await Answering(async context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = type.Length == 0 ? null : type;
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(body));
        }, "issues.declared");
        outcome.Structured().ShouldBe(expected);
    }

    [Fact]
    public async Task A_declared_answer_that_fails_is_an_error_as_any_other()
        => (await Answering(context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        }, "issues.declared")).Error().Code.ShouldBe("upstream_http_error");

    [Theory]
    [InlineData("text/event-stream", "data: 1\n\ndata: 2\n\ndata: hal", "data: 1\n\ndata: 2")]
    [InlineData("application/x-ndjson", "{}\n{}\n{\"a\"", "{}\n{}")]
    public async Task A_stream_without_an_end_is_what_came_within_the_window(string type, string sent, string expected)
    {
        var outcome = await Answering(async context =>
        {
            context.Response.ContentType = type;
            await context.Response.WriteAsync(sent);
            await context.Response.Body.FlushAsync();
            var gone = new TaskCompletionSource();
            using var aborted = context.RequestAborted.Register(gone.SetResult);
            await gone.Task;
        });
        var blocks = JsonNode.Parse(outcome.ShouldBeOfType<ToolOutcome.Answered>().Content.Span)!.AsArray();
        blocks.Select(block => block!["text"]!.GetValue<string>()).ShouldBe([expected, "[The upstream was still sending when this was cut off.]"]);
    }

    [Fact]
    public async Task A_stream_that_ends_is_whole_and_one_without_measure_is_cut_at_the_limit()
    {
        (await Answering(context =>
        {
            context.Response.ContentType = "text/event-stream";
            return context.Response.WriteAsync("data: 1\n\n");
        })).Text().ShouldBe("data: 1\n\n");
        var cut = await Answering(context =>
        {
            context.Response.ContentType = "text/event-stream";
            return context.Response.WriteAsync(string.Concat(Enumerable.Repeat("data: 0123456789\n\n", 10_000)));
        });
        cut.ShouldBeOfType<ToolOutcome.Answered>().Content.Length.ShouldBeInRange(90_000, 130_000);
    }

    [Fact]
    public async Task Cookies_of_the_operation_stay_beside_those_of_the_credential()
    {
        await using var upstream = await Upstream.Start(ConnectionsServer.Default);
        var slug = await host.Import(
            upstream.Url,
            """
            "/cookies": {"get": {"tags": ["issues"], "operationId": "cookies", "parameters": [{"name": "theme", "in": "cookie", "schema": {"type": "string"} },
                {"name": "any", "in": "cookie", "schema": {"type": "object"} }], "responses": {"200": {"description": "ok"} } } },
            """,
            """ "components": {"securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "sid"} } },""");
        await host.Connect(slug, template: "apikey-0", values: new { token = "secret" });
        await host.Call($"{slug}.org.main.issues.cookies", """{"theme":"a; sid=x","any":{"sid":"forged","b":"c"}}""");
        upstream.Requests.First().Headers["Cookie"].ShouldBe("theme=a%3B%20sid%3Dx; b=c; sid=secret");
    }

    private async Task<ToolOutcome> Answering(RequestDelegate answer, string tool = "issues.listIssues")
    {
        await using var upstream = await Upstream.Start(answer);
        var slug = await host.Import(upstream.Url, Declared);
        await host.Connect(slug);
        return await host.Call($"{slug}.org.main.{tool}");
    }
}
