using System.Collections.Immutable;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Toolgate.Access;
using Toolgate.Connections;
using Toolgate.Policies;

namespace Toolgate.Toolkits.Tests;

/// <summary>The listed set is the callable set, for every principal, resource and version of the rules.</summary>
public sealed class ListedIsCallableTests
{
    private static readonly string[] Subjects = ["usr_a", "usr_b", "usr_c"];

    [Fact]
    public void A_view_holds_exactly_the_tools_that_the_pure_decision_does_not_block_in_every_version()
        => Prop.ForAll(Gen.ArrayOf(Versions).Resize(8).ToArbitrary(), versions =>
        {
            var world = new World();
            foreach (var version in versions)
            {
                world.Publish(version.Catalog, version.Rules, version.Book);
                // The view of the newest version is asked for through the cache, by everybody.
                foreach (var subject in Subjects)
                {
                    Verify(world, subject, null);
                    Verify(world, subject, "shared");
                    Verify(world, subject, "mine");
                }
            }

            // And every earlier version is decided as it was then.
            foreach (var snapshot in world.History.Values)
            {
                foreach (var row in snapshot.Get<ToolkitBook>().ById.Values)
                {
                    foreach (var subject in Subjects.Where(subject => row.Owner.Subject is null || row.Owner.Subject == subject))
                    {
                        var compiled = new ViewCompiler(Microsoft.Extensions.Logging.Abstractions.NullLogger<ViewCompiler>.Instance)
                            .Compile(world.Views.Inputs(snapshot, row, World.User(subject)), snapshot.Position);
                        compiled.Tools.Where(tool => tool.Connects is null).Select(tool => tool.Tool.Address).ShouldBe(
                            Expected(snapshot.Get<ToolCatalog>(), snapshot.Get<World.Rules>(), row, subject).Keys.Order(StringComparer.Ordinal));
                    }
                }
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(150));

    private static void Verify(World world, string subject, string? slug)
    {
        var snapshot = world.Current;
        var row = slug is null ? null : snapshot.Get<ToolkitBook>().FindSlug(slug, World.User(subject));
        var view = world.Views.Find(new McpResource(slug), World.User(subject));
        if (slug is not null && row is null)
        {
            view.ShouldBeNull();
            return;
        }

        var expected = Expected(snapshot.Get<ToolCatalog>(), snapshot.Get<World.Rules>(), row, subject);
        view.ShouldNotBeNull();
        var connecting = view.Tools.Where(tool => tool.Connects is not null).Select(tool => tool.Connects!).ToArray();
        view.ByName.Values.Where(tool => tool.Connects is null).ToDictionary(tool => tool.Tool.Address, tool => tool.Decision).ShouldBe(expected, ignoreOrder: true);
        view.ByAddress.Count.ShouldBe(view.ByName.Count);
        view.Tools.ShouldAllBe(tool => tool.Tool.Owner.IsOrg || tool.Tool.Owner.Subject == subject);
        using var json = JsonDocument.Parse(view.ToolsJson);
        json.RootElement.EnumerateArray().Select(tool => tool.GetProperty("name").GetString()).Where(name => name != ApprovalTool.Name).ShouldBe(view.Tools.Select(tool => (string?)tool.Name));
        view.Tools.Where(tool => tool.Connects is null).Select(tool => tool.Tool.Address).ShouldBe(expected.Keys.Order(StringComparer.Ordinal));
        view.Tools.Select(tool => tool.Tool.Address).ShouldBe(view.Tools.Select(tool => tool.Tool.Address).Order(StringComparer.Ordinal));

        // Whoever has no connection to what is to be brought is told how to make one, unless rules leave nothing of it.
        var catalog = snapshot.Get<ToolCatalog>();
        string[] missing = row is null || !row.Owner.IsOrg ? []
            : [.. row.BringYourOwn.Where(slug => catalog.Integrations.Contains(slug) && catalog.Of(subject).All(tool => tool.Integration != slug))];
        connecting.ShouldBeSubsetOf(missing);
        var rules = snapshot.Get<World.Rules>().Enforced.Concat(row?.Rules ?? []).Where(rule => rule.Action == PolicyAction.Block).ToArray();
        missing.Except(connecting).ShouldAllBe(slug => rules.Any(rule => rule.Pattern.Matches(slug + ".user.any.thing")));
        view.FindConnecting("nowhere").ShouldBeNull();
    }

    /// <summary>The semantics, tool by tool, without any index or cache.</summary>
    private static Dictionary<string, AccessDecision> Expected(ToolCatalog catalog, World.Rules rules, ToolkitRow? row, string subject)
        => catalog.Org.Concat(catalog.Of(subject))
            .Select(tool => (tool.Address, Decision: row is null
                ? AccessDecisions.Default(tool.Address, tool.Definition.AsksByDefault, new ActivePolicies(rules.Enforced, rules.Org, rules.Users.GetValueOrDefault(subject, [])))
                : AccessDecisions.InToolkit(
                    tool.Address, !tool.Owner.IsOrg && !Brought(tool, row), row.Owner.IsOrg,
                    [.. row.Grants.Select(grant => grant.Grant.Pattern), .. Brought(tool, row) ? [Pattern.Parse(tool.Integration + ".user.*")] : Array.Empty<Pattern>()], row.Rules, rules.Enforced,
                    tool.Definition.AsksByDefault)))
            .Where(pair => pair.Decision.Action != PolicyAction.Block)
            .ToDictionary(pair => pair.Address, pair => pair.Decision);

    private static bool Brought(Tool tool, ToolkitRow row) => !tool.Owner.IsOrg && row.Owner.IsOrg && row.BringYourOwn.Contains(tool.Integration);

    private static readonly Gen<string> Patterns = Gen.Elements(
        "*", "github.*", "github.org.*", "github.*.main.*", "github.org.main.issues.*", "github.org.main.issues.create", "github.user.main.*", "slack.*.*.post",
        "slack.org.team.*", "github.*.*.issues.create", "slack.user.own.post", "nowhere.*");

    private static readonly Gen<ImmutableArray<PolicyRule>> RuleLists =
        (from pattern in Patterns
         from action in Gen.Elements(PolicyAction.Approve, PolicyAction.RequireApproval, PolicyAction.Block)
         from position in Gen.Choose(0, 9)
         from id in Gen.Choose(0, 1_000_000)
         select new PolicyRule("pol_" + id, Pattern.Parse(pattern), action, "a" + position))
        .ListOf().Select(rules => rules.Take(4).Aggregate(ImmutableArray<PolicyRule>.Empty, (list, rule) => list.With(rule)));

    private static readonly Gen<Tool> Tools =
        from integration in Gen.Elements("github", "slack")
        from owner in Gen.Elements(Owner.Org, Owner.Org, Owner.User("usr_a"), Owner.User("usr_b"))
        from connection in Gen.Elements("main", "team", "own")
        from name in Gen.Elements("issues.create", "issues.list", "post", "read_all", "a_b.c")
        from asks in Gen.Elements(true, false)
        select World.Tool(integration, owner, connection, name, asks);

    private static readonly Gen<Version> Versions =
        from tools in Tools.ListOf()
        from enforced in RuleLists
        from org in RuleLists
        from own in RuleLists
        from kit in RuleLists
        from grants in Patterns.ListOf()
        from which in Gen.Choose(0, 15)
        from brought in Gen.Elements<string[]>([], [], ["github"], ["slack"], ["github", "slack", "gone"])
        select new Version(
            (which & 1) > 0 ? null : World.Catalog(tools.DistinctBy(tool => (tool.Owner, tool.Address))),
            (which & 2) > 0 ? null : new World.Rules(enforced, org, ImmutableDictionary<string, ImmutableArray<PolicyRule>>.Empty.Add("usr_a", own)),
            (which & 12) == 0 ? null : ToolkitBook.Empty
                .With(World.Toolkit("tk_1", (which & 4) > 0 ? "shared" : "mine", Owner.Org, grants.Take(3), kit, bringYourOwn: brought))
                .With(World.Toolkit("tk_2", (which & 4) > 0 ? "mine" : "shared", Owner.User("usr_a"), grants.Skip(1).Take(3), own)));

    /// <summary>One publication; what is null stays as it was.</summary>
    internal sealed record Version(ToolCatalog? Catalog, World.Rules? Rules, ToolkitBook? Book);
}
