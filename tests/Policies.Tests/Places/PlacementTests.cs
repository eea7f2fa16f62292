using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Toolgate.Access;
using Toolgate.EventStore;

namespace Toolgate.Policies.Tests;

public sealed class PlacementTests
{
    private static readonly Owner Org = Owner.Org;

    [Fact]
    public void Random_moves_do_what_moving_in_a_list_does()
        => Prop.ForAll(Gen.Choose(0, 1_000_000).ListOf().Resize(200).ToArbitrary(), steps =>
        {
            var state = OwnerRules.None;
            var expected = new List<string>();
            foreach (var step in steps)
            {
                if (expected.Count < 3 || step % 4 == 0)
                {
                    state = Apply(state, AddRule.Decide(new AddRule("org", "a.*", PolicyAction.Block, null, null, null), state, Org, "pol_" + expected.Count));
                    expected.Insert(0, "pol_" + expected.Count);
                    continue;
                }

                var self = expected[step % expected.Count];
                var anchor = expected[step / 7 % expected.Count];
                if (self == anchor)
                {
                    continue;
                }

                var before = step % 2 == 0;
                var moved = ChangeRule.Decide(new ChangeRule(null, null, null, before ? anchor : null, before ? null : anchor), state, Org, self);
                expected.Remove(self);
                expected.Insert(expected.IndexOf(anchor) + (before ? 0 : 1), self);
                state = Apply(state, moved);
            }

            return state.Rules.Select(rule => rule.Id).SequenceEqual(expected)
                && state.Rules.Select(rule => rule.Position).Distinct().Count() == expected.Count;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    [Fact]
    public void Two_rules_that_change_places_for_ever_keep_short_keys_and_their_order()
    {
        var state = new[] { "c", "b", "a" }.Aggregate(OwnerRules.None, (s, id) => Apply(s, AddRule.Decide(new AddRule("org", "a", PolicyAction.Block, null, null, null), s, Org, id)));
        for (var i = 0; i < 2_000; i++)
        {
            var (self, anchor) = i % 2 == 0 ? ("b", "a") : ("a", "b");
            state = Apply(state, ChangeRule.Decide(new ChangeRule(null, null, null, null, i % 4 < 2 ? anchor : null) { Before = i % 4 < 2 ? null : anchor }, state, Org, self));
            state.Rules.Length.ShouldBe(3);
            state.Rules[2].Id.ShouldBe("c");
            state.Rules.ShouldAllBe(rule => rule.Position.Length <= Placement.LongestKey);
        }
    }

    [Fact]
    public void Keys_that_grew_too_long_are_spread_anew_without_changing_the_order()
    {
        ImmutableArray<PolicyRule> rules = [Rule("a", "a0"), Rule("b", "a0" + new string('0', Placement.LongestKey) + "1"), Rule("c", "a1")];
        Placement.TryPlace(rules, "c", "b", null, out var place, out _).ShouldBeTrue();
        place.Respread.Count.ShouldBe(2);
        var after = place.Respread.Aggregate(rules, (list, pair) => list.With(list.Find(pair.Key)! with { Position = pair.Value }))
            .With(Rule("c", place.Position!));
        after.Select(rule => rule.Id).ShouldBe(["a", "c", "b"]);
        after.ShouldAllBe(rule => rule.Position.Length == 2);
    }

    [Fact]
    public void A_rule_that_already_stands_there_is_not_moved()
    {
        ImmutableArray<PolicyRule> rules = [Rule("a", "a0"), Rule("b", "a1"), Rule("c", "a2")];
        foreach (var (self, before, after) in new[] { ("a", "b", null), ("b", null, "a"), ("c", null, "b"), ("b", (string?)"c", (string?)null) })
        {
            Placement.TryPlace(rules, self, before, after, out var place, out _).ShouldBeTrue();
            place.Position.ShouldBeNull();
        }
    }

    [Theory]
    [InlineData("nobody", null, "/before")]
    [InlineData(null, "nobody", "/after")]
    [InlineData("a", null, "/before")]
    public void A_place_beside_no_other_rule_of_the_list_is_refused(string? before, string? after, string pointer)
    {
        Placement.TryPlace([Rule("a", "a0"), Rule("b", "a1")], "a", before, after, out _, out var rejection).ShouldBeFalse();
        rejection.ShouldSatisfyAllConditions(() => rejection.Pointer.ShouldBe(pointer), () => rejection.Code.ShouldBe("unknown_policy"), () => rejection.Kind.ShouldBe(RejectionKind.Invalid));
    }

    private static PolicyRule Rule(string id, string position) => new(id, Pattern.Parse("a"), PolicyAction.Block, position);

    private static OwnerRules Apply(OwnerRules state, Decision decision) => decision switch
    {
        Decision.Accepted accepted => accepted.Events.Aggregate(state, OwnerRules.Evolve),
        Decision.Unchanged => state,
        _ => throw new InvalidOperationException(decision.ToString()),
    };
}
