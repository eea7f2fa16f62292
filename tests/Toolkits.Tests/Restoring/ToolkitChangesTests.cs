using FsCheck;
using FsCheck.Fluent;
using Toolgate.Policies;

namespace Toolgate.Toolkits.Tests;

/// <summary>Restoring is exact, whatever happened since.</summary>
public sealed class ToolkitChangesTests
{
    [Fact]
    public void The_events_of_a_restoration_make_any_state_into_any_earlier_one_and_a_second_restoration_changes_nothing()
        => Prop.ForAll(Gen.ArrayOf(Changes).Resize(40).ToArbitrary(), Gen.Choose(0, 40).ToArbitrary(), (changes, at) =>
        {
            object[] all = [
                new ToolkitCreated("tk_1", null, "kit", "Kit"),
                .. Enumerable.Range(0, 6).Select(i => new ConnectionGranted("tk_1", "tkconn_" + i, $"g{i}.*", "a" + i)), .. changes];
            var then = Fold(all.Take(Math.Min(at + 7, all.Length)));
            var now = Fold(all);
            var events = ToolkitChanges.Between(now, then, "tk_1");
            var restored = events.Aggregate(now, ToolkitState.Evolve);

            (restored.Name, restored.Slug, restored.Surface, restored.Names).ShouldBe((then.Name, then.Slug, then.Surface, then.Names));
            restored.Rules.AsEnumerable().ShouldBe(then.Rules, "policies come back with their identities, in their order");
            Patterns(restored).ShouldBe(Patterns(then));
            restored.Grants.Select(grant => grant.Position).ShouldBe(restored.Grants.Select(grant => grant.Position).Order(StringComparer.Ordinal));
            restored.Overrides.Keys.ShouldBe(then.Overrides.Keys, ignoreOrder: true);
            restored.Overrides.Values.ShouldAllBe(said => then.Overrides[said.Address].Says(said));
            restored.BringYourOwn.ShouldBe(then.BringYourOwn);
            ToolkitChanges.Between(restored, then, "tk_1").ShouldBeEmpty();

            var difference = ToolkitDiffDto.Of(1, 2, then, restored);
            (difference.Settings.Count, difference.PoliciesAdded.Count, difference.PoliciesRemoved.Count, difference.PoliciesChanged.Count, difference.OverridesChanged.Count).ShouldBe((0, 0, 0, 0, 0));
            (difference.Connections.Added.Count, difference.Connections.Removed.Count).ShouldBe((0, 0));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void A_policy_that_comes_between_two_others_moves_neither()
    {
        var before = Fold([new ToolkitCreated("tk_1", null, "kit", "Kit"), Policy("one", "a0"), Policy("two", "a4")]);
        var between = ToolkitDiffDto.Of(1, 2, before, ToolkitState.Evolve(before, Policy("mid", "a2")));
        (between.PoliciesAdded.Single().Id, between.PoliciesAdded.Single().Place, between.PoliciesChanged.Count).ShouldBe(("tkpol_mid", 2, 0));
        var swapped = ToolkitDiffDto.Of(1, 2, before, ToolkitState.Evolve(before, new ToolkitPolicyMoved("tk_1", "tkpol_one", "a8")));
        swapped.PoliciesChanged.Select(change => (change.Before.Id, change.Before.Place, change.After.Place)).ShouldBe([("tkpol_two", 2, 1), ("tkpol_one", 1, 2)], ignoreOrder: true);
        ToolkitDiffDto.Of(1, 2, before, ToolkitState.Evolve(before, new ToolkitPolicyMoved("tk_1", "tkpol_one", "a1"))).PoliciesChanged.ShouldBeEmpty("the order is the same");
    }

    [Fact]
    public void What_did_not_exist_then_is_refused_and_what_is_the_same_is_nothing()
    {
        var now = Fold([new ToolkitCreated("tk_1", null, "kit", "Kit")]);
        RestoreToolkit.Decide(now, ToolkitState.None, "tk_1").ShouldBeOfType<EventStore.Decision.Rejected>().Rejection.Code.ShouldBe("toolkit_not_there");
        RestoreToolkit.Decide(now, now, "tk_1").ShouldBeOfType<EventStore.Decision.Unchanged>();
        var moved = RestoreToolkit.Decide(ToolkitState.Evolve(now, new ToolkitSlugChanged("tk_1", "other")), now, "tk_1").ShouldBeOfType<EventStore.Decision.Accepted>();
        (moved.Claims.Single().Name, moved.Releases.Single().Name).ShouldBe(("kit", "other"));
    }

    private static ToolkitState Fold(IEnumerable<object> events) => events.Aggregate(ToolkitState.None, ToolkitState.Evolve);

    private static IEnumerable<string> Patterns(ToolkitState state) => state.Grants.Select(grant => grant.Pattern.Text).Distinct().Order(StringComparer.Ordinal);

    private static ToolkitPolicyAdded Policy(string id, string position) => new("tk_1", "tkpol_" + id, "a.*", PolicyAction.Block, position);

    private static readonly Gen<object> Changes =
        from kind in Gen.Choose(0, 11)
        from which in Gen.Choose(0, 5)
        from what in Gen.Choose(0, 3)
        select (object)(kind switch
        {
            0 => new ToolkitRenamed("tk_1", "Name " + which),
            1 => new ToolkitSlugChanged("tk_1", "slug-" + which),
            2 => new ToolkitSurfaceChanged("tk_1", (ToolSurface)(what % 2)),
            3 => new ToolkitNamesChanged("tk_1", (ToolNaming)(what % 2)),
            4 => new ConnectionRevoked("tk_1", "tkconn_" + which),
            5 => new ToolkitPolicyAdded("tk_1", "tkpol_" + which, $"p{what}.*", (PolicyAction)(what % 3), "a" + what),
            6 => new ToolkitPolicyChanged("tk_1", "tkpol_" + which, $"q{what}.*", (PolicyAction)(what % 3)),
            7 => new ToolkitPolicyMoved("tk_1", "tkpol_" + which, "a" + what),
            8 => new ToolkitPolicyRemoved("tk_1", "tkpol_" + which),
            9 => new ToolOverridden("tk_1", "a.org.b.c" + which, "n" + what, null, null, [], []),
            10 => new ToolOverrideRemoved("tk_1", "a.org.b.c" + which),
            _ => what % 2 == 0 ? new BringYourOwnDeclared("tk_1", "i" + which) : new BringYourOwnWithdrawn("tk_1", "i" + which),
        });
}
