using Toolgate.EventStore;

namespace Toolgate.Connections.Tests.Plugins;

/// <summary>The life of a plugin, decision by decision.</summary>
public sealed class PluginDecisionTests
{
    private static readonly PluginManifest First = Manifests.Valid();

    /// <summary>One tool changed, one as it was, one new, under another version.</summary>
    private static readonly PluginManifest Second = Manifests.Valid(Manifests.With(manifest =>
    {
        manifest.Set("/version", "\"2.0.0\"");
        manifest.Set("/mcpTools/0/description", "\"Creates an event, and more.\"");
        manifest.Set("/mcpTools/-", """{ "name": "new_tool", "description": "New.", "route": "events/list", "inputSchema": { "type": "object" } }""");
    }));

    [Fact]
    public void Publishing_registers_and_lists_nothing()
    {
        var state = Published();
        (state.Kind, state.Slug, state.Name, state.ToolCount).ShouldBe(("plugin", "calendar-sync", "Calendar", 0));
        state.Plugin!.Up.ShouldBeEmpty();
        state.Plugin.MayCall("create_event", state.Plugin.Tool("create_event")!.Digest).ShouldBeFalse();
    }

    [Fact]
    public void The_documents_go_beside_the_event_and_not_into_it()
    {
        var accepted = PublishingPlugin.Decide(First, isVersion: false, null).ShouldBeOfType<Decision.Accepted>();
        accepted.Alongside.Count.ShouldBe(3);
        System.Text.Json.JsonSerializer.Serialize(accepted.Events[0], accepted.Events[0].GetType()).ShouldNotContain("What it is called.");
    }

    [Fact]
    public void The_first_enabling_approves_and_lists_what_is_there()
    {
        var state = Enabled(Published());
        state.Plugin!.Up.Select(tool => tool.Name).ShouldBe(["create_event", "list_events"]);
        state.ToolCount.ShouldBe(2);
        state.Plugin.MayCall("create_event", state.Plugin.Tool("create_event")!.Digest).ShouldBeTrue();
        state.Plugin.MayCall("create_event", state.Plugin.Tool("list_events")!.Digest).ShouldBeFalse();
        state.Plugin.MayCall("constructor", state.Plugin.Tool("create_event")!.Digest).ShouldBeFalse();
    }

    [Fact]
    public void Enabling_what_was_published_twice_before_approves_the_version_in_force()
        => Enabled(After(Published(), PublishingPlugin.Decide(Second, isVersion: true, Published()))).Plugin!.Up.Length.ShouldBe(3);

    [Fact]
    public void A_version_holds_back_what_is_new_or_changed_and_leaves_the_rest_up()
    {
        var decision = PublishingPlugin.Decide(Second, isVersion: true, Enabled(Published())).ShouldBeOfType<Decision.Accepted>();
        var changes = decision.Events.ShouldHaveSingleItem().ShouldBeOfType<PluginVersionPublished>().Changes;
        (Names(changes.Added), Names(changes.Changed), Names(changes.Removed)).ShouldBe(("new_tool", "create_event", ""));
        var state = After(Enabled(Published()), decision);
        state.Plugin!.Up.Select(tool => tool.Name).ShouldBe(["list_events"]);
        state.Plugin.Version.ShouldBe("2.0.0");
        state.Plugin.Versions.Select(version => version.Version).ShouldBe(["1.4.0", "2.0.0"]);
    }

    [Fact]
    public void Enabling_again_approves_nothing()
    {
        var state = After(Enabled(Published()), PublishingPlugin.Decide(Second, isVersion: true, Enabled(Published())));
        state = After(state, EnablingPlugin.DecideDisable(state.Slug, state));
        state.Plugin!.Up.ShouldBeEmpty();
        Enabled(state).Plugin!.Up.Select(tool => tool.Name).ShouldBe(["list_events"]);
    }

    [Fact]
    public void Approving_by_digest_puts_a_tool_up_and_another_digest_does_not()
    {
        var state = After(Enabled(Published()), PublishingPlugin.Decide(Second, isVersion: true, Enabled(Published())));
        var tool = state.Plugin!.Tool("create_event")!;
        ApprovingPluginTools.Decide(state.Slug, tool.Name, tool.Approved!, state).ShouldBeOfType<Decision.Rejected>().Rejection.Code.ShouldBe("digest_mismatch");
        var approved = After(state, ApprovingPluginTools.Decide(state.Slug, tool.Name, tool.Digest, state));
        approved.Plugin!.Up.Select(up => up.Name).ShouldBe(["create_event", "list_events"]);
        ApprovingPluginTools.Decide(state.Slug, tool.Name, tool.Digest, approved).ShouldBeOfType<Decision.Unchanged>();
        Code(ApprovingPluginTools.Decide(state.Slug, "constructor", tool.Digest, state)).ShouldBe("tool_not_found");
        Code(ApprovingPluginTools.Decide(state.Slug, tool.Name, tool.Digest, null)).ShouldBe("plugin_not_found");
    }

    [Fact]
    public void What_goes_back_to_the_approved_definition_is_up_again()
    {
        var state = After(Enabled(Published()), PublishingPlugin.Decide(Second, isVersion: true, Enabled(Published())));
        var third = Manifests.Valid(Manifests.With(manifest => manifest.Set("/version", "\"3.0.0\"")));
        After(state, PublishingPlugin.Decide(third, isVersion: true, state)).Plugin!.Up.Length.ShouldBe(2);
    }

    [Fact]
    public void What_was_taken_away_and_comes_back_waits_for_approval()
    {
        var without = Manifests.Valid(Manifests.With(manifest =>
        {
            manifest.Set("/version", "\"2.0.0\"");
            manifest["mcpTools"]!.AsArray().RemoveAt(0);
        }));
        var state = After(Enabled(Published()), PublishingPlugin.Decide(without, isVersion: true, Enabled(Published())));
        var back = Manifests.Valid(Manifests.With(manifest => manifest.Set("/version", "\"3.0.0\"")));
        After(state, PublishingPlugin.Decide(back, isVersion: true, state)).Plugin!.Up.Select(tool => tool.Name).ShouldBe(["list_events"]);
    }

    [Fact]
    public void The_same_version_is_published_once()
    {
        var state = Published();
        PublishingPlugin.Decide(First, isVersion: false, state).ShouldBeOfType<Decision.Unchanged>();
        PublishingPlugin.Decide(First, isVersion: true, state).ShouldBeOfType<Decision.Unchanged>();
        var other = Manifests.Valid(Manifests.With(manifest => manifest.Set("/displayName", "\"Other\"")));
        Code(PublishingPlugin.Decide(other, isVersion: false, state)).ShouldBe("version_exists");
        Code(PublishingPlugin.Decide(other, isVersion: true, state)).ShouldBe("version_exists");
        Code(PublishingPlugin.Decide(Second, isVersion: false, state)).ShouldBe("plugin_exists");
        Code(PublishingPlugin.Decide(Second, isVersion: true, null)).ShouldBe("plugin_not_found");

        // An earlier version that comes again changes nothing: it does not come back into force.
        var later = After(state, PublishingPlugin.Decide(Second, isVersion: true, state));
        PublishingPlugin.Decide(First, isVersion: true, later).ShouldBeOfType<Decision.Unchanged>();
    }

    [Fact]
    public void An_id_that_another_kind_of_integration_holds_is_taken()
    {
        var holder = Integration.Evolve(null, new OpenApiIntegrationImported("calendar-sync", "N", "", null, "d", "c", null, [], [], 0))!;
        var rejection = PublishingPlugin.Decide(First, isVersion: false, holder).ShouldBeOfType<Decision.Rejected>().Rejection;
        (rejection.Code, rejection.Kind, rejection.Pointer).ShouldBe(("integration_exists", RejectionKind.Conflict, "/id"));
        rejection.Detail.ShouldContain("openapi");
        Code(EnablingPlugin.DecideEnable("calendar-sync", holder)).ShouldBe("plugin_not_found");
    }

    [Fact]
    public void Enabling_and_disabling_twice_is_once()
    {
        var state = Enabled(Published());
        EnablingPlugin.DecideEnable(state.Slug, state).ShouldBeOfType<Decision.Unchanged>();
        var disabled = After(state, EnablingPlugin.DecideDisable(state.Slug, state));
        EnablingPlugin.DecideDisable(state.Slug, disabled).ShouldBeOfType<Decision.Unchanged>();
    }

    [Fact]
    public void Without_the_capability_nothing_is_up_whatever_else_the_state_says()
    {
        var state = Enabled(Published());
        var without = state.Plugin! with { Capabilities = [] };
        without.Up.ShouldBeEmpty();
        without.MayCall("create_event", without.Tool("create_event")!.Digest).ShouldBeFalse();
    }

    [Fact]
    public void After_the_removal_nothing_is_left() => Integration.Evolve(Enabled(Published()), new IntegrationRemoved("calendar-sync")).ShouldBeNull();

    [Fact]
    public void A_roster_is_read_back_from_its_key_and_a_digest_is_none()
    {
        var state = Enabled(Published());
        var roster = PluginRoster.Parse(state.CatalogDigest).ShouldNotBeNull();
        (roster.Plugin, roster.Key).ShouldBe(("calendar-sync", state.CatalogDigest));
        roster.Tools.Select(tool => (tool.Name, tool.Digest, tool.Content)).ShouldBe(state.Plugin!.Up.Select(tool => (tool.Name, tool.Digest, tool.Content)));
        PluginRoster.Parse(Published().CatalogDigest)!.Tools.ShouldBeEmpty();
        PluginRoster.Parse(new string('a', 64)).ShouldBeNull();
    }

    [Fact]
    public void The_difference_says_what_changed_and_what_reaches_further()
    {
        var to = Manifests.Valid(Manifests.With(manifest =>
        {
            manifest.Set("/version", "\"2.0.0\"");
            manifest.Set("/service/allowedHosts/-", "\"more.example.com\"");
            manifest.Set("/mcpTools/0/destructive", "true");
            manifest.Set("/mcpTools/1/name", "\"find_events\"");
        }));
        var difference = PluginDifference.Between(First, to);
        (difference.From, difference.To).ShouldBe(("1.4.0", "2.0.0"));
        difference.Added.ShouldBe(["find_events"]);
        difference.Removed.ShouldBe(["list_events"]);
        var changed = difference.Changed.ShouldHaveSingleItem();
        changed.Name.ShouldBe("create_event");
        changed.Members.Select(member => (member.Member, member.Before.GetRawText(), member.After.GetRawText())).ShouldBe(
        [
            ("allowedHosts", """["calendar.example.com","files.example.com"]""", """["calendar.example.com","files.example.com","more.example.com"]"""),
            ("destructive", "false", "true"),
        ]);
        difference.Escalations.Select(escalation => (escalation.Tool, escalation.Code)).ShouldBe([("create_event", "host_added"), ("create_event", "becomes_destructive")]);
        PluginDifference.Between(First, First).Changed.ShouldBeEmpty();
    }

    private static Integration Published() => After(null, PublishingPlugin.Decide(First, isVersion: false, null));

    private static Integration Enabled(Integration state) => After(state, EnablingPlugin.DecideEnable(state.Slug, state));

    private static Integration After(Integration? state, Decision decision)
        => decision.ShouldBeOfType<Decision.Accepted>().Events.Aggregate(state, Integration.Evolve).ShouldNotBeNull();

    private static string Code(Decision decision) => decision.ShouldBeOfType<Decision.Rejected>().Rejection.Code;

    private static string Names(IEnumerable<ToolVersion> tools) => string.Join(',', tools.Select(tool => tool.Name));
}
