using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Toolgate.Access;
using Toolgate.Policies;

namespace Toolgate.Toolkits.Tests;

public sealed class ToolViewsTests
{
    private readonly World world = new();
    private readonly World.Rules none = new([], [], ImmutableDictionary<string, ImmutableArray<PolicyRule>>.Empty);

    public ToolViewsTests()
        => world.Publish(
            World.Catalog(
                World.Tool("github", Owner.Org, "main", "issues.list"),
                World.Tool("github", Owner.Org, "main", "issues.create", asks: true),
                World.Tool("github", Owner.User("usr_a"), "main", "issues.list")),
            book: ToolkitBook.Empty
                .With(World.Toolkit("tk_1", "support", Owner.Org, ["github.*"]))
                .With(World.Toolkit("tk_2", "private", Owner.User("usr_a"), ["github.*"])));

    [Fact]
    public void A_shared_toolkit_is_one_view_for_everybody_and_holds_nothing_personal()
    {
        var view = Find("support", "usr_a");
        view.ShouldBeSameAs(Find("support", "usr_b"));
        view!.Tools.ShouldAllBe(tool => tool.Tool.Owner.IsOrg);
        view.ToolkitId.ShouldBe("tk_1");
    }

    [Fact]
    public void A_personal_toolkit_exists_for_its_owner_alone()
    {
        Find("private", "usr_a")!.Tools.Length.ShouldBe(3);
        Find("private", "usr_b").ShouldBeNull();
        world.Views.Find(new McpResource("private"), World.User("usr_b", Role.Owner)).ShouldBeNull();
    }

    [Fact]
    public void Principals_without_anything_of_their_own_share_the_default_view()
    {
        Find(null, "usr_b").ShouldBeSameAs(Find(null, "usr_c"));
        Find(null, "usr_a").ShouldNotBeSameAs(Find(null, "usr_b"));
        world.Publish(rules: none with { Users = none.Users.Add("usr_c", [new PolicyRule("pol_1", Pattern.Parse("github.*"), PolicyAction.Block, "a0")]) });
        Find(null, "usr_c")!.Tools.ShouldBeEmpty();
        Find(null, "usr_b")!.Tools.Length.ShouldBe(2);
    }

    [Fact]
    public void A_view_is_the_same_reference_until_one_of_its_inputs_changes()
    {
        var before = Find("support", "usr_a");
        world.Publish();
        Find("support", "usr_a").ShouldBeSameAs(before);
        // Ordinary rules are no input of a toolkit.
        world.Publish(rules: none with { Org = [new PolicyRule("pol_1", Pattern.Parse("*"), PolicyAction.Block, "a0")] });
        Find("support", "usr_a").ShouldBeSameAs(before);
        world.Publish(rules: none with { Enforced = [new PolicyRule("pol_1", Pattern.Parse("*"), PolicyAction.Block, "a0")] });
        Find("support", "usr_a")!.Tools.ShouldBeEmpty();
        Find("support", "usr_a")!.ListDigest.ShouldNotBe(before!.ListDigest);
    }

    [Fact]
    public void A_deleted_or_renamed_toolkit_is_gone_and_a_new_one_of_its_slug_is_another_view()
    {
        var before = Find("support", "usr_a");
        world.Publish(book: world.Current.Get<ToolkitBook>().Without("tk_1"));
        Find("support", "usr_a").ShouldBeNull();
        world.Publish(book: world.Current.Get<ToolkitBook>().With(World.Toolkit("tk_9", "support", Owner.Org, ["github.org.main.issues.list"])));
        var after = Find("support", "usr_a")!;
        after.ToolkitId.ShouldBe("tk_9");
        after.Tools.Length.ShouldBe(1);
        world.Publish(book: world.Current.Get<ToolkitBook>().With(World.Toolkit("tk_9", "renamed", Owner.Org, ["github.org.main.issues.list"])));
        Find("support", "usr_a").ShouldBeNull();
        Find("renamed", "usr_a")!.ToolkitId.ShouldBe("tk_9");
        before!.Tools.Length.ShouldBe(2);
    }

    [Fact]
    public void The_cache_keeps_to_its_bound()
    {
        var small = new World { Views = new ToolViews(world, world, world, new ViewCompiler(NullLogger<ViewCompiler>.Instance), TimeProvider.System, NullLogger<ToolViews>.Instance) { MostViews = 3 } };
        var book = Enumerable.Range(10, 10).Aggregate(world.Current.Get<ToolkitBook>(), (b, i) => b.With(World.Toolkit("tk_" + i, "kit-" + i, Owner.Org, ["github.*"])));
        world.Publish(book: book);
        foreach (var i in Enumerable.Range(10, 10))
        {
            small.Views.Find(new McpResource("kit-" + i), World.User("usr_a")).ShouldNotBeNull();
            small.Views.Cached.ShouldBeLessThanOrEqualTo(3);
        }

        var last = small.Views.Find(new McpResource("kit-19"), World.User("usr_a"));
        small.Views.Find(new McpResource("kit-19"), World.User("usr_a")).ShouldBeSameAs(last);
    }

    [Fact]
    public async Task Callers_who_come_at_once_get_one_compiled_view()
    {
        world.Publish(book: world.Current.Get<ToolkitBook>().With(World.Toolkit("tk_5", "rush", Owner.Org, ["github.*"])));
        using var gate = new Barrier(8);
        var views = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            gate.SignalAndWait();
            return Find("rush", "usr_a");
        })));
        views.Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task After_a_change_views_in_use_are_compiled_anew_and_the_change_is_told()
    {
        using var refresher = new ViewRefresher(world, world.Views, NullLogger<ViewRefresher>.Instance);
        await refresher.StartAsync(default);
        Find("support", "usr_a")!.Tools.Length.ShouldBe(2);
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Views.Changed += () => told.TrySetResult();
        world.Publish(book: world.Current.Get<ToolkitBook>().With(World.Toolkit("tk_1", "support", Owner.Org, [])));
        await told.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Find("support", "usr_a")!.Tools.ShouldBeEmpty();
        await refresher.StopAsync(default);
    }

    [Fact]
    public void The_count_of_tools_is_the_length_of_the_list()
    {
        foreach (var row in world.Current.Get<ToolkitBook>().ById.Values)
        {
            world.Views.CountTools(row, world.Current, World.User("usr_a")).ShouldBe(Find(row.Slug, "usr_a")!.Tools.Length);
        }
    }

    [Fact]
    public void Two_tools_of_one_name_leave_the_view_standing_without_the_later_one()
    {
        var twin = World.Tool("github", Owner.User("usr_a"), "main", "issues.list");
        world.Publish(new Toolgate.Connections.ToolCatalog([twin], [KeyValuePair.Create("usr_a", ImmutableArray.Create(twin))]));
        Find(null, "usr_a")!.Tools.Length.ShouldBe(1);
    }

    [Fact]
    public void Instructions_name_the_toolkit_its_integrations_and_approval_without_control_characters()
    {
        var tools = Find("support", "usr_a")!.Tools;
        var text = ViewInstructions.Of("Sup\u0007port\u202e\n", tools);
        text.ShouldContain("toolkit \"Support\"");
        text.ShouldContain("2 tools of: github (2).");
        text.ShouldContain("1 of them");
        text.Any(char.IsControl).ShouldBeFalse();
        text.ShouldNotContain('\u202e');
        var many = ViewInstructions.Of(new string('n', 5_000), tools);
        many.Length.ShouldBe(ViewInstructions.MaxLength);
    }

    private ToolView? Find(string? slug, string user) => world.Views.Find(new McpResource(slug), World.User(user));
}
