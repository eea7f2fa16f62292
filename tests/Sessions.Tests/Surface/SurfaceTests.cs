using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Toolgate.EventStore;
using Toolgate.TestSupport;

namespace Toolgate.Sessions.Tests.Surface;

/// <summary>Searched toolkits and overridden tools over MCP, in both eras, with the whole of Toolgate in front of a real HTTP API.</summary>
public sealed class SurfaceTests : IAsyncLifetime
{
    private const string Path = "/mcp/toolkits/searched";
    private const string Get = "things.org.main.things.get";
    private const string Create = "things.org.main.things.create";
    private const string Clear = "things.org.main.things.clear";

    private const string Document = """
        {"openapi":"3.0.3","info":{"title":"Things","version":"1"},"paths":{
          "/things/{id}":{"get":{"tags":["things"],"operationId":"get","summary":"Looks a thing up.","parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],"responses":{"200":{"description":"ok"}}}},
          "/things":{"post":{"tags":["things"],"operationId":"create","summary":"Makes a new thing.","parameters":[{"name":"dry","in":"query","schema":{"type":"boolean"}},{"name":"shelf","in":"query","schema":{"type":"string"}}],"requestBody":{"required":true,"content":{"application/json":{"schema":{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}}}},"responses":{"201":{"description":"made"}}},
                     "delete":{"tags":["things"],"operationId":"clear","summary":"Throws every thing away.","responses":{"204":{"description":"gone"}}}},
          "/secrets":{"get":{"tags":["secrets"],"operationId":"list","summary":"Lists every thing that nobody may know.","responses":{"200":{"description":"ok"}}}}}}
        """;

    private readonly ConcurrentQueue<string> received = [];
    private WebApplication upstream = null!;
    private ToolgateServer server = null!;
    private string toolkit = "";
    private string? session;
    private string? instructions;

    public static TheoryData<bool> Eras => [false, true];

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        upstream = builder.Build();
        upstream.MapFallback(async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            received.Enqueue($"{request.Method} {request.Path}{request.QueryString} {await reader.ReadToEndAsync()}".TrimEnd());
            return Results.Json(new { done = true });
        });
        await upstream.StartAsync();
        server = await ToolgateServer.Start(new Dictionary<string, string> { ["Toolgate:Egress:AllowPrivateNetworks"] = "true", ["Toolgate:Approvals:Rounds"] = "0" });
        await server.Api.Post("/api/integrations/openapi", new { slug = "things", spec = new { document = Document }, baseUrl = upstream.Urls.First() });
        await server.Api.Post("/api/connections", new { owner = "org", integration = "things", name = "main", template = "none", values = new { } });
        toolkit = (string)(await server.Api.Post("/api/toolkits", new { owner = "org", name = "Searched", surface = "search" }))["id"]!;
        await server.Api.Post($"/api/toolkits/{toolkit}/connections", new { pattern = "things.org.main.*" });
        await server.Api.Post($"/api/toolkits/{toolkit}/policies", new { pattern = Create, action = "approve" });
        await server.Api.Post($"/api/toolkits/{toolkit}/policies", new { pattern = "things.org.main.secrets.*", action = "block" });
    }

    public async Task DisposeAsync()
    {
        await server.DisposeAsync();
        await upstream.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Eras))]
    public async Task an_agent_searches_describes_and_calls(bool modern)
    {
        var list = await Ask(modern, "tools/list", "");
        (modern ? (await Ask(modern, "server/discover", "")).GetProperty("result").GetProperty("instructions").GetString() : instructions)!.ShouldContain("search_tools finds them");
        var tools = list.GetProperty("result").GetProperty("tools").EnumerateArray().ToList();
        tools.Select(tool => tool.GetProperty("name").GetString()).ShouldBe(["search_tools", "describe_tool", "call_tool", "resume_approval"]);
        tools.Select(tool => tool.GetProperty("annotations").GetProperty("readOnlyHint").GetBoolean()).ShouldBe([true, true, false, false]);
        tools.ShouldAllBe(tool => tool.GetProperty("inputSchema").GetProperty("type").GetString() == "object");

        var found = (await Call(modern, "search_tools", """{"query":"make a thing"}""")).GetProperty("structuredContent");
        var best = found.GetProperty("tools")[0];
        (best.GetProperty("address").GetString(), best.GetProperty("requiresApproval").GetBoolean()).ShouldBe((Create, false));
        found.GetProperty("total").GetInt32().ShouldBe(3, "what is blocked is not found");
        (await Call(modern, "search_tools", """{"query":"make a thing","limit":1.0}""")).GetProperty("structuredContent").GetProperty("tools").GetArrayLength().ShouldBe(1);
        var text = (await Call(modern, "search_tools", """{"query":"secrets that nobody may know"}""")).GetProperty("content")[0].GetProperty("text").GetString()!;
        JsonDocument.Parse(text).RootElement.GetProperty("tools").GetArrayLength().ShouldBe(0, "the other tools hold none of these words");

        var name = best.GetProperty("name").GetString()!;
        foreach (var by in new[] { name, Create })
        {
            var described = (await Call(modern, "describe_tool", $$"""{"name":"{{by}}"}""")).GetProperty("structuredContent");
            described.GetProperty("requiresApproval").GetBoolean().ShouldBeFalse();
            described.GetProperty("tool").GetProperty("name").GetString().ShouldBe(name);
            described.GetProperty("tool").GetProperty("inputSchema").GetProperty("required")[0].GetString().ShouldBe("body");
            var called = await Call(modern, "call_tool", Through(by, """{"body":{"name":"new"}}"""));
            called.GetProperty("isError").GetBoolean().ShouldBeFalse();
        }

        received.ShouldBe(["""POST /things {"name":"new"}""", """POST /things {"name":"new"}"""]);
        var asks = (await Call(modern, "describe_tool", $$"""{"name":"{{Clear}}"}""")).GetProperty("structuredContent");
        (asks.GetProperty("requiresApproval").GetBoolean(), asks.GetProperty("approval").GetString()).ShouldBe((true, "DELETE /things"));
    }

    [Theory]
    [MemberData(nameof(Eras))]
    public async Task calling_through_is_no_way_around_anything(bool modern)
    {
        // A tool that is there but not listed, and one that is nowhere: the same bytes, whichever way they are named.
        foreach (var name in new[] { "things_org_main_things_get", "things_org_main_secrets_list", "never_made" })
        {
            var unknown = await Ask(modern, "tools/call", $"\"name\":\"{name}\",\"arguments\":{{\"id\":\"1\"}}");
            unknown.GetProperty("error").GetRawText().ShouldBe($$"""{"code":-32602,"message":"Unknown tool: {{name}}"}""");
        }

        foreach (var name in new[] { "things_org_main_secrets_list", "things.org.main.secrets.list", "never_made", "search_tools", "call_tool" })
        {
            foreach (var through in new[] { "call_tool", "describe_tool" })
            {
                var unknown = await Ask(modern, "tools/call", $$"""
                    "name":"{{through}}","arguments":{"name":"{{name}}"}
                    """);
                unknown.GetProperty("error").GetRawText().ShouldBe($$"""{"code":-32602,"message":"Unknown tool: {{name}}"}""");
            }
        }

        Code(await Call(modern, "call_tool", $$"""{"name":"{{Clear}}"}""")).ShouldBe("approval_required");
        Code(await Call(modern, "call_tool", Through(Create, """{"body":{"name":7}}"""))).ShouldBe("invalid_arguments");
        Code(await Call(modern, "call_tool", Through(Create, """{"body":{"name":"a","name":"b"}}"""))).ShouldBe("invalid_arguments");
        Code(await Call(modern, "call_tool", Through(Create, "[]"))).ShouldBe("invalid_arguments");
        Code(await Call(modern, "call_tool", $$"""{"name":"{{Create}}","surplus":1}""")).ShouldBe("invalid_arguments");
        Code(await Call(modern, "call_tool", "{}")).ShouldBe("invalid_arguments");
        Code(await Call(modern, "search_tools", """{"query":""}""")).ShouldBe("invalid_arguments");
        Code(await Call(modern, "search_tools", """{"query":"x","limit":51}""")).ShouldBe("invalid_arguments");
        received.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Eras))]
    public async Task every_call_has_its_record_under_the_address_that_was_meant(bool modern)
    {
        await Call(modern, "search_tools", """{"query":"find me"}""");
        await Call(modern, "describe_tool", $$"""{"name":"{{Get}}"}""");
        await Call(modern, "call_tool", Through(Get, """{"id":"7"}"""));
        await Call(modern, "call_tool", $$"""{"name":"{{Clear}}"}""");
        await Ask(modern, "tools/call", "\"name\":\"call_tool\",\"arguments\":{\"name\":\"nowhere\"}");
        await Call(modern, "call_tool", "{}");

        var records = await Records();
        records.Select(record => (record.Address, record.Outcome)).ShouldBe(
            [("toolgate.surface.search_tools", "ok"), ("toolgate.surface.describe_tool", "ok"), (Get, "ok"), (Clear, "approval_required"), (null, "unknown_tool"),
             ("toolgate.surface.call_tool", "invalid_arguments")],
            ignoreOrder: true);
        (await server.Database.Scalar<long>("select count(*) from events.mt_events where data::text like '%find me%'")).ShouldBe(0, "what was searched for is the caller's");
    }

    [Theory]
    [MemberData(nameof(Eras))]
    public async Task an_overridden_tool_is_listed_checked_and_called_as_the_toolkit_says(bool modern)
    {
        await server.Api.Patch("/api/toolkits/" + toolkit, new { surface = "direct", names = "upstream" });
        await server.Api.Put($"/api/toolkits/{toolkit}/overrides/{Create}", new { name = "make", title = "Make", description = "Makes one.", hide = new[] { "dry" }, fix = new { shelf = "a&b" } });

        var tools = (await Ask(modern, "tools/list", "")).GetProperty("result").GetProperty("tools").EnumerateArray().ToList();
        tools.Select(tool => tool.GetProperty("name").GetString()).ShouldBe(["things_clear", "make", "things_get", "resume_approval"]);
        (tools[1].GetProperty("title").GetString(), tools[1].GetProperty("description").GetString()).ShouldBe(("Make", "Makes one."));
        tools[1].GetProperty("_meta").GetProperty("toolgate/address").GetString().ShouldBe(Create);
        tools[1].GetProperty("inputSchema").GetProperty("properties").EnumerateObject().Select(property => property.Name).ShouldBe(["body"]);

        (await Call(modern, "make", """{"body":{"name":"n"}}""")).GetProperty("isError").GetBoolean().ShouldBeFalse();
        received.ShouldBe(["""POST /things?shelf=a%26b {"name":"n"}"""]);
        foreach (var sent in new[] { "\"dry\":true", "\"shelf\":\"mine\"", "\"Shelf\":\"mine\"", "\"nope\":1" })
        {
            var refused = await Call(modern, "make", $$$"""{"body":{"name":"n"},{{{sent}}}}""");
            Code(refused).ShouldBe("invalid_arguments");
            refused.GetRawText().ShouldNotContain("known are");
        }

        // The other names mean nothing here, and through REST the same tool is the same.
        (await Ask(modern, "tools/call", "\"name\":\"things_org_main_things_create\",\"arguments\":{\"body\":{\"name\":\"n\"}}")).TryGetProperty("error", out _).ShouldBeTrue();
        var rest = await server.Api.Post($"/api/tools/{Create}/call", new { toolkit, arguments = new { body = new { name = "r" } } });
        ((bool)rest["isError"]!).ShouldBeFalse();
        ((bool)(await server.Api.Post($"/api/tools/{Create}/call", new { toolkit, arguments = new { dry = true, body = new { name = "r" } } }))["isError"]!).ShouldBeTrue();
        received.Count.ShouldBe(2);
        received.Last().ShouldBe("""POST /things?shelf=a%26b {"name":"r"}""");
    }

    [Fact]
    public async Task switching_the_surface_changes_the_list_and_what_can_be_named_at_once()
    {
        (await Call(false, "search_tools", """{"query":"thing"}""")).GetProperty("isError").GetBoolean().ShouldBeFalse();
        await server.Api.Patch("/api/toolkits/" + toolkit, new { surface = "direct" });
        (await Ask(false, "tools/call", "\"name\":\"search_tools\",\"arguments\":{\"query\":\"thing\"}")).GetProperty("error").GetProperty("message").GetString().ShouldBe("Unknown tool: search_tools");
        (await Call(false, "things_org_main_things_get", """{"id":"1"}""")).GetProperty("isError").GetBoolean().ShouldBeFalse();
    }

    private static string Through(string name, string arguments) => $"{{\"name\":\"{name}\",\"arguments\":{arguments}}}";

    private static string? Code(JsonElement result)
    {
        result.GetProperty("isError").GetBoolean().ShouldBeTrue(result.GetRawText());
        return result.GetProperty("structuredContent").GetProperty("error").GetProperty("code").GetString();
    }

    private async Task<JsonElement> Call(bool modern, string name, string arguments)
    {
        var answer = await Ask(modern, "tools/call", $"\"name\":\"{name}\",\"arguments\":{arguments}");
        answer.TryGetProperty("result", out var result).ShouldBeTrue(answer.GetRawText());
        return result;
    }

    private async Task<JsonElement> Ask(bool modern, string method, string members)
    {
        using var http = new HttpClient { BaseAddress = server.BaseAddress };
        if (!modern && session is null)
        {
            using var opened = await http.SendAsync(Mcp.Post(Mcp.Initialize(), Path, server.OwnerKey));
            instructions = JsonDocument.Parse(await opened.Content.ReadAsStringAsync()).RootElement.GetProperty("result").GetProperty("instructions").GetString();
            session = opened.Headers.GetValues("Mcp-Session-Id").Single();
        }

        members = members.Trim();
        var message = modern ? Mcp.Modern(method, members.Length == 0 ? "" : members + ",") : Mcp.Message(method, members);
        using var answer = await http.SendAsync(modern ? Mcp.ModernPost(message, Path, server.OwnerKey) : Mcp.Post(message, Path, server.OwnerKey, session));
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
    }

    private async Task<List<(string? Address, string Outcome)>> Records()
    {
        await server.Services.GetRequiredService<CallRecorder>().StopAsync(CancellationToken.None);
        var records = new List<(string?, string)>();
        await foreach (var e in server.Services.GetRequiredService<IEventStore>().ReadAll(0, new EventFilter { Types = ["tool_call_completed", "tool_call_denied", "tool_call_failed"] }))
        {
            records.Add(e.Data switch
            {
                ToolCallCompleted completed => (completed.Address, completed.Outcome),
                ToolCallDenied denied => (denied.Address, denied.Outcome),
                _ => ("?", "?"),
            });
        }

        return records;
    }
}
