using Toolgate.TestSupport;

namespace Toolgate.Toolkits.Tests;

/// <summary>History, difference and restoration over REST.</summary>
public sealed class RestoringApiTests(ToolkitsServer server) : IClassFixture<ToolkitsServer>
{
    private ApiClient Owner => server.Owner;

    [Fact]
    public async Task A_toolkit_is_made_what_it_was_and_back_again()
    {
        var id = await ToolkitsServer.Toolkit(Owner, "org", "undo-me", "shop.*");
        var block = await Owner.Send(HttpMethod.Post, $"/api/toolkits/{id}/policies", new { pattern = "shop.org.main.orders.*", action = "block" }, 201);
        var then = block.Position;
        var tools = (await Owner.Get($"/api/toolkits/{id}/tools")).ToJsonString();
        await Owner.Delete($"/api/toolkits/{id}/policies/{block.Json["id"]}");
        await Owner.Send(HttpMethod.Patch, "/api/toolkits/" + id, new { name = "Changed", slug = "undo-you", surface = "search" }, 200);
        var changed = await Owner.Send(HttpMethod.Post, $"/api/toolkits/{id}/connections", new { pattern = "other.*" }, 201);

        var diff = await Owner.Get($"/api/toolkits/{id}/diff?from={then}");
        diff["settings"]!.AsArray().Select(item => (string)item!["member"]!).ShouldBe(["name", "slug", "surface"]);
        ((string)diff["connections"]!["added"]![0]!, (string)diff["policiesRemoved"]![0]!["pattern"]!, diff["policiesAdded"]!.AsArray().Count).ShouldBe(("other.*", "shop.org.main.orders.*", 0));

        await server.Ben.Send(HttpMethod.Post, $"/api/toolkits/{id}/restore", new { position = then }, 403);
        await Owner.Send(HttpMethod.Post, $"/api/toolkits/{id}/restore", new { position = then }, 412, ("If-Match", block.ETag!));
        var restored = await Owner.Send(HttpMethod.Post, $"/api/toolkits/{id}/restore", new { position = then }, 200);
        ((string)restored.Json["slug"]!, (string)restored.Json["surface"]!, (int)restored.Json["policyCount"]!, (int)restored.Json["connectionCount"]!).ShouldBe(("undo-me", "direct", 1, 1));
        (await Owner.Get($"/api/toolkits/{id}/tools")).ToJsonString().ShouldBe(tools);
        ((string)(await Owner.Get($"/api/toolkits/{id}/policies"))["items"]![0]!["id"]!).ShouldBe((string)block.Json["id"]!);
        (await Owner.Get($"/api/toolkits/{id}/diff?from={then}"))["settings"]!.AsArray().ShouldBeEmpty();

        var again = await Owner.Send(HttpMethod.Post, $"/api/toolkits/{id}/restore", new { position = then }, 200);
        again.ETag.ShouldBe(restored.ETag, "nothing to do");
        var back = await Owner.Send(HttpMethod.Post, $"/api/toolkits/{id}/restore", new { position = changed.Position }, 200);
        ((string)back.Json["slug"]!, (int)back.Json["policyCount"]!, (int)back.Json["connectionCount"]!).ShouldBe(("undo-you", 0, 2));

        var history = (await Owner.Get($"/api/toolkits/{id}/history"))["items"]!.AsArray();
        ((string)history[^1]!["type"]!, (long)history[^1]!["version"]!).ShouldBe(("toolkit_created", 1));
        history.Select(item => (long)item!["position"]!).ShouldBe(history.Select(item => (long)item!["position"]!).OrderDescending());
        history.ShouldAllBe(item => (string?)item!["actor"] != null);
        var page = await Owner.Get($"/api/toolkits/{id}/history?limit=2");
        (await Owner.Get($"/api/toolkits/{id}/history?limit=2&cursor={page["nextCursor"]}"))["items"]![0]!["version"]!.ToString().ShouldBe(history[2]!["version"]!.ToString());
    }

    [Fact]
    public async Task A_slug_that_was_taken_meanwhile_refuses_the_whole_restoration()
    {
        var id = await ToolkitsServer.Toolkit(Owner, "org", "contested", "shop.*");
        var then = (await Owner.Send(HttpMethod.Post, $"/api/toolkits/{id}/policies", new { pattern = "a.*", action = "block" }, 201)).Position;
        await Owner.Send(HttpMethod.Patch, "/api/toolkits/" + id, new { name = "Moved", slug = "moved" }, 200);
        await ToolkitsServer.Toolkit(Owner, "org", "contested", "shop.*");
        var refused = await Owner.Send(HttpMethod.Post, $"/api/toolkits/{id}/restore", new { position = then }, 409);
        ((string)refused.Json["type"]!).ShouldEndWith("toolkit-slug-taken");
        ((string)(await Owner.Get("/api/toolkits/" + id))["name"]!).ShouldBe("Moved");
    }

    [Fact]
    public async Task The_past_of_a_toolkit_is_nobodys_who_does_not_see_it_and_begins_with_it()
    {
        var own = await ToolkitsServer.Toolkit(server.Ann, "user", "anns-past", "shop.*");
        foreach (var path in (string[])["history", "diff"])
        {
            await Owner.Get($"/api/toolkits/{own}/{path}", 404);
        }

        await Owner.Send(HttpMethod.Post, $"/api/toolkits/{own}/restore", new { position = 1 }, 404);
        var early = await server.Ann.Send(HttpMethod.Post, $"/api/toolkits/{own}/restore", new { position = 1 }, 422);
        ((string)early.Json["type"]!).ShouldEndWith("toolkit-not-there");
        await server.Ann.Send(HttpMethod.Post, $"/api/toolkits/{own}/restore", new { }, 422);
        await server.Ann.Get($"/api/toolkits/{own}/diff?from=1", 422);
    }
}
