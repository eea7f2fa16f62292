using System.Text;
using Toolgate.Access;
using Toolgate.Connections;
using Toolgate.Policies;

namespace Toolgate.Toolkits.Tests;

public sealed class OfferCompilerTests
{
    private static readonly UpstreamOffer Docs = Offering.Server("docs", resources: ["docs://a", "docs://b"], templates: ["docs://{id}"], prompts: ["review"]);
    private static readonly UpstreamOffer Wiki = Offering.Server("wiki", resources: ["wiki://a"], prompts: ["review", "sum up"]);

    [Fact]
    public void Entries_are_listed_as_their_servers_sent_them_in_the_order_of_addresses()
    {
        var view = Offering.View(Wiki, Docs);
        Encoding.UTF8.GetString(view.ResourcesJson.Span).ShouldBe(
            """[{ "uri": "docs://a", "future":[1.0] },{ "uri": "docs://b", "future":[1.0] },{ "uri": "wiki://a", "future":[1.0] }]""");
        Encoding.UTF8.GetString(view.TemplatesJson.Span).ShouldBe("""[{ "uriTemplate": "docs://{id}", "future":[1.0] }]""");
        view.Resources["wiki://a"].Server.Address.ShouldBe("wiki.org.main.resources");
        view.Resources["wiki://a"].Server.Decision.ShouldBe(new AccessDecision(PolicyAction.Approve, DecisionSource.Default));
    }

    [Fact]
    public void A_prompt_is_named_after_its_address_and_nothing_else_of_it_changes()
    {
        var view = Offering.View(Docs, Wiki);
        Encoding.UTF8.GetString(view.PromptsJson.Span).ShouldStartWith("""[{ "name": "docs_org_main_review", "future":[1.0] },{ "name": "wiki_org_main_review", "future":[1.0] },""");
        view.Prompts["docs_org_main_review"].UpstreamKey.ShouldBe("review");
        view.Prompts.Keys.ShouldContain(McpToolName.Of("wiki.org.main.sum up"));
        view.Prompts.ShouldNotContainKey("review");
    }

    [Fact]
    public void With_upstream_names_a_prompt_keeps_its_name_unless_another_server_has_it_too()
    {
        var view = OfferCompiler.Compile(Offering.Inputs([Docs, Wiki]), [], upstreamNames: true);
        Offering.Listed(view.PromptsJson, "name").ShouldBe(["docs_org_main_review", "wiki_org_main_review", "sum up"]);
    }

    [Fact]
    public void With_upstream_names_no_prompt_gets_the_name_that_another_one_needs()
    {
        var sly = Offering.Server("sly", prompts: ["docs_org_main_review", "review"]);
        var view = OfferCompiler.Compile(Offering.Inputs([Docs, sly]), [], upstreamNames: true);
        view.Prompts["docs_org_main_review"].Server.Upstream.ShouldBe(Docs.Upstream);
        view.Prompts.Count.ShouldBe(3);
    }

    [Fact]
    public void What_a_server_lists_twice_is_listed_once_under_its_own_name()
    {
        var twice = Offering.Server("docs", resources: ["docs://a", "docs://a"], prompts: ["review", "review"]);
        var view = OfferCompiler.Compile(Offering.Inputs([twice]), [], upstreamNames: true);
        Offering.Listed(view.ResourcesJson, "uri").ShouldBe(["docs://a"]);
        Offering.Listed(view.PromptsJson, "name").ShouldBe(["review"]);
    }

    [Fact]
    public void A_uri_that_two_servers_list_belongs_to_neither_and_names_its_server_in_both()
    {
        var other = Offering.Server("mirror", resources: ["docs://a"], templates: ["docs://{id}"]);
        var view = Offering.View(Docs, other);
        Offering.Listed(view.ResourcesJson, "uri").ShouldBe(["toolgate://docs.org.main/docs://a", "docs://b", "toolgate://mirror.org.main/docs://a"]);
        Offering.Listed(view.TemplatesJson, "uriTemplate").ShouldBe(["toolgate://docs.org.main/docs://{id}", "toolgate://mirror.org.main/docs://{id}"]);
        view.Route("docs://a").ShouldBeNull();
        view.Route("docs://b")!.Server.Upstream.ShouldBe(Docs.Upstream);
        view.Route("docs://unlisted").ShouldBeNull("both have the template");
        foreach (var offer in new[] { Docs, other })
        {
            var routed = view.Route($"toolgate://{offer.Upstream.Address}/docs://a")!;
            (routed.Server.Upstream, routed.UpstreamKey).ShouldBe((offer.Upstream, "docs://a"));
            view.Route($"toolgate://{offer.Upstream.Address}/docs://17")!.UpstreamKey.ShouldBe("docs://17");
        }
    }

    [Fact]
    public void A_server_cannot_list_a_uri_that_names_another_server()
    {
        var sly = Offering.Server("aaa", resources: ["toolgate://docs.org.main/docs://a"], templates: ["toolgate://docs.org.main/{+uri}"]);
        var view = Offering.View(sly, Docs);
        view.Route("toolgate://docs.org.main/docs://a")!.Server.Upstream.ShouldBe(Docs.Upstream);
        view.Route("toolgate://aaa.org.main/toolgate://docs.org.main/docs://a")!.Server.Upstream.ShouldBe(sly.Upstream);
        Offering.Listed(view.ResourcesJson, "uri")[0].ShouldBe("toolgate://aaa.org.main/toolgate://docs.org.main/docs://a");
        Offering.Listed(view.TemplatesJson, "uriTemplate")[0].ShouldBe("toolgate://aaa.org.main/toolgate://docs.org.main/{+uri}");
    }

    [Fact]
    public void An_entry_that_cannot_be_renamed_is_left_out_and_the_others_stand()
    {
        var broken = Docs with { Prompts = [new OfferedItem("a", "[1]"u8.ToArray()), new OfferedItem("b", "{"u8.ToArray()), new OfferedItem("c", """{"name":"c"}"""u8.ToArray())] };
        var view = Offering.View(broken);
        Encoding.UTF8.GetString(view.PromptsJson.Span).ShouldBe("""[{"name":"docs_org_main_c"}]""");
        view.Prompts.Keys.ShouldBe(["docs_org_main_c"]);
    }

    [Theory]
    [InlineData(PolicyAction.Block)]
    [InlineData(PolicyAction.RequireApproval)]
    public void What_a_rule_blocks_or_wants_approved_is_left_out(PolicyAction action)
    {
        var view = Compiled(org: [Offering.Rule("docs.*.*.resources", action)]);
        view.Readable.ShouldBeEmpty();
        view.Resources.ShouldBeEmpty();
        view.Templates.ShouldBeEmpty();
        view.Route("docs://a").ShouldBeNull();
        view.Route("toolgate://docs.org.main/docs://a").ShouldBeNull();
        view.Prompts.Count.ShouldBe(1);

        Compiled(org: [Offering.Rule("docs.org.main.prompts", action)]).Prompts.ShouldBeEmpty();
        Compiled(enforced: [Offering.Rule("*", action)]).Readable.ShouldBeEmpty();
        Compiled(user: [Offering.Rule("docs.*", action)]).Prompting.ShouldBeEmpty();
    }

    [Fact]
    public void A_toolkit_holds_what_it_grants_and_its_policies_approve()
    {
        Compiled(toolkit: World.Toolkit("tk_1", "a", Owner.Org, ["docs.*"])).Resources.Count.ShouldBe(2);
        Compiled(toolkit: World.Toolkit("tk_1", "a", Owner.Org, ["wiki.*"])).Readable.ShouldBeEmpty();
        Compiled(toolkit: World.Toolkit("tk_1", "a", Owner.Org, ["docs.org.main.search"])).Readable.ShouldBeEmpty("a granted tool grants no resources");
        var split = Compiled(toolkit: World.Toolkit("tk_1", "a", Owner.Org, ["docs.org.main.prompts"]));
        (split.Readable.Length, split.Prompting.Length).ShouldBe((0, 1));
        split.Prompting[0].Decision.Source.ShouldBe(DecisionSource.Default);

        Compiled(toolkit: World.Toolkit("tk_1", "a", Owner.Org, ["docs.*"], [Offering.Rule("docs.*", PolicyAction.RequireApproval)])).Prompts.ShouldBeEmpty();
        Compiled(toolkit: World.Toolkit("tk_1", "a", Owner.Org, ["docs.*"]), enforced: [Offering.Rule("docs.*", PolicyAction.Block)]).Prompts.ShouldBeEmpty();
        Compiled(toolkit: World.Toolkit("tk_1", "a", Owner.Org, ["docs.*"]), enforced: [Offering.Rule("docs.*", PolicyAction.RequireApproval)]).Prompts.ShouldBeEmpty();
        Compiled(toolkit: World.Toolkit("tk_1", "a", Owner.Org, ["docs.*"], [Offering.Rule("docs.*", PolicyAction.Approve)])).Prompting[0].Decision.Source
            .ShouldBe(DecisionSource.Toolkit);
    }

    [Fact]
    public void What_is_personal_is_in_no_shared_toolkit_and_in_its_owners_own()
    {
        var mine = Offering.Server("docs", Owner.User("usr_a"), resources: ["docs://mine"]);
        var shared = OfferCompiler.Compile(Offering.Inputs([mine], World.Toolkit("tk_1", "a", Owner.Org, ["*"])), [], upstreamNames: false);
        shared.Readable.ShouldBeEmpty();
        var own = OfferCompiler.Compile(Offering.Inputs([mine], World.Toolkit("tk_2", "b", Owner.User("usr_a"), ["*"])), [], upstreamNames: false);
        own.Resources.Keys.ShouldBe(["docs://mine"]);
        own.Readable[0].Address.ShouldBe("docs.user.main.resources");
    }

    [Fact]
    public void Somebody_with_nothing_personal_but_an_mcp_server_without_tools_has_a_default_view_of_their_own()
    {
        var world = new World();
        world.Publish(new ToolCatalog([], [], [Offering.Server("docs", Owner.User("usr_a"), resources: ["docs://mine"])]));
        world.Views.Find(McpResource.Default, World.User("usr_a"))!.Offers.Resources.Keys.ShouldBe(["docs://mine"]);
        world.Views.Find(McpResource.Default, World.User("usr_b"))!.Offers.Resources.ShouldBeEmpty();
    }

    [Fact]
    public void Features_are_what_visible_servers_declare()
    {
        Offering.View(Docs).Features.ShouldBe(
            ServerFeatures.Resources | ServerFeatures.Subscribe | ServerFeatures.Prompts | ServerFeatures.Completions | ServerFeatures.Logging);
        Offering.View(Offering.Server("plain", capabilities: """{"tools":{}}""")).Features.ShouldBe(ServerFeatures.None);
        Offering.View(Offering.Server("plain", capabilities: """{"tools":{}}""")).Readable.ShouldBeEmpty("it has no resources");
        Offering.View(Offering.Server("shy", resources: ["x://y"], capabilities: "{}")).Features.ShouldBe(ServerFeatures.Resources);
        Offering.View(Offering.Server("odd", capabilities: "[]")).Features.ShouldBe(ServerFeatures.None);
        Offering.View(Offering.Server("odd", capabilities: """{"resources":{"subscribe":"yes"},"prompts":true}""")).Features.ShouldBe(ServerFeatures.Resources);
        Offering.View(Offering.Server("odd", capabilities: "{")).Features.ShouldBe(ServerFeatures.None);
        Compiled(org: [Offering.Rule("docs.*.*.resources", PolicyAction.Block)]).Features.ShouldBe(
            ServerFeatures.Prompts | ServerFeatures.Completions | ServerFeatures.Logging);
        Compiled(org: [Offering.Rule("docs.*", PolicyAction.Block)]).Features.ShouldBe(ServerFeatures.None);
    }

    [Fact]
    public void A_server_of_which_only_tools_are_visible_still_sends_its_log()
    {
        var tool = World.Tool("docs", Owner.Org, "main", "search");
        var inputs = Offering.Inputs([Docs], World.Toolkit("tk_1", "a", Owner.Org, [tool.Address]));
        var seen = new ViewTool(tool, new AccessDecision(PolicyAction.Approve, DecisionSource.Default), tool.McpName);
        OfferCompiler.Compile(inputs, [seen], upstreamNames: false).Features.ShouldBe(ServerFeatures.Logging);
        OfferCompiler.Compile(inputs, [], upstreamNames: false).Features.ShouldBe(ServerFeatures.None);
    }

    [Fact]
    public void Digests_change_with_the_list_of_their_kind_alone()
    {
        var (before, after) = (Offering.View(Docs), Offering.View(Docs with { Prompts = [] }));
        after.ResourcesDigest.ShouldBe(before.ResourcesDigest);
        after.PromptsDigest.ShouldNotBe(before.PromptsDigest);
        Offering.View(Docs with { Templates = [] }).ResourcesDigest.ShouldNotBe(before.ResourcesDigest);
        Offering.View(Offering.Server("empty")).ResourcesDigest.ShouldBe(OfferView.Nothing.ResourcesDigest, "an empty list is an empty list");
        after.PromptsDigest.ShouldBe(OfferView.Nothing.PromptsDigest);
    }

    [Fact]
    public void Instructions_tell_what_is_offered_besides_tools()
    {
        ViewInstructions.Of("Team", [], offers: Offering.View(Docs)).ShouldContain(" Its MCP servers also offer 2 resources and 1 resource template and 1 prompt.");
        ViewInstructions.Of("Team", [], offers: OfferView.Nothing).ShouldNotContain("MCP servers");
    }

    private static OfferView Compiled(ToolkitRow? toolkit = null, PolicyRule[]? enforced = null, PolicyRule[]? org = null, PolicyRule[]? user = null)
        => OfferCompiler.Compile(Offering.Inputs([Docs], toolkit, enforced, org, user), [], upstreamNames: false);
}
