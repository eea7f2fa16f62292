using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Toolgate.Connections.Tests.Hosting;
using Toolgate.TestSupport;

namespace Toolgate.Connections.Tests.Plugins;

/// <summary>The routes of plugins over the whole host.</summary>
public sealed class PluginHostTests(ConnectionsServer world) : IClassFixture<ConnectionsServer>
{
    private static int ids;

    private ApiClient Api => world.Api;

    [Fact]
    public async Task Publishing_answers_201_then_200_and_an_id_belongs_to_one_integration()
    {
        var manifest = Manifest();
        var id = Id(manifest);
        var created = await Api.Send(HttpMethod.Post, "/api/integrations/plugins", manifest, 201);
        created.Headers["Location"].ShouldBe($"/api/integrations/plugins/{id}");
        created.ETag.ShouldBe("\"1\"");
        created.Json["enabled"]!.GetValue<bool>().ShouldBeFalse();
        created.Json["tools"]!.AsArray().Select(tool => (tool!["wireName"]!.GetValue<string>(), tool["state"]!.GetValue<string>(), tool["listed"]!.GetValue<bool>()))
            .ShouldBe([($"{id}__create_event", "pending", false), ($"{id}__list_events", "pending", false)]);
        (await Api.Post("/api/integrations/plugins", manifest, 200))["digest"]!.GetValue<string>().ShouldBe(created.Json["digest"]!.GetValue<string>());

        var shown = await Api.Get($"/api/integrations/{id}");
        (shown["kind"]!.GetValue<string>(), shown["name"]!.GetValue<string>(), shown["toolCount"]!.GetValue<int>()).ShouldBe(("plugin", "Calendar", 0));

        manifest["displayName"] = "Other";
        (await Api.Post("/api/integrations/plugins", manifest, 409)).Fault().ShouldBe(("/version", "version_exists"));
        manifest["version"] = "2.0.0";
        (await Api.Post("/api/integrations/plugins", manifest, 409)).Fault().ShouldBe(("/id", "plugin_exists"));

        var slug = await world.Import();
        manifest["id"] = slug;
        (await Api.Post("/api/integrations/plugins", manifest, 409)).Fault().ShouldBe(("/id", "integration_exists"));
    }

    [Fact]
    public async Task A_manifest_with_faults_is_refused_with_all_of_them_by_every_way_in()
    {
        var good = Manifest();
        var id = Id(good);
        await Api.Post("/api/integrations/plugins", good, 201);
        var bad = good.DeepClone();
        bad.Set("/mcpTools/0/inputSchema/properties/kind/type", "\"strng\"");
        bad.Set("/mcpTools/1/route", "\"none\"");
        foreach (var path in new[] { "/api/integrations/plugins", "/api/integrations/plugins/validate", $"/api/integrations/plugins/{id}/versions" })
        {
            var problem = await Api.Post(path, bad, 422);
            problem.Code().ShouldBe("urn:toolgate:problem:manifest-invalid");
            problem["errors"]!.AsArray().Select(error => (error!["pointer"]!.GetValue<string>(), error["code"]!.GetValue<string>())).ShouldBe(
                [("/mcpTools/0/inputSchema/properties/kind/type", "unknown_type"), ("/mcpTools/1/route", "unknown_route")]);
        }

        (await Api.Post("/api/integrations/plugins", "{", 400)).Code().ShouldBe("urn:toolgate:problem:malformed-json");
        (await Api.Post("/api/integrations/plugins", "{}" + new string(' ', PluginLimits.DocumentBytes), 413)).Code().ShouldBe("urn:toolgate:problem:document-too-large");
        await Api.Send(HttpMethod.Post, "/api/integrations/plugins", "{}", 415, ("Content-Type", "text/plain"));
        bad = good.DeepClone();
        bad["id"] = "someone-else";
        (await Api.Post($"/api/integrations/plugins/{id}/versions", bad, 422)).Fault().ShouldBe(("/id", "id_mismatch"));
        (await Api.Post("/api/integrations/plugins/nobody/versions", good, 404)).Code().ShouldBe("urn:toolgate:problem:plugin-not-found");
    }

    [Fact]
    public async Task A_dry_run_answers_as_publishing_would_and_saves_nothing()
    {
        var manifest = Manifest();
        var id = Id(manifest);
        var verdict = await Api.Post("/api/integrations/plugins/validate", manifest, 200);
        verdict["outcome"]!.GetValue<string>().ShouldBe("registers");
        verdict["tools"]!.AsArray().Count.ShouldBe(2);
        await Api.Get($"/api/integrations/{id}", 404);

        await Api.Post("/api/integrations/plugins", manifest, 201);
        await Api.Post($"/api/integrations/plugins/{id}/enable", new { }, 200);
        (await Api.Post("/api/integrations/plugins/validate", manifest, 200))["outcome"]!.GetValue<string>().ShouldBe("changes_nothing");
        manifest.Set("/mcpTools/0/title", "\"Other\"");
        (await Api.Post("/api/integrations/plugins/validate", manifest, 409)).Fault().Code.ShouldBe("version_exists");
        manifest["version"] = "1.4.1";
        verdict = await Api.Post("/api/integrations/plugins/validate", manifest, 200);
        verdict["outcome"]!.GetValue<string>().ShouldBe("publishes_version");
        verdict["tools"]!.AsArray().Select(tool => tool!["needsApproval"]!.GetValue<bool>()).ShouldBe([true, false]);
    }

    [Fact]
    public async Task Only_those_who_manage_see_or_change_a_plugin_and_if_match_holds()
    {
        var manifest = Manifest();
        var id = Id(manifest);
        await Api.Post("/api/integrations/plugins", manifest, 201);
        var (member, _) = await world.Member();
        foreach (var path in new[] { "", "/tools", "/versions", "/versions/1.4.0", "/versions/1.4.0/diff/1.4.0" })
        {
            (await member.Get($"/api/integrations/plugins/{id}{path}", 403)).Code().ShouldBe("urn:toolgate:problem:admin-required");
        }

        foreach (var path in new[] { "", "/validate", $"/{id}/versions", $"/{id}/enable", $"/{id}/disable" })
        {
            (await member.Post("/api/integrations/plugins" + path, manifest, 403)).Code().ShouldBe("urn:toolgate:problem:admin-required");
        }

        (await member.Post($"/api/integrations/plugins/{id}/tools/create_event/approve", new { digest = new string('a', 64) }, 403)).Code().ShouldBe("urn:toolgate:problem:admin-required");
        await Api.Send(HttpMethod.Post, $"/api/integrations/plugins/{id}/enable", new { }, 412, ("If-Match", "\"7\""));
        await Api.Send(HttpMethod.Post, $"/api/integrations/plugins/{id}/enable", new { }, 200, ("If-Match", "\"1\""));
    }

    [Fact]
    public async Task Versions_are_listed_shown_and_compared()
    {
        var manifest = Manifest();
        var id = Id(manifest);
        await Api.Post("/api/integrations/plugins", manifest, 201);
        manifest["version"] = "1.5.0+build.1";
        manifest.Set("/mcpTools/0/destructive", "true");
        var published = await Api.Send(HttpMethod.Post, $"/api/integrations/plugins/{id}/versions", manifest, 201);
        (await Api.Get(published.Headers["Location"]))["manifest"]!["version"]!.GetValue<string>().ShouldBe("1.5.0+build.1");
        (await Api.Get($"/api/integrations/plugins/{id}/versions"))["items"]!.AsArray()
            .Select(version => (version!["version"]!.GetValue<string>(), version["inForce"]!.GetValue<bool>())).ShouldBe([("1.4.0", false), ("1.5.0+build.1", true)]);
        var difference = await Api.Get($"/api/integrations/plugins/{id}/versions/1.4.0/diff/1.5.0+build.1");
        difference["changed"]![0]!["members"]![0]!["member"]!.GetValue<string>().ShouldBe("destructive");
        difference["escalations"]![0]!["code"]!.GetValue<string>().ShouldBe("becomes_destructive");
        (await Api.Get($"/api/integrations/plugins/{id}/versions/9.9.9", 404)).Code().ShouldBe("urn:toolgate:problem:version-not-found");
        (await Api.Get($"/api/integrations/plugins/{id}/versions/1.4.0/diff/9.9.9", 404)).Code().ShouldBe("urn:toolgate:problem:version-not-found");
    }

    [Fact]
    public async Task What_a_manifest_says_is_changed_by_a_manifest_only()
    {
        var id = await Enabled(Manifest());
        foreach (var answer in new[]
        {
            await Api.Send(HttpMethod.Put, $"/api/integrations/{id}/source", new { spec = new { document = "{}" } }, 409),
            await Api.Send(HttpMethod.Post, $"/api/integrations/{id}/refresh", new { }, 409),
            await Api.Send(HttpMethod.Patch, $"/api/integrations/{id}", new { baseUrl = "https://example.com" }, 409),
        })
        {
            answer.Json.Code().ShouldBe("urn:toolgate:problem:plugin-manifest-rules");
        }

        (await Api.Patch($"/api/integrations/{id}", new { description = "Ours." }, 200))["description"]!.GetValue<string>().ShouldBe("Ours.");
        (await Api.Get($"/api/integrations/plugins/{id}"))["tools"]!.AsArray().Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_call_goes_where_the_route_says_with_the_connections_secret_and_the_gateways_word_of_who_calls()
    {
        var id = await Enabled(Manifest());
        await world.Connect(id, template: "bearer", values: new { token = "plugin-secret" });
        world.Upstream.Requests.Clear();
        world.Upstream.Answer = context => Json(context, 200, """{"id":"e1"}""");
        var outcome = await world.Call($"{id}.org.main.create_event", """{"calendar":"team","title":"Standup"}""");
        outcome.Structured().ShouldBe("""{"id":"e1"}""");
        var request = world.Upstream.Requests.ShouldHaveSingleItem();
        (request.Method, request.Target, request.Body).ShouldBe(("POST", "/api/v1/calendars/team/events", """{"title":"Standup"}"""));
        request.Headers["Authorization"].ShouldBe("Bearer plugin-secret");
        request.Headers["Toolgate-Principal"].ShouldBe("usr_test");
        request.Headers["Toolgate-Tool"].ShouldBe($"{id}__create_event");
        request.Headers.ContainsKey("Cookie").ShouldBeFalse();
    }

    [Theory]
    [InlineData(422, "application/json", """{"code":"taken","message":"This slot is\u0000 taken by plugin-secret."}""", "taken: This slot is  taken by")]
    [InlineData(409, "application/problem+json", """{"title":"Conflict","detail":"Try another slot."}""", "Try another slot.")]
    [InlineData(400, "text/html", "<h1>trace at /srv/app</h1>", null)]
    [InlineData(400, "application/json", """["not","an","object"]""", null)]
    [InlineData(500, "application/json", """{"code":"db","message":"password=hunter2"}""", null)]
    [InlineData(503, "application/problem+json", """{"detail":"host db-7 is down"}""", null)]
    public async Task What_the_service_says_of_a_callers_mistake_is_passed_on_and_its_own_faults_are_not(int status, string type, string body, string? words)
    {
        var id = await Enabled(Manifest());
        await world.Connect(id, template: "bearer", values: new { token = "plugin-secret" });
        world.Upstream.Answer = context => Json(context, status, body, type);
        var error = (await world.Call($"{id}.org.main.create_event", """{"calendar":"team","title":"x"}""")).Error();
        (error.Code, error.UpstreamStatus).ShouldBe(("upstream_http_error", status));
        error.Message.ShouldStartWith(words is null ? $"The plugin answered with status {status}." : $"The plugin answered with status {status}: {words}");
        (error.Message + error.Details()).ShouldNotContain("plugin-secret");
        (error.Message + error.Details()).ShouldNotContain("hunter2");
        (error.Message + error.Details()).ShouldNotContain("db-7");
        (error.Message + error.Details()).ShouldNotContain("/srv");
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task Refused_credentials_are_the_connections_affair(int status)
    {
        var id = await Enabled(Manifest());
        await world.Connect(id);
        world.Upstream.Answer = context => Json(context, status, """{"code":"x","message":"y"}""");
        (await world.Call($"{id}.org.main.list_events")).Error().Code.ShouldBe("connection_rejected");
    }

    [Theory]
    [InlineData("application/json", """{"id":7}""")]
    [InlineData("application/json", "{}")]
    [InlineData("application/json", "not json")]
    [InlineData("text/plain", "id")]
    [InlineData("application/json", "")]
    public async Task An_answer_that_is_not_what_the_author_declared_is_masked(string type, string body)
    {
        var id = await Enabled(Manifest());
        await world.Connect(id);
        world.Upstream.Answer = context => Json(context, 200, body, type);
        (await world.Call($"{id}.org.main.create_event", """{"calendar":"team","title":"x"}""")).Error().Code.ShouldBe("invalid_upstream_output");
    }

    [Fact]
    public async Task A_redirect_reaches_declared_hosts_only()
    {
        var id = await Enabled(Manifest());
        await world.Connect(id, template: "bearer", values: new { token = "plugin-secret" });
        world.Upstream.Requests.Clear();
        world.Upstream.Answer = context =>
        {
            context.Response.Redirect($"http://localhost:{world.Upstream.Port}/elsewhere");
            return Task.CompletedTask;
        };
        (await world.Call($"{id}.org.main.list_events")).Error().Code.ShouldBe("upstream_unavailable");
        world.Upstream.Requests.ShouldHaveSingleItem().Target.ShouldBe("/api/v1/events");
    }

    [Fact]
    public async Task A_route_ends_at_its_own_timeout()
    {
        var manifest = Manifest();
        manifest.Set("/routes/1/timeoutMs", "50");
        var id = await Enabled(manifest);
        await world.Connect(id);
        world.Upstream.Answer = async context => await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        var error = (await world.Call($"{id}.org.main.list_events")).Error();
        (error.Code, error.Retryable).ShouldBe(("upstream_timeout", true));
        error.Message.ShouldContain("50 milliseconds");
    }

    [Fact]
    public async Task A_call_that_was_listed_before_is_judged_again_when_it_is_sent()
    {
        var id = await Enabled(Manifest());
        await world.Connect(id);
        var stale = world.Find($"{id}.org.main.list_events");
        await Api.Post($"/api/integrations/plugins/{id}/disable", new { }, 200);
        world.Upstream.Requests.Clear();
        (await world.Call(stale)).Error().Message.ShouldContain("not enabled");
        world.Upstream.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_member_cannot_reach_a_plugin_by_trying_a_connection_of_their_own()
    {
        var id = await Enabled(Manifest());
        var (member, _) = await world.Member();
        await world.Connect(id, name: "mine", owner: "user", by: member);
        await world.Connect(id);
        world.Upstream.Requests.Clear();
        world.Upstream.Answer = context => Json(context, 200, "{}");
        (await member.Post($"/api/connections/user/{id}/mine/test", new { }, 200))["outcome"]!.GetValue<string>().ShouldBe("not_tried");
        world.Upstream.Requests.ShouldBeEmpty();
        (await Api.Post($"/api/connections/org/{id}/main/test", new { }, 200))["outcome"]!.GetValue<string>().ShouldBe("accepted");
    }

    private static Task Json(HttpContext context, int status, string body, string type = "application/json")
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        return context.Response.WriteAsync(body);
    }

    private static string Id(JsonNode manifest) => manifest["id"]!.GetValue<string>();

    private JsonObject Manifest() => Manifests.With(manifest =>
    {
        manifest["id"] = $"plugin-{Interlocked.Increment(ref ids)}";
        manifest.Drop("/service/allowedHosts");
        manifest["service"]!["baseUrl"] = world.Upstream.Url + "/api";
    });

    private async Task<string> Enabled(JsonObject manifest)
    {
        await Api.Post("/api/integrations/plugins", manifest, 201);
        await Api.Post($"/api/integrations/plugins/{Id(manifest)}/enable", new { }, 200);
        return Id(manifest);
    }
}
