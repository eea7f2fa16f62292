using System.Collections.Immutable;
using Toolgate.Access;
using Toolgate.Connections;
using Toolgate.Policies;

namespace Toolgate.Toolkits.Tests;

/// <summary>Toolkits whose callers bring their own connections: one declaration, one view for each caller who has any.</summary>
public sealed class BringYourOwnViewsTests
{
    private const string Connect = "toolgate.connect.github";
    private readonly World world = new();
    private readonly World.Rules none = new([], [], ImmutableDictionary<string, ImmutableArray<PolicyRule>>.Empty);

    public BringYourOwnViewsTests() => Publish();

    [Fact]
    public void Each_caller_is_served_the_tools_of_their_own_connection_and_nobody_anothers()
    {
        Addresses("usr_a").ShouldBe(["github.user.main.issues.list", "github.user.main.secret.plan", "wiki.org.main.read"]);
        Addresses("usr_b").ShouldBe(["github.user.work.issues.create", "wiki.org.main.read"]);
        Addresses("usr_c").ShouldBe([Connect, "wiki.org.main.read"]);
        var a = Find("usr_a")!;
        a.Tools.ShouldAllBe(tool => tool.Tool.Owner.IsOrg || tool.Tool.Owner.Subject == "usr_a");
        a.Search("create").ShouldBeEmpty();
        Find("usr_b")!.Search("secret plan").ShouldBeEmpty();
    }

    [Fact]
    public void Connections_to_what_is_not_declared_stay_out_and_so_do_those_of_a_toolkit_that_declares_nothing()
    {
        Publish(more: [World.Tool("bank", Owner.User("usr_a"), "main", "pay")]);
        Addresses("usr_a").ShouldNotContain(address => address.StartsWith("bank", StringComparison.Ordinal));
        Find("usr_a", "plain")!.ShouldBeSameAs(Find("usr_c", "plain"));
        Find("usr_a", "plain")!.Tools.ShouldAllBe(tool => tool.Tool.Owner.IsOrg);
    }

    [Fact]
    public void A_shared_connection_of_the_integration_stays_ungranted()
    {
        Publish(more: [World.Tool("github", Owner.Org, "main", "issues.list")]);
        Addresses("usr_c").ShouldBe([Connect, "wiki.org.main.read"]);
    }

    [Fact]
    public void Those_without_connections_share_one_view_and_a_view_stays_the_same_while_others_connect()
    {
        Find("usr_c").ShouldBeSameAs(Find("usr_d"));
        var (before, shared) = (Find("usr_a"), Find("usr_c"));
        var catalog = world.Current.Get<ToolCatalog>();
        world.Publish(catalog);
        Find("usr_a").ShouldBeSameAs(before);
        Find("usr_c").ShouldBeSameAs(shared);
    }

    [Fact]
    public void The_tool_that_connects_gives_way_to_the_connection_and_comes_back_without_it()
    {
        var before = Find("usr_c")!;
        Publish(more: [World.Tool("github", Owner.User("usr_c"), "mine", "issues.list")]);
        var connected = Find("usr_c")!;
        connected.Tools.Select(tool => tool.Tool.Address).ShouldBe(["github.user.mine.issues.list", "wiki.org.main.read"]);
        connected.ListDigest.ShouldNotBe(before.ListDigest);
        connected.FindConnecting("connect_github").ShouldBe(Connect, "a call that waits meanwhile still knows its tool");
        Find("usr_d")!.ListDigest.ShouldBe(before.ListDigest);
        Publish();
        Find("usr_c")!.ListDigest.ShouldBe(before.ListDigest);
    }

    [Fact]
    public void A_connection_through_which_nothing_is_reachable_now_counts_as_one()
    {
        var catalog = World.Catalog(World.Tool("wiki", Owner.Org, "main", "read"));
        var server = new UpstreamOffer(new Upstream("github", Owner.User("usr_c"), "main"), null, default, [], [], []);
        world.Publish(new ToolCatalog(catalog.Org, [], [server]));
        Addresses("usr_c").ShouldBe(["wiki.org.main.read"]);
    }

    [Fact]
    public void Policies_and_enforced_rules_speak_about_brought_connections_as_about_any()
    {
        Publish(policies: [Rule("github.user.*.issues.*", PolicyAction.RequireApproval), Rule("github.*", PolicyAction.Block)]);
        Addresses("usr_a").ShouldBe(["github.user.main.issues.list", "wiki.org.main.read"]);
        Find("usr_a")!.Find("github.user.main.issues.list")!.Decision.Action.ShouldBe(PolicyAction.RequireApproval);
        Addresses("usr_c").ShouldContain(Connect, "some tools would be left");

        world.Publish(rules: none with { Enforced = [Rule("github.*", PolicyAction.Block)] });
        Addresses("usr_a").ShouldBe(["wiki.org.main.read"]);
        Addresses("usr_c").ShouldBe(["wiki.org.main.read"], "nobody is asked to connect what nobody may use");
    }

    [Fact]
    public void Nobody_is_asked_to_connect_to_an_integration_that_is_gone_and_callers_without_an_account_to_none()
    {
        world.Publish(World.Catalog(World.Tool("wiki", Owner.Org, "main", "read")));
        Addresses("usr_c").ShouldBe(["wiki.org.main.read"]);
        Publish();
        var anonymous = new Principal("anonymous", "Anonymous", Role.Member, Scopes.ToolsInvoke, "anonymous") { Kind = CredentialKind.Anonymous };
        world.Views.Find(new McpResource("desk"), anonymous)!.Tools.Select(tool => tool.Tool.Address).ShouldBe(["wiki.org.main.read"]);
        Addresses("usr_c").ShouldContain(Connect);
    }

    [Fact]
    public void No_tool_takes_the_name_of_the_tool_that_connects()
    {
        var sly = new Tool(World.Definition("sly", """{"type":"object"}""", upstreamName: "connect_github"), "wiki", Owner.Org, "main");
        Publish(more: [sly], names: ToolNaming.Upstream, overrides: [new ToolOverride("wiki.org.main.read") { Name = "connect_github" }]);
        foreach (var subject in (string[])["usr_a", "usr_c"])
        {
            var view = Find(subject)!;
            view.Tools.Single(tool => tool.Tool.Address == sly.Address).Name.ShouldBe(sly.McpName);
            view.Tools.Single(tool => tool.Tool.Address == "wiki.org.main.read").Name.ShouldBe("read");
            view.Tools.Select(tool => tool.Name).ShouldBeUnique();
        }

        Find("usr_c")!.ByName["connect_github"].Connects.ShouldBe("github");
    }

    [Fact]
    public void Names_of_the_source_are_kept_per_caller_and_give_way_where_two_of_the_callers_tools_share_one()
    {
        Publish(
            more: [new Tool(World.Definition("create", """{"type":"object"}""", upstreamName: "issues_create"), "wiki", Owner.Org, "main")], names: ToolNaming.Upstream);
        Find("usr_a")!.ByName.Keys.ShouldContain("issues_create");
        var b = Find("usr_b")!;
        b.ByName.Keys.ShouldNotContain("issues_create", "the caller's own tool is called so, too");
        b.ByName.Keys.ShouldContain("github_user_work_issues_create");
    }

    [Fact]
    public void An_override_of_one_callers_tool_shapes_only_tools_of_that_address()
    {
        Publish(
            more: [World.Tool("github", Owner.User("usr_b"), "main", "issues.list")],
            overrides: [new ToolOverride("github.user.main.secret.plan") { Description = "Only for those whose connection has it." }]);
        Find("usr_a")!.Find("github.user.main.secret.plan")!.Description.ShouldBe("Only for those whose connection has it.");
        Find("usr_b")!.Tools.ShouldAllBe(tool => tool.Shape == null);
    }

    [Fact]
    public void The_count_is_the_length_of_the_callers_list_and_the_instructions_say_what_is_missing()
    {
        var row = world.Current.Get<ToolkitBook>().ById["tk_1"];
        foreach (var subject in (string[])["usr_a", "usr_b", "usr_c", "usr_a"])
        {
            world.Views.CountTools(row, world.Current, World.User(subject)).ShouldBe(Find(subject)!.Tools.Length);
        }

        Find("usr_c")!.Instructions.ShouldContain("It holds 1 tool of: wiki (1).");
        Find("usr_c")!.Instructions.ShouldContain("at github: call connect_github");
        Find("usr_a")!.Instructions.ShouldNotContain("connect_github");
    }

    [Fact]
    public void Views_of_single_callers_go_with_the_declaration()
    {
        Find("usr_a").ShouldNotBeNull();
        Find("usr_b").ShouldNotBeNull();
        var cached = world.Views.Cached;
        world.Publish(book: ToolkitBook.Empty.With(World.Toolkit("tk_1", "desk", Owner.Org, ["wiki.*"])));
        world.Views.Refresh();
        world.Views.Cached.ShouldBeLessThan(cached);
        Find("usr_a").ShouldBeSameAs(Find("usr_b"));
        Find("usr_a")!.Tools.Length.ShouldBe(1);
    }

    [Fact]
    public void A_personal_toolkit_takes_no_notice_of_a_declaration()
    {
        world.Publish(book: ToolkitBook.Empty.With(World.Toolkit("tk_7", "own", Owner.User("usr_a"), ["wiki.*"], bringYourOwn: "github")));
        Find("usr_a", "own")!.Tools.Select(tool => tool.Tool.Address).ShouldBe(["wiki.org.main.read"]);
        Find("usr_b", "own").ShouldBeNull();
    }

    [Fact]
    public void Resources_of_a_brought_server_are_its_owners_alone()
    {
        var docs = new UpstreamOffer(
            new Upstream("github", Owner.User("usr_a"), "main"), null, """{"resources":{}}"""u8.ToArray(),
            [new OfferedItem("docs://mine", """{"uri":"docs://mine","name":"mine"}"""u8.ToArray())], [], []);
        world.Publish(new ToolCatalog([], [], [docs]));
        Find("usr_a")!.Offers.Resources.Keys.ShouldBe(["docs://mine"]);
        Find("usr_b")!.Offers.Resources.ShouldBeEmpty();
        Find("usr_a", "plain")!.Offers.Resources.ShouldBeEmpty();
    }

    private void Publish(
        IEnumerable<Tool>? more = null, IEnumerable<PolicyRule>? policies = null, ToolNaming names = ToolNaming.Address, IEnumerable<ToolOverride>? overrides = null)
        => world.Publish(
            World.Catalog([
                World.Tool("github", Owner.User("usr_a"), "main", "issues.list"), World.Tool("github", Owner.User("usr_a"), "main", "secret.plan"),
                World.Tool("github", Owner.User("usr_b"), "work", "issues.create"), World.Tool("wiki", Owner.Org, "main", "read"), .. more ?? []]),
            none,
            ToolkitBook.Empty
                .With(World.Toolkit("tk_1", "desk", Owner.Org, ["wiki.*"], policies, names: names, overrides: overrides, bringYourOwn: "github"))
                .With(World.Toolkit("tk_2", "plain", Owner.Org, ["*"])));

    private static PolicyRule Rule(string pattern, PolicyAction action)
        => new("pol_" + pattern.Length, Pattern.Parse(pattern), action, action == PolicyAction.Block ? "a1" : "a0");

    private IEnumerable<string> Addresses(string subject) => Find(subject)!.Tools.Select(tool => tool.Tool.Address);

    private ToolView? Find(string subject, string slug = "desk") => world.Views.Find(new McpResource(slug), World.User(subject));
}
