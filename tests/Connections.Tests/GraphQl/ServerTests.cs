using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.Connections.Tests.Hosting;

namespace Toolgate.Connections.Tests.GraphQl;

/// <summary>Everything against a real server over real HTTP.</summary>
public sealed class ServerTests(GraphQlServer graph) : IClassFixture<GraphQlServer>
{
    private const string Select = "id title state labels created author { name }";
    private readonly ConnectionsServer host = graph.Host;

    [Fact]
    public async Task An_endpoint_becomes_tools()
    {
        var slug = GraphQlServer.NewSlug();
        var made = await host.Api.Post("/api/integrations/graphql", new { slug, endpoint = graph.Url + "/graphql", name = "Tracker" }, 201);
        (made["kind"]!.GetValue<string>(), made["name"]!.GetValue<string>(), made["baseUrl"]!.GetValue<string>()).ShouldBe(("graphql", "Tracker", graph.Url + "/graphql"));
        (made["toolCount"]!.GetValue<int>(), made["diagnostics"]!.AsArray().Count, made["canRefresh"]!.GetValue<bool>()).ShouldBe((11, 0, true));
        await host.Connect(slug);
        var tool = host.Find($"{slug}.org.main.query.echo");
        tool.Definition.Schema()["properties"]!["at"]!["description"]!.GetValue<string>()
            .ShouldBe("Scalar DateTime: A moment in UTC. Specified by https://scalars.graphql.org/andimarek/date-time");
        tool.Definition.Schema()["$defs"]!["State"]!["description"]!.GetValue<string>().ShouldContain("STALE: Deprecated: Use CLOSED.");
    }

    [Fact]
    public async Task A_query_reads_the_default_selection_and_another_with_select()
    {
        var main = await graph.Connected();
        (await host.Call($"{main}.query.viewer")).Structured().ShouldBe("""{"viewer":{"name":"Ann"}}""");
        var whole = JsonNode.Parse((await host.Call($"{main}.query.issue", Arguments(new { id = "1", select = Select }))).Structured())!["issue"]!;
        whole.ToJsonString().ShouldBe("""{"id":"1","title":"First","state":"OPEN","labels":["bug","ui"],"created":"1970-01-01T00:00:00.000Z","author":{"name":"Ann"}}""");
        var outcome = await host.Call($"{main}.query.issues", """{"select":"{ title author { issues(first: 1) { title } } }"}""");
        outcome.Structured().ShouldBe(
            """{"issues":[{"title":"First","author":{"issues":[{"title":"First"}]}},{"title":"Second","author":{"issues":[{"title":"First"}]}}]}""");
        outcome.Text().ShouldBe(outcome.Structured());
    }

    [Fact]
    public async Task Interfaces_and_unions_are_read_by_their_types()
    {
        var main = await graph.Connected();
        (await host.Call($"{main}.query.search", """{"text":"x","select":"{ ... on Node { id } ... on Issue { title } }"}""")).Structured()
            .ShouldBe("""{"search":[{"id":"1","title":"First"},{"id":"r1"}]}""");
        var binding = host.Find($"{main}.query.search").Definition.Binding();
        binding.Selection.ShouldContain("... on Issue { id title_Issue: title");
        binding.Selection.ShouldContain("... on Release { id title_Release: title }");
    }

    [Fact]
    public async Task Every_kind_of_argument_arrives_as_it_was_given()
    {
        var main = await graph.Connected();
        var arguments = """{"text":"a \"b\" {c} $d ü 😀","flag":null,"ratio":0.5,"matrix":[[1,2],[3],[]],"at":"2026-01-02T03:04:05Z","state":"STALE"}""";
        var echoed = JsonNode.Parse((await host.Call($"{main}.query.echo", arguments)).Structured())!["echo"]!.GetValue<string>();
        JsonNode.DeepEquals(JsonNode.Parse(echoed), JsonNode.Parse(arguments.Replace("05Z", "05.000Z", StringComparison.Ordinal))).ShouldBeTrue(echoed);
    }

    [Fact]
    public async Task Input_objects_filter_and_make_and_defaults_of_the_schema_hold()
    {
        var main = await graph.Connected();
        (await host.Call($"{main}.query.issues", """{"filter":{"labels":["ui"]},"select":"id"}""")).Structured().ShouldBe("""{"issues":[{"id":"1"}]}""");
        (await host.Call($"{main}.query.issues", """{"filter":{"state":"CLOSED"},"first":5,"select":"id"}""")).Structured().ShouldBe("""{"issues":[{"id":"2"}]}""");
        var create = host.Find($"{main}.mutation.createIssue");
        (create.Definition.AsksByDefault, create.Definition.ApprovalText).ShouldBe((true, "mutation createIssue"));
        (await host.Call(create, """{"input":{"title":"T","labels":["x"],"author":{"name":"Eve"},"where":{"and":[{"state":"OPEN"}]}},"select":"issue { title labels author { name } }"}"""))
            .Structured().ShouldBe("""{"createIssue":{"issue":{"title":"T","labels":["x"],"author":{"name":"Eve"}}}}""");
        (await host.Call($"{main}.mutation.bump")).Structured().ShouldStartWith("""{"bump":""");
    }

    [Fact]
    public async Task A_field_argument_named_select_is_kept()
    {
        var main = await graph.Connected();
        (await host.Call($"{main}.query.columns", """{"select":["a","b"],"selection":"{ title }"}""")).Structured().ShouldBe("""{"columns":{"title":"a+b"}}""");
    }

    [Fact]
    public async Task Partial_data_is_an_error_that_holds_the_data()
    {
        var main = await graph.Connected();
        var error = (await host.Call($"{main}.query.issue", """{"id":"1","select":"title hidden"}""")).Error();
        (error.Code, error.Message).ShouldBe(("graphql_errors", "The upstream answered with an error: You may not see this."));
        JsonNode.DeepEquals(JsonNode.Parse(error.Details.Span), JsonNode.Parse("""
            {"count":1,"errors":[{"message":"You may not see this.","path":["issue","hidden"],"code":"FORBIDDEN"}],"data":{"issue":{"title":"First","hidden":null}}}
            """)).ShouldBeTrue(error.Details());
    }

    [Fact]
    public async Task An_error_of_the_server_is_told_in_bounds()
    {
        var main = await graph.Connected();
        var error = (await host.Call($"{main}.query.failing")).Error();
        error.Code.ShouldBe("graphql_errors");
        error.Message.ShouldStartWith("The upstream answered with an error: It is broken: xxx");
        error.Message.Length.ShouldBeLessThan(400);
        (await host.Call($"{main}.query.echo", """{"text":"x","at":"no moment"}""")).Error().Code.ShouldBe("graphql_errors");
    }

    [Fact]
    public async Task A_selection_is_checked_before_anything_is_asked_or_sent()
    {
        var main = await graph.Connected();
        var tool = host.Find($"{main}.query.issue");
        var invoker = host.Server.Services.GetRequiredService<IToolInvoker>();
        invoker.Check(tool, """{"id":"1","select":"{ title }"}""".Utf8()).ShouldBeEmpty();
        var fault = invoker.Check(tool, """{"id":"1","select":"{ title } } mutation { bump"}""".Utf8()).ShouldHaveSingleItem();
        (fault.Pointer, fault.Code).ShouldBe(("/select", "selection"));
        invoker.Check(tool, """{"select":7}""".Utf8()).Select(fault => fault.Code).ShouldBe(["required", "type"], ignoreOrder: true);
        (await host.Call(tool, """{"id":"1","select":"author { root { issue(id: 1) { title } } }"}""")).Error().Code.ShouldBe("invalid_arguments");
    }

    [Fact]
    public async Task Headers_of_a_template_written_by_hand_reach_the_endpoint()
    {
        var slug = GraphQlServer.NewSlug();
        await host.Api.Post("/api/integrations/graphql", new { slug, endpoint = graph.Url + "/graphql", authTemplates = GraphQlServer.KeyTemplate }, 201);
        await host.Connect(slug, template: "key", values: new { token = "canary" });
        (await host.Call($"{slug}.org.main.query.whoAmI")).Structured().ShouldBe("""{"whoAmI":"canary"}""");
    }

    [Fact]
    public async Task An_endpoint_that_tells_strangers_nothing_is_imported_and_tells_its_connections()
    {
        var slug = GraphQlServer.NewSlug();
        var made = await host.Api.Post("/api/integrations/graphql", new { slug, endpoint = graph.Url + "/closed", authTemplates = GraphQlServer.KeyTemplate }, 201);
        (made["toolCount"]!.GetValue<int>(), made["diagnostics"]![0]!["code"]!.GetValue<string>()).ShouldBe((0, "introspection_refused"));
        (await host.Connect(slug, "stranger"))["toolCount"]!.GetValue<int>().ShouldBe(0);
        (await host.Connect(slug, "friend", template: "key", values: new { token = "let-me-in" }))["toolCount"]!.GetValue<int>().ShouldBe(11);
        (await host.Call($"{slug}.org.friend.mutation.bump")).ShouldBeOfType<ToolOutcome.Answered>();
        (await host.Api.Post($"/api/connections/org/{slug}/stranger/refresh", new { }, 422)).Fault().ShouldBe((null, null));
        (await host.Api.Post($"/api/connections/org/{slug}/stranger/refresh", new { }, 422)).Code().ShouldBe("urn:toolgate:problem:source-rejected");
        (await host.Api.Post($"/api/integrations/{slug}/refresh", new { }, 422)).Code().ShouldBe("urn:toolgate:problem:source-rejected");
    }

    [Fact]
    public async Task A_failed_introspection_keeps_the_catalog_of_the_connection()
    {
        await using var upstream = await Upstream.Start(context => context.Response.WriteAsJsonAsync(JsonNode.Parse(Introspection())));
        var slug = GraphQlServer.NewSlug();
        await host.Api.Post("/api/integrations/graphql", new { slug, endpoint = upstream.Url + "/api" }, 201);
        (await host.Connect(slug))["toolCount"]!.GetValue<int>().ShouldBe(1);
        foreach (var (answer, code) in new (RequestDelegate, string)[]
        {
            (Status(503), "source_unavailable"), (Status(401), "source_rejected"), (Status(404), "source_unavailable"),
            (Text("<html>"), "invalid_sdl"), (Text("{}"), "not_introspection"), (Text("{"), "invalid_json"),
            (Text("""{"errors":[{"message":"no introspection here"}]}"""), "source_rejected"), (Redirect("http://169.254.169.254/"), "egress_refused"),
        })
        {
            upstream.Answer = answer;
            (await host.Api.Post($"/api/connections/org/{slug}/main/refresh", new { }, 422)).Code().ShouldBe("urn:toolgate:problem:" + code.Replace('_', '-'));
            (await host.Api.Get($"/api/connections/org/{slug}/main"))["toolCount"]!.GetValue<int>().ShouldBe(1);
        }

        host.Find($"{slug}.org.main.query.a").ShouldNotBeNull();
        upstream.Answer = context => context.Response.WriteAsJsonAsync(JsonNode.Parse(Introspection().Replace("\"a\"", "\"b\"", StringComparison.Ordinal)));
        var changes = await host.Api.Post($"/api/connections/org/{slug}/main/refresh", new { }, 200);
        (changes["added"].Strings().Single(), changes["removed"].Strings().Single()).ShouldBe(("query.b", "query.a"));
    }

    [Fact]
    public async Task An_introspection_without_end_is_too_large()
    {
        await using var endless = await Upstream.Start(async context =>
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("{\"data\":{\"__schema\":{\"types\":[");
            var spaces = new string(' ', 1 << 20);
            for (var i = 0; i < 100; i++)
            {
                await context.Response.WriteAsync(spaces, context.RequestAborted);
            }
        });
        var refused = await host.Api.Post("/api/integrations/graphql", new { slug = GraphQlServer.NewSlug(), endpoint = endless.Url }, 422);
        refused.Code().ShouldBe("urn:toolgate:problem:source-too-large");
    }

    [Fact]
    public async Task Older_servers_are_asked_in_older_words()
    {
        await using var upstream = await Upstream.Start(ConnectionsServer.Default);
        upstream.Answer = async context =>
        {
            var old = upstream.Requests.Last().Body.Contains("specifiedByURL", StringComparison.Ordinal);
            context.Response.StatusCode = old ? 400 : 200;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(old ? """{"errors":[{"message":"Cannot query field specifiedByURL"}]}""" : Introspection());
        };
        var made = await host.Api.Post("/api/integrations/graphql", new { slug = GraphQlServer.NewSlug(), endpoint = upstream.Url }, 201);
        made["toolCount"]!.GetValue<int>().ShouldBe(1);
        upstream.Requests.Count.ShouldBe(3);
        upstream.Requests.ShouldAllBe(request => request.Method == "POST" && request.Headers["Content-Type"] == "application/json");
    }

    [Theory]
    [InlineData(401, "connection_rejected")]
    [InlineData(403, "connection_rejected")]
    [InlineData(500, "upstream_http_error")]
    [InlineData(429, "upstream_http_error")]
    [InlineData(404, "upstream_http_error")]
    public async Task A_refusal_is_told_as_everywhere(int status, string code)
    {
        await using var upstream = await Upstream.Start(Status(status));
        var slug = GraphQlServer.NewSlug();
        await host.Api.Post("/api/integrations/graphql", new { slug, endpoint = upstream.Url, sdl = "type Query { a: Int }" }, 201);
        await host.Connect(slug);
        var error = (await host.Call($"{slug}.org.main.query.a")).Error();
        (error.Code, error.UpstreamStatus).ShouldBe((code, status));
    }

    [Fact]
    public async Task A_schema_sent_inline_holds_for_every_connection_and_can_be_replaced()
    {
        var slug = GraphQlServer.NewSlug();
        var made = await host.Api.Post("/api/integrations/graphql", new { slug, endpoint = graph.Url, sdl = "type Query { whoAmI: String gone: Int }" }, 201);
        (made["toolCount"]!.GetValue<int>(), made["canRefresh"]!.GetValue<bool>()).ShouldBe((2, false));
        (await host.Connect(slug))["toolCount"]!.GetValue<int>().ShouldBe(2);
        var changes = await host.Api.Put($"/api/integrations/{slug}/source", new { introspection = JsonNode.Parse(Introspection()) }, 200);
        changes["added"].Strings().ShouldBe(["query.a"]);
        changes["removed"].Strings().ShouldBe(["query.gone", "query.whoAmI"]);
        (await host.Api.Post($"/api/integrations/{slug}/refresh", new { }, 409)).Code().ShouldBe("urn:toolgate:problem:source-inline");
        (await host.Api.Put($"/api/integrations/{slug}/source", new { introspection = Introspection().Replace("\"a\"", "\"c\"", StringComparison.Ordinal) }, 200))
            ["added"].Strings().ShouldBe(["query.c"]);
        host.Find($"{slug}.org.main.query.c").ShouldNotBeNull();

        // From inline to the endpoint's own word, and a catalog that a connection read does not outlive the way back.
        (await host.Api.Put($"/api/integrations/{slug}/source", new { endpoint = graph.Url + "/graphql" }, 200))["toolCount"]!.GetValue<int>().ShouldBe(11);
        await host.Api.Post($"/api/connections/org/{slug}/main/refresh", new { }, 200);
        await host.Api.Put($"/api/integrations/{slug}/source", new { sdl = "type Query { viewer: Int }" }, 200);
        (await host.Api.Get($"/api/connections/org/{slug}/main"))["toolCount"]!.GetValue<int>().ShouldBe(1);
    }

    [Fact]
    public async Task A_new_endpoint_is_called_at_once()
    {
        await using var other = await Upstream.Start(Text("""{"data":{"whoAmI":"other"}}"""));
        var slug = GraphQlServer.NewSlug();
        await host.Api.Post("/api/integrations/graphql", new { slug, endpoint = graph.Url, sdl = "type Query { whoAmI: String }" }, 201);
        await host.Connect(slug);
        await host.Api.Put($"/api/integrations/{slug}/source", new { endpoint = other.Url + "/v2?tenant=1", sdl = "type Query { whoAmI: String }" }, 200);
        (await host.Call($"{slug}.org.main.query.whoAmI")).Structured().ShouldBe("""{"whoAmI":"other"}""");
        other.Requests.Single().Target.ShouldBe("/v2?tenant=1");
    }

    [Fact]
    public async Task Introspected_and_written_schemas_give_the_same_tools()
    {
        var main = await graph.Connected();
        var tools = host.Find($"{main}.query.issues").Definition;
        var sdl = await File.ReadAllTextAsync(Path.Combine(Node.Folder, "GraphQl", "server.mjs"));
        var (start, end) = (sdl.IndexOf("scalar DateTime", StringComparison.Ordinal), sdl.IndexOf("type Subscription", StringComparison.Ordinal));
        var written = Api.Import("\"A moment in UTC.\"" + sdl[start..end]);
        written.Tool("query.issues").Digest.ShouldBe(tools.Digest);
        written.Tool("mutation.createIssue").Digest.ShouldBe(host.Find($"{main}.mutation.createIssue").Definition.Digest);
        written.Tool("query.search").Digest.ShouldBe(host.Find($"{main}.query.search").Definition.Digest);
    }

    [Theory]
    [InlineData("""{"slug":"s-1"}""", "/endpoint", "invalid_url")]
    [InlineData("""{"slug":"s-1","endpoint":"ftp://x"}""", "/endpoint", "invalid_url")]
    [InlineData("""{"slug":"s-1","endpoint":"https://u:p@x/"}""", "/endpoint", "invalid_url")]
    [InlineData("""{"slug":"s-1","endpoint":"https://x/#f"}""", "/endpoint", "invalid_url")]
    [InlineData("""{"slug":"S 1","endpoint":"https://x/"}""", "/slug", "invalid_slug")]
    [InlineData("""{"slug":"toolgate","endpoint":"https://x/"}""", "/slug", "slug_reserved")]
    [InlineData("""{"slug":"s-1","endpoint":"https://x/","sdl":"type Query { a: Int }","introspection":{}}""", "/sdl", "one_of")]
    [InlineData("""{"slug":"s-1","endpoint":"https://x/","introspection":[]}""", "/introspection", "wrong_type")]
    [InlineData("""{"slug":"s-1","endpoint":"https://x/","introspection":{}}""", "/introspection", "not_introspection")]
    [InlineData("""{"slug":"s-1","endpoint":"https://x/","sdl":"nonsense"}""", "/sdl", "invalid_sdl")]
    public async Task An_import_that_cannot_be_is_refused_with_its_pointer(string body, string pointer, string code)
        => (await host.Api.Post("/api/integrations/graphql", JsonNode.Parse(body)!, 422)).Fault().ShouldBe((pointer, code));

    [Fact]
    public async Task An_endpoint_is_detected_and_previewed_and_nothing_is_saved()
    {
        var found = await host.Api.Post("/api/integrations/detect", new { url = graph.Url + "/graphql" }, 200);
        (found["kind"]!.GetValue<string>(), found["toolCount"]!.GetValue<int>()).ShouldBe(("graphql", 11));
        var preview = await host.Api.Post("/api/integrations/preview", new { endpoint = graph.Url + "/graphql" }, 200);
        (preview["kind"]!.GetValue<string>(), preview["tools"]!.AsArray().Count).ShouldBe(("graphql", 11));
        preview["tools"]![0]!["approvalText"]!.GetValue<string>().ShouldBe("mutation bump");
        (await host.Api.Post("/api/integrations/preview", new { endpoint = graph.Url, sdl = "nonsense" }, 422)).Fault().ShouldBe(("/sdl", "invalid_sdl"));
        (await host.Api.Post("/api/integrations/preview", new { sdl = "type Query { a: Int }" }, 422)).Fault().ShouldBe(("/endpoint", "invalid_url"));
        (await host.Api.Post("/api/integrations/preview", new { }, 422)).Fault().ShouldBe(("/spec", "required"));
    }

    [Fact]
    public async Task Members_cannot_import_and_slugs_are_taken_once()
    {
        var (member, _) = await host.Member();
        var slug = GraphQlServer.NewSlug();
        var body = new { slug, endpoint = graph.Url, sdl = "type Query { a: Int }" };
        await member.Post("/api/integrations/graphql", body, 403);
        await host.Api.Post("/api/integrations/graphql", body, 201);
        await host.Api.Post("/api/integrations/graphql", body, 409);
        await host.Api.Patch($"/api/integrations/{slug}", new { baseUrl = "https://other.example" }, 422);
        await host.Api.Put($"/api/integrations/{slug}/source", new { spec = new { document = "{}" } }, 422);
    }

    private static string Arguments(object arguments) => System.Text.Json.JsonSerializer.Serialize(arguments);

    private static RequestDelegate Status(int status) => async context =>
    {
        context.Response.StatusCode = status;
        await context.Response.WriteAsync("words");
    };

    private static RequestDelegate Text(string text) => context =>
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(text);
    };

    private static RequestDelegate Redirect(string url) => context =>
    {
        context.Response.StatusCode = 307;
        context.Response.Headers.Location = url;
        return Task.CompletedTask;
    };

    private static string Introspection() =>
        """{"data":{"__schema":{"queryType":{"name":"Query"},"types":[{"kind":"OBJECT","name":"Query","fields":[{"name":"a","args":[],"type":{"kind":"SCALAR","name":"Int"}}]}]}}}""";
}
