using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.TestSupport;

namespace Toolgate.Toolkits.Tests;

/// <summary>Names, surfaces and overrides over REST, on a server whose document changes under them.</summary>
public sealed class OverridesApiTests : IAsyncLifetime
{
    private const string Send = "desk.org.main.mail.send";
    private const string List = "desk.org.main.mail.list";
    private const string Drop = "desk.org.main.mail.drop";

    private ToolgateServer server = null!;

    private ApiClient Api => server.Api;

    public async Task InitializeAsync()
    {
        server = await ToolgateServer.Start();
        await Api.Post("/api/integrations/openapi", new { slug = "desk", spec = new { document = Document() } });
        await Api.Post("/api/connections", new { owner = "org", integration = "desk", name = "main", template = "none", values = new { } });
    }

    public async Task DisposeAsync() => await server.DisposeAsync();

    [Fact]
    public async Task An_override_is_written_shown_replaced_and_taken_back()
    {
        var kit = await Kit();
        var path = $"/api/toolkits/{kit}/overrides/{Send}";
        await Api.Get(path, 404);
        var created = await Api.Send(HttpMethod.Put, path, new { name = "tell", title = "Tell somebody", description = "Sends a mail.", hide = new[] { "cc" }, fix = new { from = "desk@example.org" } }, 201);
        created.Headers["Location"].ShouldBe(path);
        ((string)created.Json["name"]!, (string)created.Json["status"]!, created.Json["hide"]!.ToJsonString(), created.Json["fix"]!.ToJsonString())
            .ShouldBe(("tell", "active", """["cc"]""", """{"from":"desk@example.org"}"""));
        (await Api.Get(path)).ToJsonString().ShouldBe(created.Json.ToJsonString());
        (await Api.Get($"/api/toolkits/{kit}/overrides"))["items"]!.AsArray().Count.ShouldBe(1);
        ((int)(await Api.Get("/api/toolkits/" + kit))["overrideCount"]!).ShouldBe(1);

        // Everything that shows tools says the same.
        var shown = (await Api.Get($"/api/toolkits/{kit}/tools"))["items"]!.AsArray().Single(item => (string)item!["address"]! == Send)!;
        ((string)shown["name"]!, (string)shown["title"]!, (string)shown["description"]!).ShouldBe(("tell", "Tell somebody", "Sends a mail."));
        var tool = await Api.Get($"/api/tools/{Send}?toolkit={Slug(kit)}");
        ((string)tool["name"]!).ShouldBe("tell");
        tool["inputSchema"]!["properties"]!.AsObject().Select(pair => pair.Key).ShouldBe(["body"], "hidden and fixed parameters are not shown");
        ((string)(await Api.Get("/api/tools/" + Send))["name"]!).ShouldBe("desk_org_main_mail_send", "the default resource knows nothing of it");
        (await ToolkitsServer.Addresses(Api, $"/api/tools?toolkit={Slug(kit)}&query=tell")).ShouldBe([Send]);

        var same = await Api.Send(HttpMethod.Put, path, new { name = "tell", title = "Tell somebody", description = "Sends a mail.", hide = new[] { "cc" }, fix = new { from = "desk@example.org" } }, 200);
        same.ETag.ShouldBe(created.ETag, "nothing changed");
        var replaced = await Api.Send(HttpMethod.Put, path, new { title = "Mail" }, 200, ("If-Match", created.ETag));
        (replaced.Json["name"], (string)replaced.Json["title"]!, replaced.Json["hide"]!.AsArray().Count).ShouldBe((null, "Mail", 0));
        await Api.Send(HttpMethod.Delete, path, null, 412, ("If-Match", created.ETag));
        await Api.Delete(path);
        await Api.Delete(path, 404);
        ((string)(await Api.Get($"/api/tools/{Send}?toolkit={Slug(kit)}"))["name"]!).ShouldBe("desk_org_main_mail_send");

        // And what was true in between is still known.
        var at = created.Position;
        (await Api.Get($"/api/toolkits/{kit}/tools?at={at}"))["items"]!.AsArray().Select(item => (string)item!["name"]!).ShouldContain("tell");
        (await Api.Get($"/api/toolkits/{kit}/tools?at={at - 1}"))["items"]!.AsArray().Select(item => (string)item!["name"]!).ShouldNotContain("tell");
    }

    [Theory]
    [InlineData("""{"name":"no spaces"}""", "/name", "invalid_name")]
    [InlineData("""{"name":"call_tool"}""", "/name", "reserved_name")]
    [InlineData("""{"name":""}""", "/name", "invalid_name")]
    [InlineData("""{"title":"a\nb"}""", "/title", "control_character")]
    [InlineData("""{"description":" "}""", "/description", "invalid_description")]
    [InlineData("""{}""", "", "nothing_overridden")]
    [InlineData("""{"hide":["nope"]}""", "/hide/0", "unknown_parameter")]
    [InlineData("""{"hide":["body"]}""", "/hide/0", "required_parameter")]
    [InlineData("""{"hide":["cc","cc"]}""", "/hide", "invalid_parameters")]
    [InlineData("""{"fix":{"from":7}}""", "/fix/from", "invalid_value")]
    [InlineData("""{"fix":{"body":{"text":1}}}""", "/fix/body/text", "invalid_value")]
    [InlineData("""{"fix":{"from":"\u0000"}}""", "/fix", "control_character")]
    public async Task An_override_that_is_not_acceptable_is_refused_with_its_pointer(string body, string pointer, string code)
    {
        var kit = await Kit();
        (await Api.Put($"/api/toolkits/{kit}/overrides/{Send}", body, 422))["errors"]!.AsArray()
            .Select(error => ((string)error!["pointer"]!, (string)error["code"]!)).ShouldContain((pointer, code));
        (await Api.Get($"/api/toolkits/{kit}/overrides"))["items"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_name_belongs_to_one_tool_of_the_toolkit()
    {
        var kit = await Kit();
        await Api.Put($"/api/toolkits/{kit}/overrides/{Send}", new { name = "tell" }, 201);
        (await Api.Put($"/api/toolkits/{kit}/overrides/{List}", new { name = "tell" }, 409))["type"]!.ToString().ShouldBe("urn:toolgate:problem:name-taken");
        await Api.Put($"/api/toolkits/{kit}/overrides/{List}", new { name = "desk_org_main_mail_drop" }, 409);
        await Api.Put($"/api/toolkits/{kit}/overrides/{List}", new { name = "Tell" }, 201);
        await Api.Put($"/api/toolkits/{kit}/overrides/desk.org.main.nothing", new { name = "other" }, 404);
        await Api.Put($"/api/toolkits/tk_none/overrides/{List}", new { name = "other" }, 404);

        // A tool that comes later keeps its own name; the override says so and hides nothing.
        await Api.Put($"/api/toolkits/{kit}/overrides/{Send}", new { name = "desk_org_second_mail_list" }, 200);
        await Api.Post("/api/connections", new { owner = "org", integration = "desk", name = "second", template = "none", values = new { } });
        await Api.Post($"/api/toolkits/{kit}/connections", new { pattern = "desk.org.second.*" });
        var names = (await Api.Get($"/api/toolkits/{kit}/tools"))["items"]!.AsArray().Select(item => ((string)item!["address"]!, (string)item["name"]!)).ToList();
        names.Count.ShouldBe(6);
        names.ShouldContain((Send, "desk_org_main_mail_send"));
        names.ShouldContain(("desk.org.second.mail.list", "desk_org_second_mail_list"));
        ((string)(await Api.Get($"/api/toolkits/{kit}/overrides/{Send}"))["status"]!).ShouldBe("name_taken");
    }

    [Fact]
    public async Task A_tool_that_its_override_no_longer_fits_is_held_back_until_somebody_looks()
    {
        var kit = await Kit();
        await Api.Put($"/api/toolkits/{kit}/overrides/{Send}", new { fix = new { from = "desk@example.org" } }, 201);
        (await ToolkitsServer.Addresses(Api, $"/api/tools?toolkit={Slug(kit)}")).ShouldContain(Send);
        await Api.Put("/api/integrations/desk/source", new { spec = new { document = Document(from: "integer") } });

        (await ToolkitsServer.Addresses(Api, $"/api/tools?toolkit={Slug(kit)}")).ShouldNotContain(Send);
        ((int)(await Api.Get("/api/toolkits/" + kit))["toolCount"]!).ShouldBe(2);
        await Api.Get($"/api/tools/{Send}?toolkit={Slug(kit)}", 404);
        (await ToolkitsServer.Addresses(Api, "/api/tools")).ShouldContain(Send, "only this toolkit said anything");
        var held = await Api.Get($"/api/toolkits/{kit}/overrides/{Send}");
        ((string)held["status"]!, (string)held["problems"]![0]!["code"]!, (string)held["problems"]![0]!["pointer"]!).ShouldBe(("held_back", "invalid_value", "/fix/from"));
        var shown = (await Api.Get($"/api/toolkits/{kit}/tools?includeBlocked=true"))["items"]!.AsArray().Single(item => (string)item!["address"]! == Send)!;
        ((string)shown["action"]!, (string)shown["source"]!).ShouldBe(("block", "held_back"));
        var resolved = await Api.Post("/api/policies/resolve", new { address = Send, toolkit = kit }, 200);
        ((string)resolved["action"]!, (string)resolved["source"]!).ShouldBe(("block", "held_back"));

        await Api.Put($"/api/toolkits/{kit}/overrides/{Send}", new { fix = new { from = 7 } }, 200);
        (await ToolkitsServer.Addresses(Api, $"/api/tools?toolkit={Slug(kit)}")).ShouldContain(Send);
    }

    [Fact]
    public async Task The_surface_and_the_names_are_settings_that_are_shown_and_changed()
    {
        var plain = await Api.Post("/api/toolkits", new { owner = "org", name = "Plain" });
        ((string)plain["surface"]!, (string)plain["names"]!, (long)plain["version"]!).ShouldBe(("direct", "address", 1));
        var made = await Api.Post("/api/toolkits", new { owner = "org", name = "Made", surface = "search", names = "upstream" });
        ((string)made["surface"]!, (string)made["names"]!).ShouldBe(("search", "upstream"));
        var changed = await Api.Patch("/api/toolkits/" + made["id"], new { surface = "direct" });
        ((string)changed["surface"]!, (string)changed["names"]!).ShouldBe(("direct", "upstream"));
        ((long)(await Api.Patch("/api/toolkits/" + made["id"], new { surface = "direct", names = "upstream" }))["version"]!).ShouldBe((long)changed["version"]!, "nothing changed");
        foreach (var (body, code) in new[] { ("""{"surface":"code"}""", "not_supported"), ("""{"surface":"grid"}""", "invalid_surface"), ("""{"names":"mine"}""", "invalid_names") })
        {
            (await Api.Patch("/api/toolkits/" + made["id"], body, 422))["errors"]![0]!["code"]!.ToString().ShouldBe(code);
        }

        await Api.Post($"/api/toolkits/{made["id"]}/connections", new { pattern = "desk.*" });
        (await Api.Get($"/api/toolkits/{made["id"]}/tools"))["items"]!.AsArray().Select(item => (string)item!["name"]!).ShouldBe(["mail_drop", "mail_list", "mail_send"]);
        await Api.Patch("/api/toolkits/" + made["id"], new { names = "address" });
        (await Api.Get($"/api/toolkits/{made["id"]}/tools"))["items"]!.AsArray().Select(item => (string)item!["name"]!)
            .ShouldBe(["desk_org_main_mail_drop", "desk_org_main_mail_list", "desk_org_main_mail_send"]);
    }

    [Fact]
    public async Task A_searched_toolkit_lists_three_tools_and_the_read_model_survives_its_snapshot()
    {
        var kit = await Kit();
        await Api.Put($"/api/toolkits/{kit}/overrides/{Send}", new { name = "tell", fix = new { body = JsonNode.Parse("""{"text":"a \u00e9 1.50","n":1.50e1}""") } }, 201);
        await Api.Patch("/api/toolkits/" + kit, new { surface = "search", names = "upstream" });
        var views = server.Services.GetRequiredService<IToolViews>();
        var nobody = new Principal("usr_nobody", "Nobody", Role.Member, Scopes.ToolsInvoke, "key_nobody");
        var view = views.FindToolkit(kit, nobody)!;
        JsonNode.Parse(view.ToolsJson.Span)!.AsArray().Select(tool => (string)tool!["name"]!).ShouldBe(["search_tools", "describe_tool", "call_tool", "resume_approval"]);
        view.ByName.ShouldBeEmpty();
        view.Find("tell")!.Tool.Address.ShouldBe(Send);
        view.Find(List)!.Name.ShouldBe("mail_list");
        view.Instructions.ShouldContain("search_tools");
        (await ToolkitsServer.Addresses(Api, $"/api/tools?toolkit={Slug(kit)}")).Count.ShouldBe(3, "REST lists what can be found");

        var model = new ToolkitsReadModel();
        var book = server.Services.GetRequiredService<IReadModels>().Current.Get<ToolkitBook>();
        var bytes = model.Serialize(book);
        model.Serialize(model.Deserialize(bytes)).ShouldBe(bytes);
        var replay = await Api.Send(HttpMethod.Get, "/api/audit/verify");
        ((bool)replay.Json["valid"]!).ShouldBeTrue();
    }

    private static string Document(string from = "string") => """
        {
          "openapi": "3.0.3", "info": {"title": "Desk", "version": "1"}, "servers": [{"url": "http://127.0.0.1:9"}],
          "paths": {
            "/mails": {
              "get": {"tags": ["mail"], "operationId": "list", "summary": "Lists mails.", "responses": {"200": {"description": "ok"}}},
              "post": {"tags": ["mail"], "operationId": "send", "summary": "Writes to a person.",
                "parameters": [{"name": "from", "in": "query", "schema": {"type": "FROM"}}, {"name": "cc", "in": "query", "schema": {"type": "string"}}],
                "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}}}},
                "responses": {"201": {"description": "ok"}}},
              "delete": {"tags": ["mail"], "operationId": "drop", "summary": "Drops all mails.", "responses": {"204": {"description": "ok"}}}
            }
          }
        }
        """.Replace("FROM", from, StringComparison.Ordinal);

    private static string Slug(string kit) => "kit-" + kit[^6..];

    /// <summary>A toolkit with everything of the first connection; its slug follows from its id, which only the second request knows.</summary>
    private async Task<string> Kit()
    {
        var id = (string)(await Api.Post("/api/toolkits", new { owner = "org", name = "Kit", slug = "kit-" + Guid.NewGuid().ToString("n")[..8] }))["id"]!;
        await Api.Patch("/api/toolkits/" + id, new { slug = Slug(id) });
        await Api.Post($"/api/toolkits/{id}/connections", new { pattern = "desk.org.main.*" });
        return id;
    }
}
