using static Toolgate.Audit.Tests.AuditServer;

namespace Toolgate.Audit.Tests;

public sealed class ToolkitHistoryTests(AuditServer audit) : IClassFixture<AuditServer>
{
    [Fact]
    public async Task the_history_of_a_shared_toolkit_is_found_by_its_id_and_by_its_slug()
    {
        var id = (await audit.Owner.Post("/api/toolkits", new { owner = "org", name = "Audited kit" }))["id"]!.GetValue<string>();
        await audit.Owner.Post($"/api/toolkits/{id}/connections", new { pattern = "github.org.main.*" });
        await audit.Owner.Patch($"/api/toolkits/{id}", new { name = "Renamed kit" });

        var byId = await audit.Auditor.Get("/api/audit/events?toolkit=" + id);
        var bySlug = await audit.Auditor.Get("/api/audit/events?toolkit=audited-kit");

        Items(byId).Select(e => e["type"]!.GetValue<string>()).ShouldBe(["toolkit_created", "connection_granted", "toolkit_renamed"]);
        bySlug.ToJsonString().ShouldBe(byId.ToJsonString());
    }

    [Fact]
    public async Task the_whole_history_of_a_personal_toolkit_is_withheld_from_everybody_else()
    {
        var created = await audit.Owner.Send(HttpMethod.Post, "/api/toolkits", new { owner = "user", name = "Diary kit" });
        var id = created.Json["id"]!.GetValue<string>();
        await audit.Owner.Post($"/api/toolkits/{id}/policies", new { pattern = "diary.user.main.*", action = "block" });

        var own = Items(await audit.Owner.Get("/api/audit/events?toolkit=" + id));
        var after = await audit.Auditor.Get($"/api/audit/events?after={created.Position - 1}&actor={audit.OwnerId}");

        own.Count.ShouldBe(2);
        Positions(after).ShouldBe(own.Select(Position));
        Items(after).ShouldAllBe(e => e["withheld"]!.GetValue<string>() == "personal" && e["data"] == null && e["stream"] == null);
        Positions(await audit.Auditor.Get("/api/audit/events?toolkit=" + id)).ShouldBeEmpty();
        var problem = await audit.Auditor.Get("/api/audit/events?toolkit=diary-kit", expect: 422);
        problem["errors"]![0]!["code"]!.GetValue<string>().ShouldBe("unknown_toolkit");
    }

    [Fact]
    public async Task a_personal_rule_is_withheld_and_a_shared_one_is_not()
    {
        var personal = await audit.Owner.Send(HttpMethod.Post, "/api/policies", new { owner = "user", pattern = "diary.user.*", action = "block" });
        var shared = await audit.Owner.Send(HttpMethod.Post, "/api/policies", new { owner = "org", pattern = "github.org.*", action = "block" });

        (await audit.Auditor.Get($"/api/audit/events/{personal.Position}"))["withheld"]!.GetValue<string>().ShouldBe("personal");
        (await audit.Auditor.Get($"/api/audit/events/{shared.Position}"))["data"]!["pattern"]!.GetValue<string>().ShouldBe("github.org.*");
    }
}
