using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using static Toolgate.Policies.DecisionSource;
using static Toolgate.Policies.PolicyAction;

namespace Toolgate.Policies.Tests;

public sealed class AccessDecisionsTests
{
    private const string Address = "github.org.main.issues.create";

    // enforced, org, user, asks → action, source
    public static TheoryData<PolicyAction?, PolicyAction?, PolicyAction?, bool, PolicyAction, DecisionSource> DefaultTable => new()
    {
        { null, null, null, false, Approve, Default },
        { null, null, null, true, RequireApproval, Default },
        { null, Approve, null, true, Approve, Org },
        { null, null, Approve, true, Approve, User },
        { null, null, Block, false, Block, User },
        { null, Block, Approve, false, Block, Org },
        { null, Approve, Block, false, Block, User },
        { null, Approve, RequireApproval, false, RequireApproval, User },
        { null, RequireApproval, RequireApproval, false, RequireApproval, Org },
        { Block, Approve, Approve, false, Block, Enforced },
        { RequireApproval, null, null, false, RequireApproval, Enforced },
        { RequireApproval, null, null, true, RequireApproval, Enforced },
        { RequireApproval, Approve, null, false, RequireApproval, Enforced },
        { RequireApproval, Block, null, false, Block, Org },
        { RequireApproval, Approve, Block, false, Block, User },
        { Approve, Block, null, false, Block, Org },
        { Approve, null, null, true, RequireApproval, Default },
        { Approve, null, Approve, true, Approve, User },
    };

    // enforced, personal, shared, granted, policy, asks → action, source
    public static TheoryData<PolicyAction?, bool, bool, bool, PolicyAction?, bool, PolicyAction, DecisionSource> ToolkitTable => new()
    {
        { null, false, true, true, null, false, Approve, Default },
        { null, false, true, true, null, true, RequireApproval, Default },
        { null, false, true, true, Approve, true, Approve, Toolkit },
        { null, false, true, true, RequireApproval, false, RequireApproval, Toolkit },
        { null, false, true, true, Block, false, Block, Toolkit },
        { null, false, true, false, Approve, false, Block, NotGranted },
        { null, true, true, true, Approve, false, Block, PersonalInShared },
        { null, true, true, false, Approve, false, Block, PersonalInShared },
        { null, true, false, true, Approve, false, Approve, Toolkit },
        { null, true, false, false, Approve, false, Block, NotGranted },
        { Block, false, true, true, Approve, false, Block, Enforced },
        { Block, true, true, false, Approve, false, Block, Enforced },
        { Block, false, false, false, null, false, Block, Enforced },
        { RequireApproval, false, true, true, Approve, false, RequireApproval, Enforced },
        { RequireApproval, false, true, true, null, false, RequireApproval, Enforced },
        { RequireApproval, false, true, true, Block, false, Block, Toolkit },
        { RequireApproval, false, true, false, Approve, false, Block, NotGranted },
        { RequireApproval, true, true, true, Approve, false, Block, PersonalInShared },
        { Approve, false, true, false, null, false, Block, NotGranted },
        { Approve, false, true, true, Block, false, Block, Toolkit },
        { Approve, false, true, true, null, true, RequireApproval, Default },
    };

    [Theory]
    [MemberData(nameof(DefaultTable))]
    public void At_the_default_resource(PolicyAction? enforced, PolicyAction? org, PolicyAction? user, bool asks, PolicyAction action, DecisionSource source)
    {
        var decision = AccessDecisions.Default(Address, asks, new ActivePolicies(List("e", enforced), List("o", org), List("u", user)));
        decision.Action.ShouldBe(action);
        decision.Source.ShouldBe(source);
        decision.RuleId.ShouldBe(source switch { Enforced => "e", Org => "o", User => "u", _ => null });
        decision.Pattern.ShouldBe(source == Default ? null : "github.*");
    }

    [Theory]
    [MemberData(nameof(ToolkitTable))]
    public void In_a_toolkit(
        PolicyAction? enforced, bool personal, bool shared, bool granted, PolicyAction? policy, bool asks, PolicyAction action, DecisionSource source)
    {
        var decision = AccessDecisions.InToolkit(
            Address, personal, shared, granted ? [Pattern.Parse("github.org.main.*")] : [Pattern.Parse("slack.*")], List("t", policy), List("e", enforced), asks);
        decision.Action.ShouldBe(action);
        decision.Source.ShouldBe(source);
        decision.RuleId.ShouldBe(source switch { Enforced => "e", Toolkit => "t", _ => null });
    }

    [Fact]
    public void The_first_match_by_position_then_id_speaks_for_a_list()
    {
        var rules = ImmutableArray<PolicyRule>.Empty
            .With(new PolicyRule("z", Pattern.Parse("*"), Approve, "a1"))
            .With(new PolicyRule("c", Pattern.Parse("github.*"), Block, "a0"))
            .With(new PolicyRule("b", Pattern.Parse("github.*"), RequireApproval, "a0"))
            .With(new PolicyRule("a", Pattern.Parse("slack.*"), Block, "Zz"));
        rules.Select(rule => rule.Id).ShouldBe(["a", "b", "c", "z"]);
        AccessDecisions.FirstMatch(rules, Address)!.Id.ShouldBe("b");
    }

    [Fact]
    public void An_enforced_approve_is_an_exception_from_the_enforced_rules_below_it_alone()
    {
        ImmutableArray<PolicyRule> enforced = [new("e1", Pattern.Parse(Address), Approve, "a0"), new("e2", Pattern.Parse("github.*"), Block, "a1")];
        AccessDecisions.Default(Address, false, new ActivePolicies(enforced, [], [])).Action.ShouldBe(Approve);
        AccessDecisions.Default("github.org.main.issues.delete", false, new ActivePolicies(enforced, [], [])).Source.ShouldBe(Enforced);
        AccessDecisions.Default(Address, false, new ActivePolicies(enforced, List("o", Block), [])).Source.ShouldBe(Org);
    }

    [Theory]
    [InlineData(Approver.Client, Approver.Client, Approver.Client, Approver.Client)]
    [InlineData(Approver.Console, Approver.Client, Approver.Client, Approver.Console)]
    [InlineData(Approver.Client, Approver.Other, Approver.Console, Approver.Other)]
    [InlineData(Approver.Client, Approver.Client, Approver.Other, Approver.Other)]
    [InlineData(Approver.Other, Approver.Console, Approver.Client, Approver.Other)]
    public void Of_several_rules_that_ask_the_strictest_approver_holds(Approver enforced, Approver org, Approver user, Approver expected)
    {
        var (e, o, u) = (Asking("e", enforced), Asking("o", org), Asking("u", user));
        AccessDecisions.Default(Address, false, new ActivePolicies(e, o, u)).Approver.ShouldBe(expected);
        AccessDecisions.InToolkit(Address, false, true, [Pattern.Parse("*")], o, e, false).Approver.ShouldBe((Approver)Math.Max((int)enforced, (int)org));
        AccessDecisions.Default(Address, false, new ActivePolicies([], [], u)).Approver.ShouldBe(user);
    }

    [Fact]
    public void Who_decides_nothing_names_no_approver()
    {
        var approving = Asking("o", Approver.Other)[0] with { Action = Approve };
        var decision = AccessDecisions.Default(Address, false, new ActivePolicies(Asking("e", Approver.Client), [approving], []));
        (decision.Action, decision.Approver).ShouldBe((RequireApproval, Approver.Client));
        AccessDecisions.Default(Address, false, new ActivePolicies([], [approving], [])).ShownApprover.ShouldBeNull();
    }

    [Fact]
    public void Adding_an_enforced_block_never_widens()
        => Prop.ForAll(Worlds.ToArbitrary(), world =>
        {
            var blocked = world with { Enforced = world.Enforced.With(world.Extra with { Action = Block }) };
            return blocked.AtDefault().Action >= world.AtDefault().Action && blocked.InKit().Action >= world.InKit().Action;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));

    [Fact]
    public void Toolkit_policies_never_act_as_grants()
        => Prop.ForAll(Worlds.ToArbitrary(), world =>
        {
            var without = world with { Grants = [] };
            return without.InKit().Action == Block;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));

    [Fact]
    public void Ordinary_rules_are_nothing_in_a_toolkit_and_toolkit_policies_nothing_outside()
        => Prop.ForAll(Worlds.ToArbitrary(), world =>
        {
            var other = world with { Org = world.Org.With(world.Extra), User = world.User.With(world.Extra) };
            return other.InKit() == world.InKit() && (world with { Kit = world.Kit.With(world.Extra) }).AtDefault() == world.AtDefault();
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));

    [Fact]
    public void Nothing_is_less_restrictive_than_the_first_enforced_match()
        => Prop.ForAll(Worlds.ToArbitrary(), world => AccessDecisions.FirstMatch(world.Enforced, world.Address) is not { } floor
            || (world.AtDefault().Action >= floor.Action && world.InKit().Action >= floor.Action)).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));

    [Fact]
    public void Adding_an_enforced_rule_at_the_end_never_widens()
        => Prop.ForAll(Worlds.ToArbitrary(), world =>
        {
            var last = world.Extra with { Position = FractionalKey.Between(world.Enforced.LastOrDefault()?.Position, null) };
            var more = world with { Enforced = world.Enforced.Add(last) };
            return more.AtDefault().Action >= world.AtDefault().Action && more.InKit().Action >= world.InKit().Action;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));

    private static ImmutableArray<PolicyRule> Asking(string id, Approver approver) => [new(id, Pattern.Parse("github.*"), RequireApproval, "a0", approver)];

    private static ImmutableArray<PolicyRule> List(string id, PolicyAction? action)
        => action is { } a ? [new PolicyRule(id, Pattern.Parse("github.*"), a, "a0"), new PolicyRule(id + "2", Pattern.Parse("*"), Block, "a1")] : [];

    private static readonly Gen<PolicyRule> Rules =
        from pattern in PatternGen.Patterns
        from action in Gen.Elements(Approve, RequireApproval, Block)
        from position in Gen.Choose(0, 9)
        from id in Gen.Choose(0, 1_000_000)
        select new PolicyRule("pol_" + id, Pattern.Parse(pattern), action, "a" + position);

    private static readonly Gen<ImmutableArray<PolicyRule>> Lists =
        Rules.ListOf().Select(rules => rules.Take(6).Aggregate(ImmutableArray<PolicyRule>.Empty, (list, rule) => list.With(rule)));

    private static readonly Gen<World> Worlds =
        from address in PatternGen.Addresses
        from enforced in Lists
        from org in Lists
        from user in Lists
        from kit in Lists
        from grants in PatternGen.Patterns.ListOf()
        from extra in Rules
        from flags in Gen.Choose(0, 7)
        select new World(address, enforced, org, user, kit, [.. grants.Take(4).Select(Pattern.Parse)], extra with { Id = "pol_extra" }, (flags & 1) > 0, (flags & 2) > 0, (flags & 4) > 0);

    /// <summary>Everything that a decision can depend on.</summary>
    internal sealed record World(
        string Address, ImmutableArray<PolicyRule> Enforced, ImmutableArray<PolicyRule> Org, ImmutableArray<PolicyRule> User, ImmutableArray<PolicyRule> Kit,
        ImmutableArray<Pattern> Grants, PolicyRule Extra, bool Personal, bool Shared, bool Asks)
    {
        public AccessDecision AtDefault() => AccessDecisions.Default(Address, Asks, new ActivePolicies(Enforced, Org, User));

        public AccessDecision InKit() => AccessDecisions.InToolkit(Address, Personal, Shared, Grants, Kit, Enforced, Asks);
    }
}
