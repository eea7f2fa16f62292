using Toolgate.Access;
using Toolgate.EventStore;

namespace Toolgate.Policies.Tests;

public sealed class PoliciesReadModelTests
{
    private readonly PoliciesReadModel model = new();
    private readonly DateTimeOffset start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_snapshot_read_back_gives_equal_bytes_and_equal_rules()
    {
        var book = Book(
            new PolicyRuleAdded("pol_1", null, "a.*", PolicyAction.Block, "a0", true),
            new PolicyRuleAdded("pol_2", null, "b.*", PolicyAction.Approve, "Zz", false),
            new PolicyRuleAdded("pol_3", "usr_a", "*", PolicyAction.RequireApproval, "a0", false, Approver.Other),
            new PolicyRuleChanged("pol_2", null, "c.*", PolicyAction.Block, false),
            new PolicyRuleMoved("pol_1", null, "Zy"));
        var bytes = model.Serialize(book);
        var back = model.Deserialize(bytes);
        model.Serialize(back).ShouldBe(bytes);
        back.Of(Owner.Org).Rules.Select(rule => rule.Rule.Id).ShouldBe(["pol_1", "pol_2"]);
        back.Of(Owner.Org).Enforced.Single().Id.ShouldBe("pol_1");
        back.Holding("pol_3")!.Subject.ShouldBe("usr_a");
        back.Holding("pol_3")!.Rules.Single().Rule.Approver.ShouldBe(Approver.Other);
        back.Of(Owner.Org).Version.ShouldBe(5);
        back.Of(Owner.Org).Find("pol_2")!.UpdatedAt.ShouldBe(start.AddSeconds(4));
        back.Of(Owner.Org).Find("pol_2")!.CreatedAt.ShouldBe(start.AddSeconds(2));
    }

    [Fact]
    public void Fold_of_the_stream_and_read_model_agree()
    {
        object[] events =
        [
            new PolicyRuleAdded("pol_1", null, "a.*", PolicyAction.Block, "a0", true), new PolicyRuleAdded("pol_2", null, "b.*", PolicyAction.Approve, "Zz", false),
            new PolicyRuleChanged("pol_1", null, "d.*", PolicyAction.RequireApproval, false, Approver.Console), new PolicyRuleMoved("pol_2", null, "a1"), new PolicyRuleRemoved("pol_1", null),
        ];
        for (var n = 1; n <= events.Length; n++)
        {
            var folded = events.Take(n).Aggregate(OwnerRules.None, OwnerRules.Evolve);
            var read = Book([.. events.Take(n)]).Of(Owner.Org);
            read.Rules.Select(rule => rule.Rule).ShouldBe(folded.Rules);
            read.Enforced.Select(rule => rule.Id).ShouldBe(folded.Enforced);
        }
    }

    [Fact]
    public void The_rules_of_a_principal_are_one_reference_until_one_of_its_lists_changes()
    {
        var before = Book(new PolicyRuleAdded("pol_1", null, "a.*", PolicyAction.Block, "a0", false), new PolicyRuleAdded("pol_2", "usr_a", "a.*", PolicyAction.Block, "a0", false));
        before.For("usr_a").ShouldBeSameAs(before.For("usr_a"));
        before.For("usr_b").ShouldBeSameAs(before.For("usr_c"));
        var after = model.Evolve(before, Event(9, new PolicyRuleAdded("pol_3", "usr_b", "a.*", PolicyAction.Block, "a0", false)));
        after.For("usr_a").ShouldBeSameAs(before.For("usr_a"));
        after.For("usr_b").User.Single().Id.ShouldBe("pol_3");
        var org = model.Evolve(before, Event(9, new PolicyRuleRemoved("pol_1", null)));
        org.For("usr_a").Org.ShouldBeEmpty();
        org.For("usr_a").User.Single().Id.ShouldBe("pol_2");
    }

    [Fact]
    public void A_list_that_a_change_left_alone_stays_the_same_array()
    {
        var before = Book(
            new PolicyRuleAdded("pol_1", null, "a.*", PolicyAction.Block, "a0", true), new PolicyRuleAdded("pol_2", null, "b.*", PolicyAction.Block, "a1", false),
            new PolicyRuleAdded("pol_3", null, "c.*", PolicyAction.Block, "a2", false));
        PolicyBook Then(object change) => model.Evolve(before, Event(4, change));
        foreach (var change in new object[]
        {
            new PolicyRuleAdded("pol_4", null, "d.*", PolicyAction.Block, "a3", false), new PolicyRuleChanged("pol_2", null, "x.*", PolicyAction.Approve, false),
            new PolicyRuleMoved("pol_2", null, "a5"), new PolicyRuleRemoved("pol_2", null),
        })
        {
            (Then(change).Of(Owner.Org).Enforced == before.Of(Owner.Org).Enforced).ShouldBeTrue(change.ToString());
            (Then(change).Of(Owner.Org).Ordinary == before.Of(Owner.Org).Ordinary).ShouldBeFalse(change.ToString());
        }

        var enforced = model.Evolve(before, Event(4, new PolicyRuleChanged("pol_1", null, "a.*", PolicyAction.Approve, true)));
        enforced.Of(Owner.Org).Enforced.Single().Action.ShouldBe(PolicyAction.Approve);
        (enforced.Of(Owner.Org).Ordinary == before.Of(Owner.Org).Ordinary).ShouldBeTrue();
    }

    private PolicyBook Book(params object[] events)
        => events.Select((e, i) => Event(i + 1, e)).Aggregate(PolicyBook.Empty, model.Evolve);

    private StoredEvent Event(long version, object data)
        => new(version, Guid.Empty, "policies", version, EventTypes.AliasOf(data.GetType()), data, start.AddSeconds(version), EventMetadata.None);
}
