using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Toolgate.Connections.Tests.Hosting;

public sealed class IntegrationsTests(ConnectionsServer host) : IClassFixture<ConnectionsServer>
{
    [Fact]
    public async Task A_document_sent_inline_becomes_an_integration()
    {
        var slug = ConnectionsServer.NewSlug();
        var answer = await host.Api.Send(HttpMethod.Post, "/api/integrations/openapi", new { slug, spec = new { document = Documents.Tracker(host.Upstream.Url) } }, 201);
        answer.Headers["Location"].ShouldBe($"/api/integrations/{slug}");
        answer.ETag.ShouldBe("\"1\"");
        answer.Position.ShouldBeGreaterThan(0);
        var integration = answer.Json;
        integration["slug"]!.GetValue<string>().ShouldBe(slug);
        integration["kind"]!.GetValue<string>().ShouldBe("openapi");
        integration["name"]!.GetValue<string>().ShouldBe("Tracker");
        integration["description"]!.GetValue<string>().ShouldBe("Issues.");
        integration["toolCount"]!.GetValue<int>().ShouldBe(3);
        integration["canRemove"]!.GetValue<bool>().ShouldBeTrue();
        integration["canRefresh"]!.GetValue<bool>().ShouldBeFalse();
        integration["authTemplates"]![0]!["slug"]!.GetValue<string>().ShouldBe("none");

        var read = await host.Api.Send(HttpMethod.Get, $"/api/integrations/{slug}", expect: 200);
        read.ETag.ShouldBe("\"1\"");
        JsonNode.DeepEquals(read.Json, integration).ShouldBeTrue();
        (await host.Api.Get("/api/integrations?limit=1000"))["items"]!.AsArray().Select(item => item!["slug"]!.GetValue<string>()).ShouldContain(slug);
    }

    [Fact]
    public async Task The_document_may_be_the_json_object_itself_or_yaml_text()
    {
        var asObject = ConnectionsServer.NewSlug();
        (await host.Api.Post("/api/integrations/openapi", new { slug = asObject, spec = new { document = JsonNode.Parse(Documents.Tracker("https://x.example")) } }, 201))["toolCount"]!.GetValue<int>().ShouldBe(3);
        const string yaml = """
            openapi: 3.0.3
            info: {title: Yaml, version: '1'}
            servers: [{url: https://x.example}]
            paths:
              /things:
                get:
                  operationId: listThings
                  responses: {'200': {description: ok}}
            """;
        (await host.Api.Post("/api/integrations/openapi", new { slug = ConnectionsServer.NewSlug(), spec = new { document = yaml } }, 201))["name"]!.GetValue<string>().ShouldBe("Yaml");
    }

    [Fact]
    public async Task A_document_is_fetched_and_refreshed_with_the_difference()
    {
        await using var source = await Upstream.Start(context => context.Response.WriteAsync(Documents.Tracker(host.Upstream.Url)));
        var slug = ConnectionsServer.NewSlug();
        var url = source.Url + "/openapi.json";
        (await host.Api.Post("/api/integrations/openapi", new { slug, spec = new { url } }, 201))["sourceUrl"]!.GetValue<string>().ShouldBe(url);
        await host.Connect(slug);

        var same = await host.Api.Send(HttpMethod.Post, $"/api/integrations/{slug}/refresh", expect: 200);
        same.Json["added"].Strings().ShouldBeEmpty();
        same.ETag.ShouldBe("\"1\"", "nothing changed, nothing is written");

        source.Answer = context => context.Response.WriteAsync(
            Documents.Tracker(host.Upstream.Url, extra: """ "/labels": {"get": {"tags": ["labels"], "operationId": "listLabels", "responses": {"200": {"description": "ok"}}}}, """)
                .Replace("\"operationId\": \"getIssue\"", "\"operationId\": \"readIssue\"", StringComparison.Ordinal)
                .Replace("Lists issues", "Lists the issues", StringComparison.Ordinal));
        var changed = (await host.Api.Send(HttpMethod.Post, $"/api/integrations/{slug}/refresh", expect: 200)).Json;
        var names = changed.ToJsonString();
        changed["added"].Strings().Length.ShouldBe(2, names);
        changed["removed"].Strings().Length.ShouldBe(1, names);
        changed["changed"].Strings().Length.ShouldBe(1, names);
        changed["toolCount"]!.GetValue<int>().ShouldBe(4);
        host.Find($"{slug}.org.main.{changed["changed"].Strings()[0]}").Definition.Description.ShouldContain("Lists the issues");
    }

    [Fact]
    public async Task A_refresh_that_fails_keeps_the_old_catalog()
    {
        await using var source = await Upstream.Start(context => context.Response.WriteAsync(Documents.Tracker(host.Upstream.Url)));
        var slug = ConnectionsServer.NewSlug();
        await host.Api.Post("/api/integrations/openapi", new { slug, spec = new { url = source.Url } }, 201);

        source.Answer = context => context.Response.WriteAsync("<html>not an API");
        await host.Api.Post($"/api/integrations/{slug}/refresh", expect: 422);
        source.Answer = context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        (await host.Api.Post($"/api/integrations/{slug}/refresh", expect: 422)).Code().ShouldBe("urn:toolgate:problem:source-unavailable");
        (await host.Api.Get($"/api/integrations/{slug}"))["toolCount"]!.GetValue<int>().ShouldBe(3);
        (await host.Api.Get($"/api/integrations/{slug}"))["version"]!.GetValue<int>().ShouldBe(1);
    }

    [Fact]
    public async Task A_taken_slug_is_a_conflict_and_two_at_once_have_one_winner()
    {
        var slug = await host.Import();
        (await host.Api.Post("/api/integrations/openapi", new { slug, spec = new { document = Documents.Tracker("https://x.example") } }, 409)).Code().ShouldBe("urn:toolgate:problem:integration-exists");

        var raced = ConnectionsServer.NewSlug();
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => host.Api.Send(
            HttpMethod.Post, "/api/integrations/openapi", new { slug = raced, spec = new { document = Documents.Tracker("https://x.example") } }, 0)));
        answers.Select(answer => (int)answer.Status).Order().ShouldBe([201, 409, 409, 409]);
    }

    [Theory]
    [InlineData("We.ird", "invalid_slug")]
    [InlineData("a--b", "invalid_slug")]
    [InlineData("-a", "invalid_slug")]
    [InlineData("a\n", "invalid_slug")]
    [InlineData("", "invalid_slug")]
    [InlineData("toolgate", "slug_reserved")]
    public async Task A_slug_keeps_the_grammar_of_addresses(string slug, string code)
        => (await host.Api.Post("/api/integrations/openapi", new { slug, spec = new { document = Documents.Tracker("https://x.example") } }, 422)).Fault().ShouldBe(("/slug", code));

    [Fact]
    public async Task A_document_that_is_none_is_refused_with_its_pointer()
    {
        var broken = await host.Api.Post("/api/integrations/openapi", new { slug = ConnectionsServer.NewSlug(), spec = new { document = "{\"openapi\": " } }, 422);
        broken.Fault().Pointer.ShouldBe("/spec/document");
        (await host.Api.Post("/api/integrations/openapi", new { slug = ConnectionsServer.NewSlug(), spec = new { document = 5 } }, 422)).Fault().ShouldBe(("/spec/document", "wrong_type"));
        (await host.Api.Post("/api/integrations/openapi", new { slug = ConnectionsServer.NewSlug(), spec = new { } }, 422)).Fault().ShouldBe(("/spec", "one_of"));
        (await host.Api.Post("/api/integrations/openapi", new { slug = ConnectionsServer.NewSlug() }, 422)).Fault().ShouldBe(("/spec", "required"));
        (await host.Api.Post("/api/integrations/openapi", new { slug = ConnectionsServer.NewSlug(), spec = new { url = "file:///etc/passwd" } }, 422)).Fault().ShouldBe(("/spec/url", "invalid_url"));
        (await host.Api.Post("/api/integrations/openapi", new { slug = ConnectionsServer.NewSlug(), spec = new { url = "http://169.254.169.254/openapi.json" } }, 422)).Fault().ShouldBe(("/spec/url", "egress_refused"));
    }

    [Fact]
    public async Task Only_admins_write_integrations_and_everyone_reads_them()
    {
        var slug = await host.Import();
        var (member, _) = await host.Member();
        await member.Get($"/api/integrations/{slug}");
        (await member.Post("/api/integrations/openapi", new { slug = ConnectionsServer.NewSlug(), spec = new { document = Documents.Tracker("https://x.example") } }, 403)).Code().ShouldBe("urn:toolgate:problem:admin-required");
        await member.Patch($"/api/integrations/{slug}", new { name = "Mine" }, 403);
        await member.Put($"/api/integrations/{slug}/source", new { spec = new { document = "{}" } }, 403);
        await member.Post($"/api/integrations/{slug}/refresh", expect: 403);
        await member.Delete($"/api/integrations/{slug}", 403);
        await member.Post("/api/integrations/detect", new { url = host.Upstream.Url }, 403);
        await member.Post("/api/integrations/preview", new { spec = new { document = "{}" } }, 403);
        await host.Api.Anonymous().Get($"/api/integrations/{slug}", 401);
    }

    [Fact]
    public async Task A_description_is_changed_under_its_version()
    {
        var slug = await host.Import();
        var changed = await host.Api.Send(HttpMethod.Patch, $"/api/integrations/{slug}", new { name = "Renamed", blockOnChange = false }, 200, ("If-Match", "\"1\""));
        changed.ETag.ShouldBe("\"2\"");
        changed.Json["name"]!.GetValue<string>().ShouldBe("Renamed");
        changed.Json["description"]!.GetValue<string>().ShouldBe("Issues.");
        changed.Json["blockOnChange"]!.GetValue<bool>().ShouldBeFalse();

        (await host.Api.Send(HttpMethod.Patch, $"/api/integrations/{slug}", new { name = "Late" }, 412, ("If-Match", "\"1\""))).Json["status"]!.GetValue<int>().ShouldBe(412);
        (await host.Api.Get($"/api/integrations/{slug}"))["name"]!.GetValue<string>().ShouldBe("Renamed");
        (await host.Api.Patch($"/api/integrations/{slug}", new { name = " " }, 422)).Fault().ShouldBe(("/name", "invalid_name"));
    }

    [Theory]
    [InlineData("a\0b")]
    [InlineData("a\u001bb")]
    [InlineData("a\u0085b")]
    public async Task A_person_writes_no_control_characters(string text)
    {
        var spec = new { document = Documents.Tracker("https://x.example") };
        var slug = await host.Import();
        (await host.Api.Post("/api/integrations/openapi", new { slug = ConnectionsServer.NewSlug(), spec, description = text }, 422)).Fault().ShouldBe(("/description", "invalid_description"));
        (await host.Api.Post("/api/integrations/openapi", new { slug = ConnectionsServer.NewSlug(), spec, name = text }, 422)).Fault().ShouldBe(("/name", "invalid_name"));
        (await host.Api.Post("/api/integrations/openapi", new { slug = ConnectionsServer.NewSlug(), spec, baseUrl = "https://x.example/" + text }, 422)).Fault().ShouldBe(("/baseUrl", "invalid_url"));
        (await host.Api.Patch($"/api/integrations/{slug}", new { description = text }, 422)).Fault().ShouldBe(("/description", "invalid_description"));
        (await host.Api.Patch($"/api/integrations/{slug}", new { authTemplates = new[] { new { slug = "t", kind = "basic", label = text } } }, 422)).Fault()
            .ShouldBe(("/authTemplates/0/label", "invalid_label"));
        (await host.Api.Post("/api/connections", new { owner = "org", integration = slug, name = "main", template = "none", description = text }, 422)).Fault()
            .ShouldBe(("/description", "invalid_description"));
        (await host.Api.Post("/api/connections", new { owner = "org", integration = slug, name = text, template = "none" }, 422)).Fault().ShouldBe(("/name", "invalid_name"));
        await host.Connect(slug);
        (await host.Api.Patch($"/api/connections/org/{slug}/main", new { description = text }, 422)).Fault().ShouldBe(("/description", "invalid_description"));
        (await host.Api.Patch($"/api/connections/org/{slug}/main", new { description = "Two\r\n\tlines" }, 200))["description"]!.GetValue<string>().ShouldBe("Two\r\n\tlines");
    }

    [Fact]
    public async Task What_a_document_says_loses_its_control_characters()
    {
        const string document = """
            {
              "openapi": "3.1.0",
              "info": {"title": "Ti\u0000tle", "version": "1\u0000", "description": "Wo\u0000rds.\n\tMore\u001b."},
              "servers": [{"url": "https://x.example"}],
              "components": {"securitySchemes": {
                "ke\u0000y": {"type": "apiKey", "in": "header", "name": "X-Key"},
                "query": {"type": "apiKey", "in": "query", "name": "k\u0000"},
                "o\u0000": {"type": "oauth2", "flows": {"implicit": {"authorizationUrl": "https://a.example/\u0000", "scopes": {"s\u0000": "S"} } } } } },
              "paths": {"/things": {"get": {"tags": ["things"], "operationId": "listThings", "summary": "Lists\u0000 things", "responses": {"200": {"description": "ok"} } } } }
            }
            """;
        var made = await host.Api.Post("/api/integrations/openapi", new { slug = ConnectionsServer.NewSlug(), spec = new { document } }, 201);
        made["name"]!.GetValue<string>().ShouldBe("Title");
        made["description"]!.GetValue<string>().ShouldBe("Words.\n\tMore.");
        made["authTemplates"]!.AsArray().Select(template => template!["label"]?.GetValue<string>()).ShouldBe([null, "key", "o"]);
        made["toolCount"]!.GetValue<int>().ShouldBe(1);
    }

    [Fact]
    public async Task A_base_url_replaces_the_servers_and_can_be_taken_back()
    {
        await using var other = await Upstream.Start(ConnectionsServer.Default);
        var slug = await host.Import();
        await host.Connect(slug);
        await host.Api.Patch($"/api/integrations/{slug}", new { baseUrl = other.Url + "/v2" }, 200);
        await host.Call($"{slug}.org.main.issues.listIssues");
        other.Requests.ShouldHaveSingleItem().Target.ShouldBe("/v2/issues");

        await host.Api.Patch($"/api/integrations/{slug}", new { baseUrl = "" }, 200);
        host.Upstream.Requests.Clear();
        await host.Call($"{slug}.org.main.issues.listIssues");
        other.Requests.ShouldHaveSingleItem();
        host.Upstream.Requests.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_source_is_replaced_in_place()
    {
        var slug = await host.Import();
        var answer = await host.Api.Put($"/api/integrations/{slug}/source", new { spec = new { document = """{"openapi":"3.1.0","info":{"title":"T","version":"2"},"servers":[{"url":"https://x.example"}],"paths":{}}""" } }, 200);
        answer["removed"].Strings().Length.ShouldBe(3);
        answer["toolCount"]!.GetValue<int>().ShouldBe(0);
        (await host.Api.Post($"/api/integrations/{slug}/refresh", expect: 409)).Code().ShouldBe("urn:toolgate:problem:source-inline");
        await host.Api.Put("/api/integrations/no-such/source", new { spec = new { document = "{}" } }, 404);
    }

    [Fact]
    public async Task An_integration_in_use_stays_and_a_removed_one_can_come_again()
    {
        var slug = await host.Import();
        await host.Connect(slug);
        var refused = await host.Api.Send(HttpMethod.Delete, $"/api/integrations/{slug}", expect: 409);
        refused.Json.Code().ShouldBe("urn:toolgate:problem:integration-in-use");

        await host.Api.Delete($"/api/connections/org/{slug}/main");
        (await host.Api.Send(HttpMethod.Delete, $"/api/integrations/{slug}", expect: 204)).Position.ShouldBeGreaterThan(0);
        await host.Api.Get($"/api/integrations/{slug}", 404);
        await host.Api.Delete($"/api/integrations/{slug}", 404);
        (await host.Api.Post("/api/connections", new { owner = "org", integration = slug, name = "main", template = "none" }, 422)).Fault().ShouldBe(("/integration", "integration_not_found"));

        var again = await host.Api.Send(HttpMethod.Post, "/api/integrations/openapi", new { slug, spec = new { document = Documents.Tracker("https://x.example") } }, 201);
        again.ETag.ShouldBe("\"3\"", "the stream goes on");
        await host.Connect(slug);
    }

    [Fact]
    public async Task A_template_in_use_cannot_be_taken_away()
    {
        var slug = await host.Import(authTemplates: new[] { new { slug = "key", placements = new[] { new { carrier = "header", name = "X-Key" } } } });
        await host.Connect(slug, template: "key", values: new { token = "abc" });
        (await host.Api.Patch($"/api/integrations/{slug}", new { authTemplates = Array.Empty<object>() }, 409)).Fault().ShouldBe(("/authTemplates", "template_in_use"));
    }

    [Theory]
    [InlineData("""[{"slug":"k","placements":[{"carrier":"header","name":"Host","variable":"token"}]}]""", "/authTemplates/0/placements/0/name", "invalid_header_name")]
    [InlineData("""[{"slug":"k","placements":[{"carrier":"header","name":"X Y"}]}]""", "/authTemplates/0/placements/0/name", "invalid_header_name")]
    [InlineData("""[{"slug":"k","placements":[{"carrier":"env","name":"X"}]}]""", "/authTemplates/0/placements/0/carrier", "invalid_carrier")]
    [InlineData("""[{"slug":"k","placements":[{"carrier":"header","name":"X","prefix":"a\r\nb"}]}]""", "/authTemplates/0/placements/0/prefix", "invalid_text")]
    [InlineData("""[{"slug":"k","placements":[]}]""", "/authTemplates/0/placements", "invalid_placements")]
    [InlineData("""[{"slug":"k","kind":"oauth2"}]""", "/authTemplates/0/tokenUrl", "one_of")]
    [InlineData("""[{"slug":"k","kind":"none"},{"slug":"k","kind":"basic"}]""", "/authTemplates", "invalid_templates")]
    public async Task A_template_by_hand_that_cannot_work_is_refused(string templates, string pointer, string code)
        => (await host.Api.Post(
            "/api/integrations/openapi",
            new { slug = ConnectionsServer.NewSlug(), spec = new { document = Documents.Tracker("https://x.example") }, authTemplates = JsonNode.Parse(templates) }, 422)).Fault().ShouldBe((pointer, code));

    [Fact]
    public async Task Preview_and_detection_save_nothing()
    {
        var before = await host.Server.Database.Scalar<long>("select count(*) from events.mt_events");
        var preview = await host.Api.Post("/api/integrations/preview", new { spec = new { document = Documents.Tracker("https://x.example") } }, 200);
        preview["toolCount"]!.GetValue<int>().ShouldBe(3);
        preview["tools"]!.AsArray().Count.ShouldBe(3);

        await using var site = await Upstream.Start(async context =>
        {
            if (context.Request.Path == "/openapi.json")
            {
                await context.Response.WriteAsync(Documents.Tracker("https://x.example"));
                return;
            }

            context.Response.StatusCode = 404;
        });
        var detected = await host.Api.Post("/api/integrations/detect", new { url = site.Url }, 200);
        detected["kind"]!.GetValue<string>().ShouldBe("openapi");
        detected["url"]!.GetValue<string>().ShouldBe(site.Url + "/openapi.json");
        var nothing = await host.Api.Post("/api/integrations/detect", new { url = host.Upstream.Url + "/nothing" }, 200);
        nothing["kind"].ShouldBeNull();
        (await host.Server.Database.Scalar<long>("select count(*) from events.mt_events")).ShouldBe(before);
    }

    [Fact]
    public async Task An_operation_that_cannot_be_taken_over_becomes_a_diagnostic()
    {
        var slug = await host.Import(extra: """ "/broken": {"get": {"operationId": "broken", "parameters": [{"$ref": "https://elsewhere.example/p.json"}], "responses": {"200": {"description": "ok"}}}}, """);
        var integration = await host.Api.Get($"/api/integrations/{slug}");
        integration["toolCount"]!.GetValue<int>().ShouldBe(3);
        integration["diagnostics"]!.AsArray().ShouldNotBeEmpty();
        integration["diagnostics"]![0]!["pointer"]!.GetValue<string>().ShouldContain("broken");
    }

    [Fact]
    public async Task A_document_that_never_ends_is_cut_off()
    {
        await using var endless = new RawUpstream(async (stream, stop) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"u8.ToArray(), stop);
            var junk = new byte[1024 * 1024];
            Array.Fill(junk, (byte)' ');
            while (true)
            {
                await stream.WriteAsync(junk, stop);
            }
        });
        (await host.Api.Post("/api/integrations/openapi", new { slug = ConnectionsServer.NewSlug(), spec = new { url = endless.Url } }, 422)).Fault().ShouldBe(("/spec/url", "source_too_large"));
    }
}
