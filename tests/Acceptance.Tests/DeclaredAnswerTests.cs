using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Toolgate.Acceptance.Tests;

/// <summary>
/// Official clients check results against the schema that a tool declares, and throw. Upstreams do not keep to their documents. A call that worked
/// must come through all the same.
/// </summary>
public sealed class DeclaredAnswerTests(World world) : IClassFixture<World>
{
    private static readonly Dictionary<string, (int Status, string Type, string Body)> Answers = new(StringComparer.Ordinal)
    {
        ["right"] = (200, "application/json", """{"id":1,"owner":{"name":"a"}}"""),
        ["wrong"] = (200, "application/json", """{"id":"one","owner":null,"undocumented":[1]}"""),
        ["lacking"] = (200, "application/json", "{}"),
        ["list"] = (200, "application/json", "[1,2]"),
        ["null"] = (200, "application/json", "null"),
        ["text"] = (200, "text/plain", "done"),
        ["binary"] = (200, "application/zip", "PK"),
        ["nothing"] = (204, "", ""),
        ["stream"] = (200, "text/event-stream", "data: 1\n\n"),
        ["refused"] = (422, "application/json", """{"message":"no"}"""),
    };

    public static TheoryData<string> Clients => McpClients.All;

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task What_the_upstream_really_answers_reaches_every_official_client(string name)
    {
        await using var upstream = await Start();
        var slug = world.Unique("declared");
        (await world.Owner.Post("/api/integrations/openapi", new { slug, spec = new { document = Document(upstream.Urls.Single()) } })).Expect(201)
            .Json.GetProperty("diagnostics").GetArrayLength().ShouldBe(0);
        (await world.Owner.Post("/api/connections", new { owner = "org", integration = slug, name = "main", template = "none" })).Expect(201);
        var agent = await world.NewMember("member", "tools:invoke");
        var kit = await world.NewToolkit($"{slug}.*");
        await using var client = await McpClients.Start(name);
        await client.Connect(world.Url(kit.Path), agent.Token);

        var tools = await client.List();
        tools.Count.ShouldBe(Answers.Count);
        tools.ShouldAllBe(tool => tool.Raw.GetProperty("outputSchema").GetProperty("type").GetString() == "object");
        foreach (var (answer, (_, _, body)) in Answers)
        {
            var called = await client.Call(Mcp.NameOf($"{slug}.org.main.answers.{answer}"));
            called.IsError.ShouldBe(answer == "refused", $"{answer}: {called.Raw}");
            var structured = called.Structured.ShouldNotBeNull(answer).GetRawText().Replace(" ", "", StringComparison.Ordinal);
            switch (answer)
            {
                case "list" or "null":
                    structured.ShouldBe($$"""{"value":{{body}}}""");
                    break;
                case "text" or "binary" or "nothing" or "stream":
                    structured.ShouldBe("{}");
                    break;
                case "refused":
                    called.ErrorCode.ShouldBe("upstream_http_error");
                    break;
                default:
                    structured.ShouldBe(body);
                    break;
            }
        }

        await client.Close();
    }

    private static async Task<WebApplication> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/{answer}", async (string answer, HttpContext context) =>
        {
            var (status, type, body) = Answers[answer];
            context.Response.StatusCode = status;
            context.Response.ContentType = type.Length == 0 ? null : type;
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(body));
        });
        await app.StartAsync();
        return app;
    }

    /// <summary>Every operation documents the same object, with what validators trip over: strictness, formats, broken patterns, cycles.</summary>
    private static string Document(string server) => $$$"""
        {
          "openapi": "3.0.3", "info": {"title": "Declared", "version": "1"}, "servers": [{"url": "{{{server}}}"}],
          "components": {"schemas": {
            "Thing": {"type": "object", "required": ["id", "owner"], "additionalProperties": false, "discriminator": {"propertyName": "id"}, "properties": {
              "id": {"type": "integer", "format": "int64", "minimum": 1}, "email": {"type": "string", "format": "email", "pattern": "["}, "kind": {"enum": []},
              "owner": {"$ref": "#/components/schemas/Person"}, "parent": {"$ref": "#/components/schemas/Thing"} } },
            "Person": {"type": "object", "properties": {"name": {"type": "string", "nullable": true}, "things": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"} } } } } },
          "paths": { {{{string.Join(",\n", Answers.Keys.Select(Operation))}}} }
        }
        """;

    private static string Operation(string answer) => $$$"""
        "/{{{answer}}}": {"get": {"tags": ["answers"], "operationId": "{{{answer}}}", "responses": {"200": {"description": "ok", "content": {"application/json": {
            "schema": {"$ref": "#/components/schemas/Thing"} } } } } } }
        """;
}
