using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.EventStore;
using Toolgate.TestSupport;

namespace Toolgate.Policies.Tests;

/// <summary>One server with an owner and two members, for the tests of this module.</summary>
public sealed class PoliciesServer : IAsyncLifetime
{
    public ToolgateServer Server { get; private set; } = null!;

    public ApiClient Owner => Server.Api;

    public ApiClient Ann { get; private set; } = null!;

    public ApiClient Ben { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Server = await ToolgateServer.Start();
        Ann = await Member("Ann");
        Ben = await Member("Ben");
    }

    public async Task DisposeAsync() => await Server.DisposeAsync();

    private async Task<ApiClient> Member(string name)
    {
        var member = await Owner.Post("/api/members", new { name });
        var key = await Owner.Post("/api/account/api-keys", new { name, memberId = (string)member["id"]! });
        return Owner.As((string)key["value"]!);
    }
}

public sealed class PoliciesApiTests(PoliciesServer server) : IClassFixture<PoliciesServer>
{
    private ApiClient Owner => server.Owner;

    [Fact]
    public async Task A_rule_is_created_shown_changed_and_deleted()
    {
        var created = await Owner.Send(HttpMethod.Post, "/api/policies", new { owner = "org", pattern = "crud.*", action = "require_approval", enforced = true }, 201);
        var id = (string)created.Json["id"]!;
        id.ShouldMatch(@"\Apol_[0-9a-z]{26}\z");
        created.Headers["Location"].ShouldBe("/api/policies/" + id);
        created.Position.ShouldBeGreaterThan(0);
        created.ETag.ShouldBe($"\"{created.Json["version"]}\"");
        ((string)created.Json["owner"]!, (string)created.Json["action"]!, (bool)created.Json["enforced"]!, (string)created.Json["pattern"]!)
            .ShouldBe(("org", "require_approval", true, "crud.*"));
        (await Owner.Get("/api/policies/" + id)).ToJsonString().ShouldBe(created.Json.ToJsonString());

        var patched = await Owner.Send(HttpMethod.Patch, "/api/policies/" + id, new { action = "block", enforced = false }, 200, ("If-Match", created.ETag));
        ((string)patched.Json["action"]!, (bool)patched.Json["enforced"]!, (string)patched.Json["pattern"]!).ShouldBe(("block", false, "crud.*"));
        ((string)patched.Json["createdAt"]!).ShouldBe((string)created.Json["createdAt"]!);
        var same = await Owner.Send(HttpMethod.Patch, "/api/policies/" + id, new { action = "block" }, 200);
        same.ETag.ShouldBe(patched.ETag, "a change to what already is writes nothing");

        await Owner.Delete("/api/policies/" + id);
        await Owner.Delete("/api/policies/" + id, 404);
        await Owner.Get("/api/policies/" + id, 404);
        (await Owner.Patch("/api/policies/" + id, new { action = "block" }, 404))["type"]!.ToString().ShouldBe("urn:toolgate:problem:policy-not-found");
    }

    [Fact]
    public async Task A_rule_that_asks_names_whose_yes_it_takes()
    {
        var created = await Owner.Post("/api/policies", new { owner = "org", pattern = "eyes.*", action = "require_approval", approver = "other" });
        var path = "/api/policies/" + (string)created["id"]!;
        ((string)created["approver"]!).ShouldBe("other");
        ((string)(await Owner.Patch(path, new { pattern = "eyes.org.*" }))["approver"]!).ShouldBe("other");
        ((string)(await Owner.Patch(path, new { approver = "console" }))["approver"]!).ShouldBe("console");
        (await Owner.Patch(path, new { action = "approve" }))["approver"].ShouldBeNull();
        ((string)(await Owner.Patch(path, new { action = "require_approval" }))["approver"]!).ShouldBe("client", "a rule that asked nobody for a while asks as a new one does");

        await Owner.Patch(path, new { action = "block" });
        var error = (await Owner.Patch(path, new { approver = "other" }, 422))["errors"]![0]!;
        ((string)error["pointer"]!, (string)error["code"]!).ShouldBe(("/approver", "approver_needs_approval"));
        await Owner.Delete(path);
    }

    [Theory]
    [InlineData("""{"owner":"org","pattern":"a.*","action":"block","approver":"console"}""", "/approver", "approver_needs_approval")]
    [InlineData("""{"owner":"org","pattern":"a.*","action":"require_approval","approver":"me"}""", "/approver", "wrong_type")]
    [InlineData("""{"owner":"org","pattern":"a..b","action":"block"}""", "/pattern", "invalid_pattern")]
    [InlineData("""{"owner":"org","action":"block"}""", "/pattern", "invalid_pattern")]
    [InlineData("""{"owner":"org","pattern":"a.*"}""", "/action", "required")]
    [InlineData("""{"owner":"org","pattern":"a.*","action":"allow"}""", "/action", "wrong_type")]
    [InlineData("""{"owner":"team","pattern":"a.*","action":"block"}""", "/owner", "invalid_owner")]
    [InlineData("""{"owner":"user","pattern":"a.*","action":"block","enforced":true}""", "/enforced", "enforced_needs_org")]
    [InlineData("""{"owner":"org","pattern":"a.*","action":"block","before":"pol_nobody"}""", "/before", "unknown_policy")]
    [InlineData("""{"owner":"org","pattern":"a.*","action":"block","after":"pol_nobody"}""", "/after", "unknown_policy")]
    [InlineData("""{"owner":"org","pattern":"a.*","action":"block","before":"pol_a","after":"pol_b"}""", "/after", "one_place_only")]
    [InlineData("""{"owner":"org","pattern":"a.*","action":"block","position":"!!!"}""", "/position", "unknown_member")]
    public async Task A_rule_that_is_not_acceptable_is_refused_with_its_pointer(string body, string pointer, string code)
    {
        var error = (await Owner.Post("/api/policies", body, 422))["errors"]!.AsArray().ShouldHaveSingleItem()!;
        ((string)error["pointer"]!, (string)error["code"]!).ShouldBe((pointer, code));
    }

    [Fact]
    public async Task Members_manage_their_own_rules_and_see_the_workspaces()
    {
        var org = await Owner.Post("/api/policies", new { owner = "org", pattern = "roles.*", action = "block" });
        var mine = await server.Ann.Post("/api/policies", new { owner = "user", pattern = "roles.mine", action = "block" });
        (await server.Ann.Post("/api/policies", new { owner = "org", pattern = "roles.*", action = "approve" }, 403))["type"]!.ToString()
            .ShouldBe("urn:toolgate:problem:admin-required");
        await server.Ann.Patch("/api/policies/" + org["id"], new { action = "approve" }, 403);
        await server.Ann.Delete("/api/policies/" + org["id"], 403);
        (await server.Ann.Patch("/api/policies/" + mine["id"], new { enforced = true }, 422))["errors"]![0]!["pointer"]!.ToString().ShouldBe("/enforced");

        // Nobody sees another person's rules, the owner of the workspace included; they answer as if they were not.
        foreach (var other in new[] { server.Ben, Owner })
        {
            await other.Get("/api/policies/" + mine["id"], 404);
            await other.Delete("/api/policies/" + mine["id"], 404);
            await other.Patch("/api/policies/" + mine["id"], new { action = "approve" }, 404);
            (await List(other)).ShouldNotContain((string)mine["id"]!);
        }

        (await server.Ben.Post("/api/policies", new { owner = "user", pattern = "a", action = "block", before = (string)mine["id"]! }, 422))["errors"]![0]!["pointer"]!
            .ToString().ShouldBe("/before");
        var seen = await List(server.Ann);
        seen[0].ShouldBe((string)mine["id"]!, "one's own rules come first");
        seen.ShouldContain((string)org["id"]!);
        await server.Ann.Delete("/api/policies/" + mine["id"]);
        await Owner.Delete("/api/policies/" + org["id"]);
    }

    [Fact]
    public async Task New_rules_go_on_top_and_places_are_named_by_neighbours()
    {
        var api = server.Ben;
        var ids = new List<string>();
        foreach (var pattern in new[] { "place.c", "place.b", "place.a" })
        {
            ids.Insert(0, (string)(await api.Post("/api/policies", new { owner = "user", pattern, action = "block" }))["id"]!);
        }

        (await List(api, own: true)).ShouldBe(ids);
        await api.Patch("/api/policies/" + ids[2], new { before = ids[0] });
        (await List(api, own: true)).ShouldBe([ids[2], ids[0], ids[1]]);
        await api.Patch("/api/policies/" + ids[2], new { after = ids[0] });
        (await List(api, own: true)).ShouldBe([ids[0], ids[2], ids[1]]);
        var middle = (string)(await api.Post("/api/policies", new { owner = "user", pattern = "place.d", action = "block", after = ids[0] }))["id"]!;
        (await List(api, own: true)).ShouldBe([ids[0], middle, ids[2], ids[1]]);
        var page = await api.Get("/api/policies?limit=2");
        page["items"]!.AsArray().Select(item => (string)item!["id"]!).ShouldBe([ids[0], middle]);
        var rest = await api.Get("/api/policies?limit=2&cursor=" + page["nextCursor"]);
        rest["items"]!.AsArray().Select(item => (string)item!["id"]!).ShouldBe([ids[2], ids[1]]);
    }

    [Fact]
    public async Task A_version_that_is_gone_is_refused_with_412()
    {
        var created = await Owner.Send(HttpMethod.Post, "/api/policies", new { owner = "org", pattern = "etag.*", action = "block" }, 201);
        var path = "/api/policies/" + created.Json["id"];
        await Owner.Patch(path, new { action = "approve" });
        foreach (var (method, body) in new[] { (HttpMethod.Patch, (object?)new { action = "block" }), (HttpMethod.Delete, null) })
        {
            (await Owner.Send(method, path, body, 412, ("If-Match", created.ETag))).Status.ShouldBe(HttpStatusCode.PreconditionFailed);
        }

        ((string)(await Owner.Get(path))["action"]!).ShouldBe("approve");
        await Owner.Delete(path);
    }

    [Fact]
    public async Task Fifty_concurrent_moves_leave_one_total_order_that_replay_gives_again()
    {
        await using var alone = await ToolgateServer.Start();
        var api = alone.Api;
        var ids = new List<string>();
        for (var i = 0; i < 10; i++)
        {
            ids.Add((string)(await api.Post("/api/policies", new { owner = "org", pattern = "move.x" + i, action = "block" }))["id"]!);
        }

        var moves = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => api.Send(
            HttpMethod.Patch, "/api/policies/" + ids[i * 7 % 10], i % 2 == 0 ? new { before = (string?)ids[((i * 7) + 3 + (i / 10)) % 10], after = (string?)null } : new { before = (string?)null, after = (string?)ids[((i * 7) + 4) % 10] }, 0)));
        moves.ShouldAllBe(move => move.Status == HttpStatusCode.OK);
        var items = (await api.Get("/api/policies"))["items"]!.AsArray();
        items.Select(item => (string)item!["id"]!).ShouldBe(ids, ignoreOrder: true);
        var positions = items.Select(item => (string)item!["position"]!).ToList();
        positions.Distinct().Count().ShouldBe(10);
        positions.ShouldBe(positions.Order(StringComparer.Ordinal));

        var report = await alone.Services.GetRequiredService<IReplay>().Run();
        report.Models.ShouldContain(model => model.Name == "policies");
        report.Equal.ShouldBeTrue(string.Join(", ", report.Models.Where(model => !model.Equal)));
        var before = items.ToJsonString();
        await alone.Restart();
        (await alone.Api.Get("/api/policies"))["items"]!.ToJsonString().ShouldBe(before);
    }

    [Fact]
    public async Task A_read_that_names_the_position_of_a_write_shows_it()
    {
        for (var i = 0; i < 5; i++)
        {
            var created = await Owner.Send(HttpMethod.Post, "/api/policies", new { owner = "org", pattern = "position.x" + i, action = "block" }, 201);
            var read = await Owner.Send(HttpMethod.Get, "/api/policies/" + created.Json["id"], null, 200, ("Toolgate-Min-Position", created.Headers["Toolgate-Position"]));
            ((string)read.Json["pattern"]!).ShouldBe("position.x" + i);
        }
    }

    [Fact]
    public async Task Without_a_credential_nothing_is_shown_or_written()
    {
        using var nobody = Owner.Anonymous();
        await nobody.Get("/api/policies", 401);
        await nobody.Post("/api/policies", new { owner = "org", pattern = "a", action = "block" }, 401);
    }

    private static async Task<List<string>> List(ApiClient api, bool own = false)
        => [.. (await api.Get("/api/policies"))["items"]!.AsArray().Where(item => !own || (string)item!["owner"]! == "user").Select(item => (string)item!["id"]!)];
}
