using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Toolgate.Access;
using Toolgate.EventStore;
using Toolgate.TestSupport;

namespace Toolgate.Toolkits.Tests;

/// <summary>Reading tools, time travel and explanations, on a server whose workspace rules nobody else touches.</summary>
public sealed class ToolsApiTests(ToolkitsServer server) : IClassFixture<ToolkitsServer>
{
    private const string Delete = "shop.org.main.orders.delete";

    private ApiClient Owner => server.Owner;

    [Fact]
    public async Task Tools_are_those_that_the_caller_may_call()
    {
        (await ToolkitsServer.Addresses(server.Ben, "/api/tools")).ShouldBe(server.Shared);
        (await ToolkitsServer.Addresses(server.Ann, "/api/tools")).Count.ShouldBe(8);
        (await ToolkitsServer.Addresses(server.Ann, "/api/tools?owner=user&connection=mine&kind=openapi")).Count.ShouldBe(4);
        (await ToolkitsServer.Addresses(server.Ann, "/api/tools?kind=graphql")).ShouldBeEmpty();
        var page = await server.Ann.Get("/api/tools?limit=5");
        (await ToolkitsServer.Addresses(server.Ann, "/api/tools?limit=5&cursor=" + page["nextCursor"])).Count.ShouldBe(3);
        await server.Ben.Get("/api/tools?toolkit=nowhere", 404);
    }

    [Fact]
    public async Task A_query_ranks_names_above_descriptions_and_what_matches_more_of_it_first()
    {
        var found = await ToolkitsServer.Addresses(server.Ben, "/api/tools?query=items");
        found.Count.ShouldBe(3, "two tools of the group items, and one that speaks of items");
        found[2].ShouldStartWith("shop.org.main.orders.");
        (await ToolkitsServer.Addresses(server.Ben, "/api/tools?query=delete%20ORDER"))[0].ShouldBe(Delete);
        (await ToolkitsServer.Addresses(server.Ben, "/api/tools?query=nobody%20sells%20zeppelins")).Count.ShouldBe(1, "one tool speaks of selling");
        (await ToolkitsServer.Addresses(server.Ben, "/api/tools?query=zeppelins")).ShouldBeEmpty();
        var first = await server.Ben.Get("/api/tools?query=items&limit=2");
        (await ToolkitsServer.Addresses(server.Ben, "/api/tools?query=items&limit=2&cursor=" + first["nextCursor"])).ShouldBe(found[2..]);
    }

    [Fact]
    public async Task One_tool_has_its_schemas_and_one_that_is_hidden_is_as_one_that_is_not()
    {
        var tool = await server.Ben.Get("/api/tools/" + Delete);
        ((string)tool["address"]!, (string)tool["kind"]!, (bool)tool["requiresApproval"]!, (string)tool["source"]!).ShouldBe((Delete, "openapi", true, "default"));
        ((string)tool["inputSchema"]!["type"]!).ShouldBe("object");
        await ToolkitsServer.Toolkit(Owner, "org", "one", "shop.org.main.items.*");
        var hidden = await server.Ben.Send(HttpMethod.Get, $"/api/tools/{Delete}?toolkit=one", expect: 404);
        var missing = await server.Ben.Send(HttpMethod.Get, "/api/tools/shop.org.main.orders.nothing?toolkit=one", expect: 404);
        hidden.Text[..hidden.Text.IndexOf("traceId", StringComparison.Ordinal)].ShouldBe(missing.Text[..missing.Text.IndexOf("traceId", StringComparison.Ordinal)]);
        await server.Ben.Get("/api/tools/shop.user.mine.items.list", 404);
    }

    [Fact]
    public async Task Enforced_rules_hold_in_toolkits_ordinary_ones_do_not_and_both_are_explained()
    {
        var toolkit = await ToolkitsServer.Toolkit(Owner, "org", "explained", "shop.*");
        var ordinary = await Owner.Post("/api/policies", new { owner = "org", pattern = "shop.org.main.orders.*", action = "block" });
        (await ToolkitsServer.Addresses(server.Ben, "/api/tools")).Count.ShouldBe(2);
        (await ToolkitsServer.Addresses(server.Ben, "/api/tools?toolkit=explained")).Count.ShouldBe(4);
        (await Resolve(server.Ben, new { address = Delete })).ShouldBe(("block", "org", (string)ordinary["id"]!));
        (await Resolve(server.Ben, new { address = Delete, toolkit = "explained" })).ShouldBe(("require_approval", "default", null));

        var enforced = await Owner.Send(HttpMethod.Post, "/api/policies", new { owner = "org", pattern = "shop.*.*.orders.delete", action = "block", enforced = true }, 201);
        (await ToolkitsServer.Addresses(server.Ben, "/api/tools?toolkit=explained")).ShouldNotContain(Delete);
        (await Resolve(server.Ben, new { address = Delete, toolkit })).ShouldBe(("block", "enforced", (string)enforced.Json["id"]!));
        var mine = await ToolkitsServer.Toolkit(server.Ann, "user", "evasion", "*");
        await server.Ann.Post($"/api/toolkits/{mine}/policies", new { pattern = "*", action = "approve" });
        (await ToolkitsServer.Addresses(server.Ann, "/api/tools?toolkit=evasion")).ShouldNotContain(Delete);

        // And what was true before is still known.
        var before = enforced.Position - 1;
        (await Resolve(server.Ben, new { address = Delete, toolkit, at = before.ToString(System.Globalization.CultureInfo.InvariantCulture) })).ShouldBe(("require_approval", "default", null));
        (await ToolkitsServer.Addresses(server.Ben, $"/api/toolkits/{toolkit}/tools?at={before}")).ShouldContain(Delete);
        (await ToolkitsServer.Addresses(server.Ben, $"/api/toolkits/{toolkit}/tools?at={enforced.Position}")).ShouldNotContain(Delete);
        var created = DateTimeOffset.Parse((string)(await Owner.Get("/api/toolkits/" + toolkit))["createdAt"]!, System.Globalization.CultureInfo.InvariantCulture);
        await server.Ben.Get($"/api/toolkits/{toolkit}/tools?at={Uri.EscapeDataString(created.AddSeconds(-1).ToString("O"))}", 404);
        (await ToolkitsServer.Addresses(server.Ben, $"/api/toolkits/{toolkit}/tools?at={Uri.EscapeDataString(created.ToString("O"))}")).ShouldBeEmpty();
        await Owner.Delete("/api/policies/" + enforced.Json["id"]);
        await Owner.Delete("/api/policies/" + ordinary["id"]);
    }

    [Fact]
    public async Task Explanations_keep_other_peoples_things_to_themselves()
    {
        const string mine = "shop.user.mine.items.list";
        (await Resolve(server.Ann, new { address = mine })).ShouldBe(("approve", "default", null));
        (await Resolve(server.Ben, new { address = mine })).ShouldBe(("block", "unknown", null));
        (await Resolve(Owner, new { address = mine, principal = server.AnnId })).ShouldBe(("block", "unknown", null));
        (await Resolve(server.Ann, new { address = "shop.org.main.nothing" })).ShouldBe(("block", "unknown", null));
        await server.Ben.Post("/api/policies/resolve", new { address = mine, principal = server.AnnId }, 403);
        var rule = await server.Ann.Post("/api/policies", new { owner = "user", pattern = "shop.org.main.items.list", action = "block" });
        (await Resolve(server.Ann, new { address = "shop.org.main.items.list" })).ShouldBe(("block", "user", (string)rule["id"]!));
        (await Resolve(Owner, new { address = "shop.org.main.items.list", principal = server.AnnId })).ShouldBe(("block", "user", null));
        await ToolkitsServer.Toolkit(Owner, "org", "shared-kit", "shop.org.main.items.*");
        (await Resolve(server.Ann, new { address = mine, toolkit = "shared-kit" })).ShouldBe(("block", "personal_in_shared", null));
        (await Resolve(server.Ann, new { address = Delete, toolkit = "shared-kit" })).ShouldBe(("block", "not_granted", null));
        await ToolkitsServer.Toolkit(server.Ann, "user", "anns-kit", "*");
        await Owner.Post("/api/policies/resolve", new { address = mine, toolkit = "anns-kit" }, 404);
        await Owner.Post("/api/policies/resolve", new { address = mine, toolkit = "anns-kit", principal = server.AnnId }, 404);
        await server.Ann.Delete("/api/policies/" + rule["id"]);
    }

    [Theory]
    [InlineData("yesterday")]
    [InlineData("999999999")]
    [InlineData("-1")]
    public async Task A_moment_that_is_none_is_refused(string at)
    {
        (await Owner.Post("/api/policies/resolve", new { address = Delete, at }, 422))["errors"]![0]!["pointer"]!.ToString().ShouldBe("/at");
        var toolkit = await ToolkitsServer.Toolkit(Owner, "org", "moment-" + Math.Abs(at.GetHashCode(StringComparison.Ordinal)));
        (await Owner.Get($"/api/toolkits/{toolkit}/tools?at={at}", 422))["errors"]![0]!["code"]!.ToString().ShouldBe("invalid_at");
    }

    [Fact]
    public async Task A_change_is_in_the_next_view_and_is_told()
    {
        var id = await ToolkitsServer.Toolkit(Owner, "org", "live", "shop.org.main.*");
        var views = server.Server.Services.GetRequiredService<IToolViews>();
        var nobody = new Principal("usr_nobody", "Nobody", Role.Member, Scopes.ToolsInvoke, "key_nobody");
        var before = views.Find(new McpResource("live"), nobody)!;
        before.Tools.Length.ShouldBe(4);
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Tell() => told.TrySetResult();
        views.Changed += Tell;
        var write = await Owner.Send(HttpMethod.Post, $"/api/toolkits/{id}/policies", new { pattern = "shop.*.*.orders.*", action = "block" }, 201);
        var after = views.Find(new McpResource("live"), nobody)!;
        after.Tools.Length.ShouldBe(2);
        after.Position.ShouldBeGreaterThanOrEqualTo(write.Position);
        after.ListDigest.ShouldNotBe(before.ListDigest);
        await told.Task.WaitAsync(TimeSpan.FromSeconds(20));
        views.Changed -= Tell;
        JsonNode.Parse(after.ToolsJson.Span)!.AsArray().Count(tool => (string)tool!["name"]! != ApprovalTool.Name).ShouldBe(2);
        server.Server.Services.GetRequiredService<IReadModels>().Current.Position.ShouldBeGreaterThanOrEqualTo(after.Position);
    }

    private static async Task<(string Action, string Source, string? Rule)> Resolve(ApiClient api, object query)
    {
        var answer = await api.Post("/api/policies/resolve", query, 200);
        ((bool)answer["requiresApproval"]!).ShouldBe((string)answer["action"]! == "require_approval");
        ((long)answer["position"]!).ShouldBeGreaterThan(0);
        return ((string)answer["action"]!, (string)answer["source"]!, (string?)answer["ruleId"]);
    }
}
