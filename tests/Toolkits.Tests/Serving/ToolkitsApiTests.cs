using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.EventStore;
using Toolgate.TestSupport;

namespace Toolgate.Toolkits.Tests;

public sealed class ToolkitsApiTests(ToolkitsServer server) : IClassFixture<ToolkitsServer>
{
    private ApiClient Owner => server.Owner;

    [Fact]
    public async Task A_toolkit_is_created_shown_changed_and_deleted()
    {
        var created = await Owner.Send(HttpMethod.Post, "/api/toolkits", new { owner = "org", name = "Support Tools!" }, 201);
        var id = (string)created.Json["id"]!;
        id.ShouldMatch(@"\Atk_[0-9a-z]{26}\z");
        var path = "/api/toolkits/" + id;
        created.Headers["Location"].ShouldBe(path);
        ((string)created.Json["slug"]!, (string)created.Json["owner"]!, (int)created.Json["connectionCount"]!, (int)created.Json["toolCount"]!)
            .ShouldBe(("support-tools", "org", 0, 0));
        ((string)created.Json["mcpUrl"]!).ShouldBe(new Uri(server.Server.BaseAddress, "/mcp/toolkits/support-tools").ToString());
        (await Owner.Get(path)).ToJsonString().ShouldBe(created.Json.ToJsonString());

        var changed = await Owner.Send(HttpMethod.Patch, path, new { name = "Helpdesk", slug = "helpdesk" }, 200, ("If-Match", created.ETag));
        ((string)changed.Json["name"]!, (string)changed.Json["slug"]!).ShouldBe(("Helpdesk", "helpdesk"));
        await Owner.Send(HttpMethod.Patch, path, new { name = "Other" }, 412, ("If-Match", created.ETag));
        await Owner.Send(HttpMethod.Delete, path, null, 412, ("If-Match", created.ETag));

        // The old slug is free at once, the new one after the deletion.
        var second = await Owner.Post("/api/toolkits", new { owner = "org", name = "x", slug = "support-tools" });
        await Owner.Post("/api/toolkits", new { owner = "org", name = "Helpdesk" }, 409);
        await Owner.Delete(path);
        await Owner.Delete(path, 404);
        await Owner.Get(path, 404);
        await Owner.Post(path + "/connections", new { pattern = "*" }, 404);
        var third = await Owner.Post("/api/toolkits", new { owner = "org", name = "Helpdesk" }, 201);
        await Owner.Delete("/api/toolkits/" + second["id"]);
        await Owner.Delete("/api/toolkits/" + third["id"]);
    }

    [Theory]
    [InlineData("""{"owner":"org","name":"a","slug":"Bad Slug"}""", "/slug", "invalid_slug")]
    [InlineData("""{"owner":"org","name":"a","slug":"-a"}""", "/slug", "invalid_slug")]
    [InlineData("""{"owner":"org","name":"a","slug":"a\n"}""", "/slug", "invalid_slug")]
    [InlineData("""{"owner":"org","name":"日本"}""", "/slug", "slug_needed")]
    [InlineData("""{"owner":"org","name":" "}""", "/name", "invalid_name")]
    [InlineData("""{"owner":"me","name":"a"}""", "/owner", "invalid_owner")]
    public async Task A_toolkit_that_is_not_acceptable_is_refused_with_its_pointer(string body, string pointer, string code)
    {
        var errors = (await Owner.Post("/api/toolkits", body, 422))["errors"]!.AsArray();
        errors.Select(error => ((string)error!["pointer"]!, (string)error["code"]!)).ShouldContain((pointer, code));
    }

    [Fact]
    public async Task Of_many_who_create_one_slug_at_once_exactly_one_wins()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => (i % 2 == 0 ? Owner : server.Ann).Send(
            HttpMethod.Post, "/api/toolkits", new { owner = i % 2 == 0 ? "org" : "user", name = "Race", slug = "race" }, 0)));
        answers.Count(answer => answer.Status == HttpStatusCode.Created).ShouldBe(1);
        foreach (var lost in answers.Where(answer => answer.Status != HttpStatusCode.Created))
        {
            lost.Status.ShouldBe(HttpStatusCode.Conflict);
            ((string)lost.Json["type"]!).ShouldBe("urn:toolgate:problem:toolkit-slug-taken");
            ((string)lost.Json["errors"]![0]!["pointer"]!).ShouldBe("/slug");
        }
    }

    [Fact]
    public async Task The_same_pattern_twice_is_one_grant()
    {
        var id = await ToolkitsServer.Toolkit(Owner, "org", "grants");
        var path = $"/api/toolkits/{id}/connections";
        var first = await Owner.Send(HttpMethod.Post, path, new { pattern = "shop.org.main.*" }, 201);
        var again = await Owner.Send(HttpMethod.Post, path, new { pattern = "shop.org.main.*" }, 200);
        again.Json.ToJsonString().ShouldBe(first.Json.ToJsonString());
        ((string)first.Json["id"]!).ShouldMatch(@"\Atkconn_[0-9a-z]{26}\z");
        await Owner.Post(path, new { pattern = "other.*" }, 201);
        (await Owner.Get(path))["items"]!.AsArray().Select(item => (string)item!["pattern"]!).ShouldBe(["shop.org.main.*", "other.*"]);
        (await Owner.Post(path, new { pattern = "a*" }, 422))["errors"]![0]!["code"]!.ToString().ShouldBe("invalid_pattern");
        var toolkit = await Owner.Get("/api/toolkits/" + id);
        ((int)toolkit["connectionCount"]!, (int)toolkit["toolCount"]!).ShouldBe((2, 4));
        await Owner.Delete($"{path}/{first.Json["id"]}");
        await Owner.Delete($"{path}/{first.Json["id"]}", 404);
        ((int)(await Owner.Get("/api/toolkits/" + id))["toolCount"]!).ShouldBe(0);
    }

    [Fact]
    public async Task Shared_toolkits_are_written_by_admins_and_personal_ones_seen_by_their_owner_alone()
    {
        var shared = await ToolkitsServer.Toolkit(Owner, "org", "roles-shared");
        var mine = await ToolkitsServer.Toolkit(server.Ann, "user", "roles-mine", "shop.*");
        foreach (var (method, path, body) in Writes(shared))
        {
            ((string)(await server.Ann.Send(method, path, body, 403)).Json["type"]!).ShouldBe("urn:toolgate:problem:admin-required");
        }

        await server.Ann.Post("/api/toolkits", new { owner = "org", name = "no" }, 403);
        await server.Ann.Get("/api/toolkits/" + shared);
        foreach (var other in new[] { Owner, server.Ben })
        {
            foreach (var (method, path, body) in Writes(mine).Append((HttpMethod.Get, "/api/toolkits/" + mine, null)).Append((HttpMethod.Get, $"/api/toolkits/{mine}/tools", null)))
            {
                // The same bytes as for a toolkit that never was, apart from the trace.
                var answer = await other.Send(method, path, body, 404);
                var nowhere = await other.Send(method, path.Replace(mine, "tk_00000000000000000000000000", StringComparison.Ordinal), body, 404);
                WithoutTrace(answer).ShouldBe(WithoutTrace(nowhere));
            }

            (await other.Get("/api/toolkits?limit=1000"))["items"]!.AsArray().Select(item => (string)item!["id"]!).ShouldNotContain(mine);
            await other.Get("/api/tools?toolkit=roles-mine", 404);
        }

        (await ToolkitsServer.Addresses(server.Ann, "/api/tools?toolkit=roles-mine")).Count.ShouldBe(8);
    }

    [Fact]
    public async Task Policies_of_a_toolkit_decide_in_their_order()
    {
        var id = await ToolkitsServer.Toolkit(Owner, "org", "rules", "shop.org.main.*");
        var path = $"/api/toolkits/{id}/policies";
        var broad = await Owner.Post(path, new { pattern = "shop.org.main.orders.*", action = "block" }, 201);
        ((string)broad["id"]!).ShouldMatch(@"\Atkpol_[0-9a-z]{26}\z");
        (await ToolkitsServer.Addresses(Owner, $"/api/toolkits/{id}/tools")).ShouldBe(["shop.org.main.items.create", "shop.org.main.items.list"], ignoreOrder: true);
        var narrow = await Owner.Post(path, new { pattern = "shop.org.main.orders.list", action = "require_approval", after = (string)broad["id"]! }, 201);
        (await ToolkitsServer.Addresses(Owner, "/api/tools?toolkit=rules")).Count.ShouldBe(2);
        await Owner.Patch($"{path}/{narrow["id"]}", new { before = (string)broad["id"]! });
        (await Owner.Get(path))["items"]!.AsArray().Select(item => (string)item!["id"]!).ShouldBe([(string)narrow["id"]!, (string)broad["id"]!]);
        var shown = (await Owner.Get($"/api/toolkits/{id}/tools?includeBlocked=true"))["items"]!.AsArray().ToDictionary(item => (string)item!["address"]!);
        var orders = shown["shop.org.main.orders.list"]!;
        ((string)orders["action"]!, (string)orders["source"]!, (string)orders["policyId"]!, (bool)orders["requiresApproval"]!)
            .ShouldBe(("require_approval", "toolkit", (string)narrow["id"]!, true));
        ((string)shown["shop.org.main.orders.delete"]!["action"]!).ShouldBe("block");
        ((string)shown["shop.org.main.items.create"]!["source"]!, (bool)shown["shop.org.main.items.create"]!["requiresApproval"]!).ShouldBe(("default", true));
        await Owner.Patch($"{path}/{broad["id"]}", new { pattern = "shop.*", action = "approve" });
        await Owner.Delete($"{path}/{narrow["id"]}");
        (await Owner.Get("/api/tools?toolkit=rules"))["items"]!.AsArray().ShouldAllBe(item => (string)item!["action"]! == "approve");
        (await Owner.Post(path, new { pattern = "a", action = "block", before = "tkpol_nobody" }, 422))["errors"]![0]!["pointer"]!.ToString().ShouldBe("/before");
        await Owner.Patch($"{path}/{narrow["id"]}", new { action = "block" }, 404);
    }

    [Fact]
    public async Task A_policy_of_a_toolkit_names_whose_yes_it_takes_and_an_enforced_rule_can_only_narrow_it()
    {
        const string Address = "shop.org.main.orders.list";
        var id = await ToolkitsServer.Toolkit(Owner, "org", "eyes", "shop.org.main.*");
        var path = $"/api/toolkits/{id}/policies";
        var policy = await Owner.Post(path, new { pattern = Address, action = "require_approval", approver = "console" }, 201);
        ((string)policy["approver"]!).ShouldBe("console");
        ((string)(await Owner.Post("/api/policies/resolve", new { address = Address, toolkit = "eyes" }, 200))["approver"]!).ShouldBe("console");

        var enforced = await Owner.Post("/api/policies", new { owner = "org", pattern = Address, action = "require_approval", approver = "other", enforced = true });
        ((string)(await Owner.Post("/api/policies/resolve", new { address = Address, toolkit = "eyes" }, 200))["approver"]!).ShouldBe("other");
        await Owner.Patch($"/api/policies/{enforced["id"]}", new { approver = "client" });
        ((string)(await Owner.Post("/api/policies/resolve", new { address = Address, toolkit = "eyes" }, 200))["approver"]!).ShouldBe("console");
        await Owner.Delete($"/api/policies/{enforced["id"]}");

        (await Owner.Patch($"{path}/{policy["id"]}", new { action = "approve" }))["approver"].ShouldBeNull();
        (await Owner.Patch($"{path}/{policy["id"]}", new { approver = "other" }, 422))["errors"]![0]!["pointer"]!.ToString().ShouldBe("/approver");
        (await Owner.Post(path, new { pattern = "a.*", action = "block", approver = "other" }, 422))["errors"]![0]!["code"]!.ToString().ShouldBe("approver_needs_approval");
    }

    [Fact]
    public async Task A_shared_toolkit_hides_personal_tools_and_says_why()
    {
        var id = await ToolkitsServer.Toolkit(Owner, "org", "hides", "*");
        foreach (var api in new[] { Owner, server.Ann, server.Ben })
        {
            (await ToolkitsServer.Addresses(api, $"/api/toolkits/{id}/tools")).ShouldBe(server.Shared);
            (await ToolkitsServer.Addresses(api, "/api/tools?toolkit=hides")).ShouldBe(server.Shared);
        }

        var seen = (await server.Ann.Get($"/api/toolkits/{id}/tools?includeBlocked=true"))["items"]!.AsArray();
        seen.Count.ShouldBe(8);
        seen.Where(item => ((string)item!["address"]!).StartsWith("shop.user.", StringComparison.Ordinal)).ShouldAllBe(item => (string)item!["source"]! == "personal_in_shared");
        (await ToolkitsServer.Addresses(server.Ben, $"/api/toolkits/{id}/tools?includeBlocked=true")).ShouldBe(server.Shared);
    }

    [Fact]
    public async Task Concurrent_moves_of_policies_leave_one_total_order()
    {
        var id = await ToolkitsServer.Toolkit(Owner, "org", "moves");
        var path = $"/api/toolkits/{id}/policies";
        var ids = new List<string>();
        for (var i = 0; i < 8; i++)
        {
            ids.Add((string)(await Owner.Post(path, new { pattern = "m.x" + i, action = "block" }))["id"]!);
        }

        var moves = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Owner.Send(
            HttpMethod.Patch, $"{path}/{ids[i * 3 % 8]}", new Dictionary<string, string> { [i % 2 == 0 ? "before" : "after"] = ids[((i * 3) + 1 + (i / 8)) % 8] }, 0)));
        moves.Count(move => move.Status == HttpStatusCode.OK).ShouldBe(moves.Count(move => move.Status != HttpStatusCode.UnprocessableEntity));
        moves.Count(move => move.Status == HttpStatusCode.OK).ShouldBeGreaterThan(40);
        var items = (await Owner.Get(path))["items"]!.AsArray();
        items.Select(item => (string)item!["id"]!).ShouldBe(ids, ignoreOrder: true);
        items.Select(item => (string)item!["position"]!).Distinct().Count().ShouldBe(8);
    }

    [Fact]
    public async Task Everything_survives_a_restart_and_replay_gives_it_again()
    {
        await ToolkitsServer.Toolkit(server.Ben, "user", "restart", "shop.*", "other.org.*");
        var before = (await server.Ben.Get("/api/toolkits"))["items"]!.ToJsonString();
        var tools = await ToolkitsServer.Addresses(server.Ben, "/api/tools?toolkit=restart");
        var report = await server.Server.Services.GetRequiredService<IReplay>().Run();
        report.Models.ShouldContain(model => model.Name == "toolkits");
        report.Equal.ShouldBeTrue(string.Join(", ", report.Models.Where(model => !model.Equal)));
        await server.Server.Restart();
        (await server.Ben.Get("/api/toolkits"))["items"]!.ToJsonString().ShouldBe(before);
        (await ToolkitsServer.Addresses(server.Ben, "/api/tools?toolkit=restart")).ShouldBe(tools);
        tools.ShouldBe(server.Shared);
        server.Server.Logs.Lines.ShouldNotContain(line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    private static IEnumerable<(HttpMethod Method, string Path, object? Body)> Writes(string id) =>
    [
        (HttpMethod.Patch, "/api/toolkits/" + id, new { name = "x" }),
        (HttpMethod.Delete, "/api/toolkits/" + id, null),
        (HttpMethod.Post, $"/api/toolkits/{id}/connections", new { pattern = "*" }),
        (HttpMethod.Delete, $"/api/toolkits/{id}/connections/tkconn_1", null),
        (HttpMethod.Post, $"/api/toolkits/{id}/policies", new { pattern = "*", action = "approve" }),
        (HttpMethod.Patch, $"/api/toolkits/{id}/policies/tkpol_1", new { action = "approve" }),
        (HttpMethod.Delete, $"/api/toolkits/{id}/policies/tkpol_1", null),
    ];

    private static string WithoutTrace(ApiAnswer answer)
    {
        var json = answer.Json.AsObject();
        json.Remove("traceId");
        return json.ToJsonString();
    }
}
