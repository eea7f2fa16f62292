using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access.Tests;

public sealed class MemberDecisionTests
{
    private static readonly IfMatch NoTag = new(null);

    [Theory]
    [InlineData(Role.Owner, Role.Owner, true)]
    [InlineData(Role.Owner, Role.Admin, true)]
    [InlineData(Role.Owner, Role.Member, true)]
    [InlineData(Role.Admin, Role.Owner, false)]
    [InlineData(Role.Admin, Role.Admin, false)]
    [InlineData(Role.Admin, Role.Member, true)]
    [InlineData(Role.Member, Role.Owner, false)]
    [InlineData(Role.Member, Role.Admin, false)]
    [InlineData(Role.Member, Role.Member, false)]
    public void A_service_account_is_added_by_those_who_manage_its_role(Role caller, Role role, bool allowed)
    {
        var decision = AddingServiceAccount.Decide(new AddServiceAccount(" Bot ", role), "svc_new", Given.Caller(caller), Given.Everybody);
        if (allowed)
        {
            decision.ShouldBeAccepted(new MemberJoined("svc_new", MemberKind.Service, "Bot", role));
        }
        else
        {
            decision.ShouldBeRejected(RejectionKind.Forbidden, "role_too_small");
        }
    }

    [Fact]
    public void A_service_account_without_a_role_is_an_ordinary_member()
        => AddingServiceAccount.Decide(new AddServiceAccount("Bot", null), "svc_new", Given.Caller(Role.Admin), Given.Everybody)
            .ShouldBeAccepted(new MemberJoined("svc_new", MemberKind.Service, "Bot", Role.Member));

    [Theory]
    [InlineData(Role.Owner, Given.Admin, true)]
    [InlineData(Role.Owner, Given.Member, true)]
    [InlineData(Role.Admin, Given.Owner, false)]
    [InlineData(Role.Admin, Given.Admin, false)]
    [InlineData(Role.Admin, Given.AdminService, false)]
    [InlineData(Role.Admin, Given.Member, true)]
    [InlineData(Role.Admin, Given.Service, true)]
    [InlineData(Role.Member, Given.Member, false)]
    [InlineData(Role.Member, Given.Service, false)]
    public void Renaming_and_removing_take_a_role_that_manages_the_member(Role caller, string id, bool allowed)
    {
        var rename = ChangingMember.Decide(id, new ChangeMember("New name", null), NoTag, Given.Caller(caller), Given.Everybody);
        var remove = RemovingMember.Decide(id, NoTag, Given.Caller(caller), Given.Everybody);
        if (allowed || id == Given.Caller(caller).Id)
        {
            rename.ShouldBeAccepted(new MemberRenamed(id, "New name"));
        }
        else
        {
            rename.ShouldBeRejected(RejectionKind.Forbidden, "role_too_small");
        }

        if (allowed)
        {
            remove.ShouldBeAccepted(new MemberRemoved(id));
        }
        else
        {
            remove.ShouldBeRejected(RejectionKind.Forbidden, "role_too_small");
        }
    }

    [Fact]
    public void Members_change_their_own_name_and_nothing_else_of_themselves()
    {
        ChangingMember.Decide(Given.Member, new ChangeMember("Mia", null), NoTag, Given.Caller(Role.Member), Given.Everybody)
            .ShouldBeAccepted(new MemberRenamed(Given.Member, "Mia"));
        ChangingMember.Decide(Given.Member, new ChangeMember("Mia", Role.Member), NoTag, Given.Caller(Role.Member), Given.Everybody)
            .ShouldBeAccepted(new MemberRenamed(Given.Member, "Mia"));
        ChangingMember.Decide(Given.Member, new ChangeMember("Mia", Role.Admin), NoTag, Given.Caller(Role.Member), Given.Everybody)
            .ShouldBeRejected(RejectionKind.Forbidden, "role_too_small");
        ChangingMember.Decide(Given.Service, new ChangeMember("Mia", null), NoTag, Given.Caller(Role.Member), Given.Everybody)
            .ShouldBeRejected(RejectionKind.Forbidden, "role_too_small");
    }

    [Theory]
    [InlineData(Role.Admin)]
    [InlineData(Role.Owner)]
    public void Nobody_raises_a_member_above_what_they_manage(Role wanted)
        => ChangingMember.Decide(Given.Member, new ChangeMember(null, wanted), NoTag, Given.Caller(Role.Admin), Given.Everybody)
            .ShouldBeRejected(RejectionKind.Forbidden, "role_too_small");

    [Fact]
    public void An_owner_makes_another_owner_and_may_then_step_down()
    {
        ChangingMember.Decide(Given.Admin, new ChangeMember(null, Role.Owner), NoTag, Given.Caller(Role.Owner), Given.Everybody)
            .ShouldBeAccepted(new MemberRoleChanged(Given.Admin, Role.Owner));
        var two = AccessFold.Fold.Evolve(Given.Everybody, new MemberRoleChanged(Given.Admin, Role.Owner));
        ChangingMember.Decide(Given.Owner, new ChangeMember(null, Role.Member), NoTag, Given.Caller(Role.Owner), two)
            .ShouldBeAccepted(new MemberRoleChanged(Given.Owner, Role.Member));
        RemovingMember.Decide(Given.Owner, NoTag, Given.Caller(Role.Owner), two).ShouldBeAccepted(new MemberRemoved(Given.Owner));
    }

    [Fact]
    public void The_last_owner_neither_leaves_nor_loses_the_role()
    {
        ChangingMember.Decide(Given.Owner, new ChangeMember(null, Role.Admin), NoTag, Given.Caller(Role.Owner), Given.Everybody)
            .ShouldBeRejected(RejectionKind.Conflict, "last_owner", "/role");
        RemovingMember.Decide(Given.Owner, NoTag, Given.Caller(Role.Owner), Given.Everybody).ShouldBeRejected(RejectionKind.Conflict, "last_owner");
        ChangingMember.Decide(Given.Owner, new ChangeMember("Still owner", null), NoTag, Given.Caller(Role.Owner), Given.Everybody)
            .ShouldBeAccepted(new MemberRenamed(Given.Owner, "Still owner"));
    }

    [Fact]
    public void An_unknown_member_is_not_found_before_anything_else_is_said()
    {
        ChangingMember.Decide("usr_none", new ChangeMember("X", null), new IfMatch(7), Given.Caller(Role.Member), Given.Everybody)
            .ShouldBeRejected(RejectionKind.NotFound, "member_not_found");
        RemovingMember.Decide("usr_none", new IfMatch(7), Given.Caller(Role.Member), Given.Everybody).ShouldBeRejected(RejectionKind.NotFound, "member_not_found");
    }

    [Fact]
    public void A_tag_is_compared_with_the_members_own_last_change_inside_the_decision()
    {
        // Events 1 to 9 made everybody; the tenth touches the admin alone.
        var state = AccessFold.Fold.Evolve(Given.Everybody, new MemberRenamed(Given.Admin, "Ada"));
        state.Members[Given.Member].Version.ShouldBe(4);
        state.Members[Given.Admin].Version.ShouldBe(10);
        ChangingMember.Decide(Given.Member, new ChangeMember("M", null), new IfMatch(4), Given.Caller(Role.Owner), state)
            .ShouldBeAccepted(new MemberRenamed(Given.Member, "M"));
        ChangingMember.Decide(Given.Admin, new ChangeMember("A", null), new IfMatch(3), Given.Caller(Role.Owner), state)
            .ShouldBeRejected(RejectionKind.PreconditionFailed, "member_changed");
        RemovingMember.Decide(Given.Admin, new IfMatch(3), Given.Caller(Role.Owner), state).ShouldBeRejected(RejectionKind.PreconditionFailed, "member_changed");
    }

    [Fact]
    public void A_change_to_what_already_is_writes_nothing()
        => ChangingMember.Decide(Given.Member, new ChangeMember("Member", Role.Member), NoTag, Given.Caller(Role.Owner), Given.Everybody)
            .ShouldBeOfType<Decision.Unchanged>();

    [Fact]
    public void Name_and_role_change_together()
        => ChangingMember.Decide(Given.Member, new ChangeMember(" Mia ", Role.Admin), NoTag, Given.Caller(Role.Owner), Given.Everybody)
            .ShouldBeAccepted(new MemberRenamed(Given.Member, "Mia"), new MemberRoleChanged(Given.Member, Role.Admin));
}
