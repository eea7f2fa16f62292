using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.EventStore;

namespace Toolgate.Connections.Tests.Hosting;

public sealed class ConnectionsTests(ConnectionsServer host) : IClassFixture<ConnectionsServer>
{
    private static readonly object[] KeyTemplate = [new { slug = "key", placements = new[] { new { carrier = "header", name = "X-Key", prefix = "v1 ", variable = "whatever" } } }];

    [Fact]
    public async Task A_connection_is_made_and_never_tells_its_values()
    {
        var slug = await host.Import(authTemplates: KeyTemplate);
        var answer = await host.Api.Send(
            HttpMethod.Post, "/api/connections",
            new { owner = "org", integration = slug, name = "My Main Account!", template = "key", values = new { token = "s3cr3t-value" }, description = "For CI" }, 201);
        answer.Headers["Location"].ShouldBe($"/api/connections/org/{slug}/myMainAccount");
        answer.ETag.ShouldBe("\"1\"");
        answer.Text.ShouldNotContain("s3cr3t-value");
        var connection = answer.Json;
        connection["address"]!.GetValue<string>().ShouldBe($"{slug}.org.myMainAccount");
        connection["variables"].Strings().ShouldBe(["token"]);
        connection["toolCount"]!.GetValue<int>().ShouldBe(3);
        connection["description"]!.GetValue<string>().ShouldBe("For CI");
        connection["template"]!.GetValue<string>().ShouldBe("key");
        var read = await host.Api.Send(HttpMethod.Get, $"/api/connections/org/{slug}/myMainAccount", expect: 200);
        JsonNode.DeepEquals(read.Json, connection).ShouldBeTrue();
        read.ETag.ShouldBe("\"1\"");
    }

    [Fact]
    public async Task A_past_catalog_is_compiled_once_and_leaves_the_newest_alone()
    {
        var slug = await host.Import();
        await host.Connect(slug);
        var models = host.Server.Services.GetRequiredService<IReadModels>();
        var catalog = host.Server.Services.GetRequiredService<ICatalog>();
        var past = await models.At(models.Current.Position);
        await host.Connect(slug, "later");
        var newest = catalog.At(models.Current);
        catalog.At(past).Org.Length.ShouldBe(newest.Org.Length - 3);
        catalog.At(past).ShouldBeSameAs(catalog.At(past));
        catalog.At(models.Current).ShouldBeSameAs(newest);
    }

    [Fact]
    public async Task A_name_that_normalises_to_a_taken_one_is_a_conflict()
    {
        var slug = await host.Import();
        await host.Connect(slug, "My Account");
        (await host.Api.Post("/api/connections", new { owner = "org", integration = slug, name = "my-account", template = "none" }, 409)).Fault().ShouldBe(("/name", "connection_exists"));
        await host.Connect(slug, "my-account", owner: "user");
    }

    [Fact]
    public async Task Connections_made_at_once_with_one_name_have_one_winner_and_leave_one_secret()
    {
        var slug = await host.Import(authTemplates: KeyTemplate);
        var before = await host.Server.Database.Scalar<long>("select count(*) from toolgate.secrets");
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => host.Api.Send(
            HttpMethod.Post, "/api/connections", new { owner = "org", integration = slug, name = "one", template = "key", values = new { token = "abc" } }, 0)));
        answers.Select(answer => (int)answer.Status).Order().ShouldBe([201, 409, 409, 409, 409, 409]);
        (await host.Server.Database.Scalar<long>("select count(*) from toolgate.secrets")).ShouldBe(before + 1);
    }

    [Theory]
    [InlineData("""{"owner":"org","integration":"SLUG","name":"a","template":"key"}""", "/values/token", "required")]
    [InlineData("""{"owner":"org","integration":"SLUG","name":"a","template":"key","values":{"token":"x","extra":"y"}}""", "/values/extra", "unknown_variable")]
    [InlineData("""{"owner":"org","integration":"SLUG","name":"a","template":"key","values":{"token":"x\r\ny"}}""", "/values/token", "invalid_header_value")]
    [InlineData("""{"owner":"org","integration":"SLUG","name":"a","template":"none","values":{"token":"x"}}""", "/values/token", "unknown_variable")]
    [InlineData("""{"owner":"org","integration":"SLUG","name":"a","template":"other"}""", "/template", "template_not_found")]
    [InlineData("""{"owner":"team","integration":"SLUG","name":"a","template":"none"}""", "/owner", "invalid_owner")]
    [InlineData("""{"owner":"org","integration":"nope","name":"a","template":"none"}""", "/integration", "integration_not_found")]
    [InlineData("""{"owner":"org","integration":"SLUG","template":"none"}""", "/name", "required")]
    [InlineData("""{"owner":"org","integration":"SLUG","name":"a"}""", "/template", "required")]
    public async Task A_connection_that_cannot_work_is_refused_with_its_pointer(string body, string pointer, string code)
    {
        var slug = await host.Import(authTemplates: KeyTemplate);
        (await host.Api.Post("/api/connections", body.Replace("SLUG", slug, StringComparison.Ordinal), 422)).Fault().ShouldBe((pointer, code));
    }

    [Fact]
    public async Task A_personal_connection_does_not_exist_for_anyone_else()
    {
        var slug = await host.Import();
        var (ann, annId) = await host.Member();
        var (bob, _) = await host.Member();
        await host.Connect(slug, "mine", owner: "user", by: ann);

        (await ann.Get($"/api/connections/user/{slug}/mine"))["owner"]!.GetValue<string>().ShouldBe("user");
        foreach (var other in new[] { bob, host.Api })
        {
            await other.Get($"/api/connections/user/{slug}/mine", 404);
            await other.Patch($"/api/connections/user/{slug}/mine", new { description = "x" }, 404);
            await other.Put($"/api/connections/user/{slug}/mine/credentials", new { values = new { } }, 404);
            await other.Post($"/api/connections/user/{slug}/mine/test", expect: 404);
            await other.Post($"/api/connections/user/{slug}/mine/refresh", expect: 404);
            await other.Delete($"/api/connections/user/{slug}/mine", 404);
            (await other.Get($"/api/connections?integration={slug}"))["items"]!.AsArray().ShouldBeEmpty();
        }

        (await ann.Get($"/api/connections?integration={slug}"))["items"]!.AsArray().ShouldHaveSingleItem();
        var catalog = host.Server.Services.GetRequiredService<ICatalog>().At(host.Server.Services.GetRequiredService<IReadModels>().Current);
        catalog.Of(annId).Length.ShouldBe(3);
        catalog.Org.ShouldNotContain(tool => tool.Integration == slug);
    }

    [Fact]
    public async Task A_member_writes_its_own_connections_only()
    {
        var slug = await host.Import();
        var (member, _) = await host.Member();
        await member.Post("/api/connections", new { owner = "org", integration = slug, name = "x", template = "none" }, 403);
        await host.Connect(slug, "shared");
        await member.Get($"/api/connections/org/{slug}/shared");
        await member.Patch($"/api/connections/org/{slug}/shared", new { description = "x" }, 403);
        await member.Put($"/api/connections/org/{slug}/shared/credentials", new { values = new { } }, 403);
        await member.Post($"/api/connections/org/{slug}/shared/test", expect: 403);
        await member.Delete($"/api/connections/org/{slug}/shared", 403);
    }

    [Fact]
    public async Task New_credentials_destroy_the_old_ones_and_hold_at_once()
    {
        var slug = await host.Import(authTemplates: KeyTemplate);
        await host.Connect(slug, template: "key", values: new { token = "old" });
        host.Upstream.Requests.Clear();
        await host.Call($"{slug}.org.main.issues.listIssues");
        var before = await host.Server.Database.Scalar<long>("select count(*) from toolgate.secrets");
        var replaced = await host.Api.Send(HttpMethod.Put, $"/api/connections/org/{slug}/main/credentials", new { values = new { token = "new" } }, 200, ("If-Match", "\"1\""));
        replaced.ETag.ShouldBe("\"2\"");
        await host.Call($"{slug}.org.main.issues.listIssues");
        host.Upstream.Requests.Select(request => request.Headers["X-Key"]).ShouldBe(["v1 old", "v1 new"]);
        (await host.Server.Database.Scalar<long>("select count(*) from toolgate.secrets")).ShouldBe(before);

        await host.Api.Send(HttpMethod.Put, $"/api/connections/org/{slug}/main/credentials", new { values = new { token = "late" } }, 412, ("If-Match", "\"1\""));
        (await host.Server.Database.Scalar<long>("select count(*) from toolgate.secrets")).ShouldBe(before, "a refused write leaves no secret");
    }

    [Fact]
    public async Task A_removed_connection_takes_its_secret_and_its_tools_along()
    {
        var slug = await host.Import(authTemplates: KeyTemplate);
        var before = await host.Server.Database.Scalar<long>("select count(*) from toolgate.secrets");
        await host.Connect(slug, template: "key", values: new { token = "abc" });
        var tool = host.Find($"{slug}.org.main.issues.listIssues");
        await host.Api.Delete($"/api/connections/org/{slug}/main");
        (await host.Server.Database.Scalar<long>("select count(*) from toolgate.secrets")).ShouldBe(before);
        await host.Api.Get($"/api/connections/org/{slug}/main", 404);
        (await host.Call(tool)).Error().Code.ShouldBe("connection_missing");

        var again = await host.Api.Send(HttpMethod.Post, "/api/connections", new { owner = "org", integration = slug, name = "main", template = "none" }, 201);
        again.ETag.ShouldBe("\"3\"", "the stream goes on");
    }

    [Fact]
    public async Task A_connection_is_described_and_listed_in_pages()
    {
        var slug = await host.Import();
        foreach (var name in new[] { "b", "a", "c" })
        {
            await host.Connect(slug, name);
        }

        (await host.Api.Patch($"/api/connections/org/{slug}/a", new { description = "First" }, 200))["description"]!.GetValue<string>().ShouldBe("First");
        var page = await host.Api.Get($"/api/connections?integration={slug}&limit=2");
        page["items"]!.AsArray().Select(item => item!["name"]!.GetValue<string>()).ShouldBe(["a", "b"]);
        var next = await host.Api.Get($"/api/connections?integration={slug}&limit=2&cursor={page["nextCursor"]}");
        next["items"]!.AsArray().Select(item => item!["name"]!.GetValue<string>()).ShouldBe(["c"]);
        next["nextCursor"].ShouldBeNull();
    }

    [Fact]
    public async Task A_test_says_whether_the_upstream_takes_the_credentials()
    {
        await using var picky = await Upstream.Start(context =>
        {
            context.Response.StatusCode = context.Request.Headers["X-Key"] == "v1 right" ? 200 : 401;
            return Task.CompletedTask;
        });
        var slug = await host.Import(picky.Url, authTemplates: KeyTemplate);
        await host.Connect(slug, "good", template: "key", values: new { token = "right" });
        await host.Connect(slug, "bad", template: "key", values: new { token = "wr0ng-canary" });
        var good = await host.Api.Post($"/api/connections/org/{slug}/good/test", expect: 200);
        (good["outcome"]!.GetValue<string>(), good["status"]!.GetValue<int>()).ShouldBe(("accepted", 200));
        good["sends"]![0]!["name"]!.GetValue<string>().ShouldBe("X-Key");
        var bad = await host.Api.Send(HttpMethod.Post, $"/api/connections/org/{slug}/bad/test", expect: 200);
        bad.Json["outcome"]!.GetValue<string>().ShouldBe("rejected");
        bad.Text.ShouldNotContain("wr0ng-canary");
        picky.Requests.ShouldAllBe(request => request.Method == "GET");
        (await host.Api.Post($"/api/connections/org/{slug}/good/refresh", expect: 200))["toolCount"]!.GetValue<int>().ShouldBe(3);
    }

    [Fact]
    public async Task The_api_description_knows_every_route_of_the_module()
    {
        var paths = (await host.Api.Anonymous().Get("/api/openapi.json"))["paths"]!.AsObject();
        foreach (var path in new[]
        {
            "/api/integrations", "/api/integrations/{slug}", "/api/integrations/openapi", "/api/integrations/{slug}/source", "/api/integrations/{slug}/refresh",
            "/api/integrations/detect", "/api/integrations/preview", "/api/connections", "/api/connections/{owner}/{integration}/{name}",
            "/api/connections/{owner}/{integration}/{name}/credentials", "/api/connections/{owner}/{integration}/{name}/test",
            "/api/connections/{owner}/{integration}/{name}/refresh",
        })
        {
            paths.ShouldContainKey(path);
        }
    }

    [Fact]
    public async Task A_decision_on_a_picture_that_is_too_old_is_refused_on_both_sides()
    {
        // As another host would decide that has not seen yet what this one did.
        var (removed, connected) = (await host.Import(), await host.Import());
        var store = host.Server.Services.GetRequiredService<IEventStore>();
        var old = host.Server.Services.GetRequiredService<IReadModels>().Current.Get<ConnectionsState>();
        await host.Api.Delete($"/api/integrations/{removed}");
        await host.Connect(connected);

        var key = new ConnectionKey(Toolgate.Access.Owner.Org, removed, "late");
        var command = new CreateConnection("org", removed, "late", "none");
        (await store.Decide(key.Stream, "connection", Connection.Fold, folded => CreatingConnection.Decide(command, key, new Credentials(null, [], []), old, folded.State), EventMetadata.System))
            .ShouldBeOfType<Decided<Connection?>.Refused>().Rejection.Code.ShouldBe("name_taken");
        (await store.Decide(Integration.StreamOf(connected), "integration", Integration.Fold, folded => RemovingIntegration.Decide(connected, old, folded.State), EventMetadata.System))
            .ShouldBeOfType<Decided<Integration?>.Refused>().Rejection.Code.ShouldBe("name_taken");
        await host.Api.Get($"/api/connections/org/{connected}/main");
    }

    [Fact]
    public async Task A_connection_is_never_made_to_an_integration_that_is_removed_at_the_same_time()
    {
        for (var round = 0; round < 15; round++)
        {
            var slug = await host.Import(authTemplates: KeyTemplate);
            var creating = Enumerable.Range(0, 4).Select(i => host.Api.Send(
                HttpMethod.Post, "/api/connections", new { owner = "org", integration = slug, name = "c" + i, template = "key", values = new { token = "abc" } }, 0)).ToArray();
            var removing = host.Api.Send(HttpMethod.Delete, $"/api/integrations/{slug}", expect: 0);
            await Task.WhenAll(creating);
            var removed = await removing;
            var made = creating.Count(answer => (int)answer.Result.Status == 201);
            if ((int)removed.Status == 204)
            {
                made.ShouldBe(0, "connections that were made before refuse the removal");
                (await host.Api.Get($"/api/connections?integration={slug}"))["items"]!.AsArray().ShouldBeEmpty();
            }
            else
            {
                removed.Status.ShouldBe(System.Net.HttpStatusCode.Conflict);
                made.ShouldBe(4);
            }
        }
    }
}
