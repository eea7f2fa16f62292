using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Toolgate.Acceptance.Tests.Weaknesses;

/// <summary>Weaknesses of gateways that are known from the field, and what Toolgate does instead (docs/security.md): documents, upstreams, egress.</summary>
public sealed class SourcesTests(World world) : IClassFixture<World>
{
    [Fact]
    public async Task W10_A_server_that_the_document_does_not_declare_is_sent_nothing()
    {
        await using var other = await Ear.Start();
        var slug = world.Unique("servers");
        var document = JsonSerializer.Serialize(new
        {
            openapi = "3.0.3",
            info = new { title = "Servers", version = "1" },
            servers = new object[] { new { url = world.Upstream.Origin + "/{base}", variables = new { @base = new { @default = "v1", @enum = new[] { "v1", "v2" } } } } },
            paths = new Dictionary<string, object> { ["/notes"] = new { get = new { operationId = "list", tags = new[] { "notes" }, responses = new Dictionary<string, object> { ["200"] = new { description = "Notes." } } } } },
        });
        (await world.Owner.Post("/api/integrations/openapi", new { slug, spec = new { document } })).Expect(201);
        (await world.Owner.Post("/api/connections", new { owner = "org", integration = slug, name = "main", template = "none", values = new { } })).Expect(201);
        var address = (await world.Owner.All($"/api/tools?integration={slug}")).Single().GetProperty("address").GetString()!;
        world.Upstream.Forget();
        string[] made = [other.Origin, other.Origin + "/v1", world.Upstream.Origin + "/v3", world.Upstream.Origin + "/v1/../admin", "v1@evil.example", "//evil.example"];
        foreach (var server in made)
        {
            var answer = (await world.Owner.Post($"/api/tools/{address}/call", new { arguments = new { server } })).Expect(200).Json;
            answer.GetProperty("structuredContent").GetProperty("error").GetProperty("code").GetString().ShouldBe("invalid_arguments", server);
        }

        (world.Upstream.Requests.Count, other.Heard.Count).ShouldBe((0, 0));
    }

    [Fact]
    public async Task W11_No_error_tells_a_path_of_the_host_or_a_line_of_code()
    {
        await world.Notes();
        var kit = await world.NewToolkit("notes.*");
        var mcp = world.Mcp(kit.Path, world.Server.OwnerKey);
        List<string> texts =
        [
            (await mcp.Call(Mcp.NameOf("notes.org.main.trials.fail"), """{"status":500}""")).Text, (await mcp.Call(Mcp.NameOf("notes.org.main.trials.big"), """{"bytes":"x"}""")).Text,
            (await mcp.Call("no_such_tool")).Text, (await mcp.Send(HttpMethod.Post, "{\"jsonrpc\":\"2.0\",", ("Accept", "application/json, text/event-stream"))).Text,
            (await world.Owner.Post("/api/policies", "{\"owner\":")).Text, (await world.Owner.Post("/api/integrations/openapi", new { slug = "bad", spec = new { document = "{\"openapi\":[" } })).Text,
            (await world.Owner.Post("/api/integrations/mcp", new { slug = "gone", transport = "http", url = "http://127.0.0.1:9/mcp" })).Text, (await world.Owner.Get("/api/nowhere/%2e%2e/etc")).Text,
            (await world.Owner.Get("/api/toolkits?cursor=%00")).Text,
        ];
        foreach (var text in texts)
        {
            text.ShouldNotContain(AppContext.BaseDirectory);
            text.ShouldNotContain(Repository.Root);
            text.ShouldNotContain(".cs:line");
            text.ShouldNotContain("   at Toolgate");
            text.ShouldNotContain("Exception");
        }
    }

    [Fact]
    public async Task W21_An_upstream_that_is_gone_takes_no_tool_along_and_is_not_called_a_refused_credential()
    {
        var desk = await DeskServer.Start();
        var graph = await Ear.Start(GraphQl);
        var (mcpSlug, graphSlug) = (world.Unique("desk"), world.Unique("graph"));
        desk.Accounts["k"] = ["mail", "door"];
        (await world.Owner.Post("/api/integrations/mcp", new { slug = mcpSlug, transport = "http", url = desk.Url, authTemplates = DeskServer.Templates })).Expect(201);
        (await world.Owner.Post("/api/connections", new { owner = "org", integration = mcpSlug, name = "main", template = "key", values = new { token = "k" } })).Expect(201);
        (await world.Owner.Post("/api/integrations/graphql", new { slug = graphSlug, endpoint = graph.Origin + "/graphql" })).Expect(201);
        (await world.Owner.Post("/api/connections", new { owner = "org", integration = graphSlug, name = "main", template = "none", values = new { } })).Expect(201);
        var kit = await world.NewToolkit(mcpSlug + ".*", graphSlug + ".*");
        var mcp = world.Mcp(kit.Path, world.Server.OwnerKey);
        var listed = await mcp.Addresses();
        listed.Count.ShouldBe(3, string.Join(' ', listed));

        await desk.DisposeAsync();
        await graph.DisposeAsync();
        foreach (var slug in (string[])[mcpSlug, graphSlug])
        {
            (await world.Owner.Post($"/api/connections/org/{slug}/main/refresh", new { })).Status.ShouldBeInRange(400, 599);
        }

        (await mcp.Addresses()).ShouldBe(listed);
        foreach (var address in listed)
        {
            McpClients.ResultOf((await mcp.Call(Mcp.NameOf(address))).Expect(200).Json.GetProperty("result")).ErrorCode.ShouldBe("upstream_unavailable", address);
        }
    }

    [Fact]
    public async Task W23_No_name_for_a_metadata_address_is_dialled_and_credentials_stay_with_their_origin()
    {
        string[] addresses = ["169.254.169.254", "[::ffff:169.254.169.254]", "[::169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::1]", "[fd00:ec2::254]"];
        foreach (var address in addresses)
        {
            var refused = await world.Owner.Post("/api/integrations/openapi", new { slug = world.Unique("meta"), spec = new { url = $"http://{address}/latest/meta-data" } });
            refused.Status.ShouldBe(422, address);
            refused.Json.GetProperty("errors")[0].GetProperty("code").GetString().ShouldBe("egress_refused", address);
        }

        await using var other = await Ear.Start();
        await using var home = await Ear.Start(context =>
        {
            context.Response.StatusCode = 303;
            context.Response.Headers.Location = other.Origin + "/elsewhere";
            return Task.CompletedTask;
        });
        var slug = world.Unique("moved");
        var document = NotesDocuments.Json(home.Origin);
        (await world.Owner.Post("/api/integrations/openapi", new { slug, spec = new { document } })).Expect(201);
        await world.Connect(slug, secret: "stays-at-home-81b2");
        var kit = await world.NewToolkit(slug + ".*");
        await world.Rule(kit, "*", "approve");
        var mcp = world.Mcp(kit.Path, world.Server.OwnerKey);
        await mcp.Call(Mcp.NameOf($"{slug}.org.main.notes.listAll"));
        await mcp.Call(Mcp.NameOf($"{slug}.org.main.notes.create"), """{"body":{"title":"Secret plans"}}""");

        home.Heard.Count.ShouldBe(2);
        home.Heard.ShouldAllBe(heard => heard.Headers[NotesApi.KeyHeader] == "stays-at-home-81b2");
        other.Heard.ShouldAllBe(heard => heard.Method == "GET" && heard.Body.Length == 0 && !heard.Headers.ContainsKey(NotesApi.KeyHeader) && !heard.Text.Contains("stays-at-home", StringComparison.Ordinal));
    }

    [Fact]
    public async Task W24_A_tool_that_does_not_say_that_it_only_reads_asks_before_it_runs()
    {
        await using var desk = await DeskServer.Start();
        var slug = world.Unique("quiet");
        desk.Accounts["k"] = ["mail", DeskServer.Unmarked];
        (await world.Owner.Post("/api/integrations/mcp", new { slug, transport = "http", url = desk.Url, authTemplates = DeskServer.Templates })).Expect(201);
        (await world.Owner.Post("/api/connections", new { owner = "org", integration = slug, name = "main", template = "key", values = new { token = "k" } })).Expect(201);
        var tools = (await world.Owner.All($"/api/tools?integration={slug}")).ToDictionary(tool => tool.GetProperty("address").GetString()!.Split('.')[^1], tool => tool.GetProperty("requiresApproval").GetBoolean());
        (tools["mail"], tools[DeskServer.Unmarked]).ShouldBe((false, true));
        (await world.Owner.Delete($"/api/connections/org/{slug}/main")).Expect(204);
    }

    private static async Task GraphQl(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync("""
            {"data":{"__schema":{"queryType":{"name":"Query"},"mutationType":null,"subscriptionType":null,"directives":[],"types":[
            {"kind":"OBJECT","name":"Query","description":null,"fields":[{"name":"hello","description":"Says hello.","args":[],"type":{"kind":"SCALAR","name":"String","ofType":null},"isDeprecated":false,"deprecationReason":null}],"inputFields":null,"interfaces":[],"enumValues":null,"possibleTypes":null},
            {"kind":"SCALAR","name":"String","description":null,"fields":null,"inputFields":null,"interfaces":null,"enumValues":null,"possibleTypes":null}]}}}
            """);
    }
}

/// <summary>A server that remembers what it was sent.</summary>
internal sealed class Ear : IAsyncDisposable
{
    private readonly WebApplication app;

    private Ear(WebApplication app) => this.app = app;

    public ConcurrentQueue<Heard> Heard { get; } = new();

    public string Origin => app.Urls.Single();

    public static async Task<Ear> Start(RequestDelegate? answer = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var ear = new Ear(builder.Build());
        ear.app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync();
            ear.Heard.Enqueue(new Heard(
                context.Request.Method, context.Request.Path + context.Request.QueryString,
                context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase), body));
            await (answer?.Invoke(context) ?? context.Response.WriteAsync("{}"));
        });
        await ear.app.StartAsync();
        return ear;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();
}

/// <summary>A request as it arrived.</summary>
internal sealed record Heard(string Method, string Target, Dictionary<string, string> Headers, string Body)
{
    public string Text => Method + Target + string.Join('\n', Headers) + Body;
}
