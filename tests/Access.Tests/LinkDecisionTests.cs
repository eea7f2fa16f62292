using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access.Tests;

/// <summary>A link lets somebody in with a role: it is worth what its issuer may give today, for what its member is today.</summary>
public sealed class LinkDecisionTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);
    private static readonly IfMatch NoTag = new(null);
    private static readonly SideWrite Storing = new("select 1");

    [Fact]
    public void A_reset_link_is_used_once_and_by_whom_it_was_made_for()
    {
        var state = With(Reset("lnk_1", Given.Member, Role.Member, Given.Admin));
        Use("lnk_1", state).ShouldBeAccepted(new AccessLinkUsed("lnk_1", Given.Member), new PasswordChanged(Given.Member, null));
        Use("lnk_1", After(state, new AccessLinkUsed("lnk_1", Given.Member))).ShouldBeOfType<Decision.Rejected>().Rejection.ShouldBe(UsingLink.NoLink);
    }

    [Fact]
    public void A_reset_link_is_worth_nothing_once_its_member_has_another_role()
        => Use("lnk_1", After(With(Reset("lnk_1", Given.Member, Role.Member, Given.Admin)), new MemberRoleChanged(Given.Member, Role.Owner)))
            .ShouldBeOfType<Decision.Rejected>().Rejection.ShouldBe(UsingLink.NoLink);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_link_is_worth_nothing_once_its_issuer_could_not_give_it_any_more(bool removed)
    {
        object end = removed ? new MemberRemoved(Given.Admin) : new MemberRoleChanged(Given.Admin, Role.Member);
        var state = After(With(Reset("lnk_1", Given.Member, Role.Member, Given.Admin), Invite("lnk_2", Role.Member, Given.Admin)), end);

        Use("lnk_1", state).ShouldBeOfType<Decision.Rejected>().Rejection.ShouldBe(UsingLink.NoLink);
        Use("lnk_2", state, "new@example.com").ShouldBeOfType<Decision.Rejected>().Rejection.ShouldBe(UsingLink.NoLink);
    }

    [Fact]
    public void An_issuer_who_rises_or_keeps_enough_leaves_links_as_they_are()
    {
        var state = With(Invite("lnk_1", Role.Member, Given.Admin));
        ChangingMember.Decide(Given.Admin, new ChangeMember(null, Role.Owner), NoTag, Given.Caller(Role.Owner), state)
            .ShouldBeAccepted(new MemberRoleChanged(Given.Admin, Role.Owner));
        Use("lnk_1", After(state, new MemberRoleChanged(Given.Admin, Role.Owner)), "new@example.com").ShouldBeOfType<Decision.Accepted>();
    }

    [Fact]
    public void A_removal_and_a_demotion_withdraw_what_the_member_gave_out_so_that_the_log_says_so()
    {
        var state = With(Reset("lnk_1", Given.Member, Role.Member, Given.Admin), Invite("lnk_2", Role.Member, Given.Admin), Invite("lnk_3", Role.Member, Given.Owner));

        RemovingMember.Decide(Given.Admin, NoTag, Given.Caller(Role.Owner), state)
            .ShouldBeAccepted(new AccessLinkRevoked("lnk_1"), new AccessLinkRevoked("lnk_2"), new MemberRemoved(Given.Admin));
        ChangingMember.Decide(Given.Admin, new ChangeMember(null, Role.Member), NoTag, Given.Caller(Role.Owner), state)
            .ShouldBeAccepted(new AccessLinkRevoked("lnk_1"), new AccessLinkRevoked("lnk_2"), new MemberRoleChanged(Given.Admin, Role.Member));
        ChangingMember.Decide(Given.Member, new ChangeMember(null, Role.Admin), NoTag, Given.Caller(Role.Owner), state)
            .ShouldBeAccepted(new AccessLinkRevoked("lnk_1"), new MemberRoleChanged(Given.Member, Role.Admin));
    }

    [Fact]
    public void Who_asked_for_a_link_is_written_down()
    {
        var invite = IssuingInvite.Decide(new IssueInvite(null, null, null), "lnk_1", "digest", Now, Given.Caller(Role.Admin), Given.Everybody);
        invite.ShouldBeAccepted(new AccessLinkIssued("lnk_1", LinkPurpose.Invite, null, Role.Member, null, "digest", Now.AddDays(7), Given.Admin));
        var reset = ResettingPassword.Decide(Given.Member, "lnk_2", "digest", Now, Given.Caller(Role.Admin), With(new MemberEmailChanged(Given.Member, "m@example.com")));
        reset.ShouldBeAccepted(new AccessLinkIssued("lnk_2", LinkPurpose.Reset, Given.Member, Role.Member, null, "digest", Now.AddDays(1), Given.Admin));
    }

    [Fact]
    public void A_password_that_somebody_changes_ends_the_links_that_could_change_it_again()
    {
        var state = With(Reset("lnk_1", Given.Member, Role.Member, Given.Admin), Reset("lnk_2", Given.Admin, Role.Admin, Given.Owner));
        ChangingPassword.Decide(Given.Caller(Role.Member), Storing, state).ShouldBeAccepted(new AccessLinkRevoked("lnk_1"), new PasswordChanged(Given.Member, null));
    }

    [Fact]
    public void Who_uses_one_link_ends_their_others()
    {
        var state = With(
            new AccessLinkIssued("lnk_1", LinkPurpose.Setup, Given.Owner, Role.Owner, null, "d", Now, null),
            new AccessLinkIssued("lnk_2", LinkPurpose.Setup, Given.Owner, Role.Owner, null, "d", Now, null));
        Use("lnk_2", state).ShouldBeAccepted(new AccessLinkUsed("lnk_2", Given.Owner), new AccessLinkRevoked("lnk_1"), new PasswordChanged(Given.Owner, null));
    }

    [Fact]
    public void A_setup_link_is_offered_for_a_day_as_long_as_no_owner_can_sign_in()
    {
        FirstStart.Decide("lnk_1", "digest", Now, Given.Everybody)
            .ShouldBeAccepted(new AccessLinkIssued("lnk_1", LinkPurpose.Setup, Given.Owner, Role.Owner, null, "digest", Now.AddDays(1), null));
        FirstStart.Decide("lnk_1", "digest", Now, With(new MemberEmailChanged(Given.Owner, "o@example.com"))).ShouldBeOfType<Decision.Unchanged>();
        FirstStart.Decide("lnk_1", "digest", Now, With(new MemberEmailChanged(Given.Admin, "a@example.com"))).ShouldBeOfType<Decision.Accepted>();
    }

    [Fact]
    public void Setup_links_of_many_starts_do_not_add_up()
    {
        var links = Enumerable.Range(1, 7).Select(i => new AccessLinkIssued($"lnk_{i}", LinkPurpose.Setup, Given.Owner, Role.Owner, null, "d", Now.AddHours(i - 2), null));
        var state = links.Aggregate(Given.Everybody, AccessFold.Fold.Evolve);

        // The first two have ended, the third makes room: the newest four and the new one are left.
        FirstStart.Decide("lnk_8", "digest", Now, state).ShouldBeAccepted(
            new AccessLinkRevoked("lnk_1"), new AccessLinkRevoked("lnk_2"), new AccessLinkRevoked("lnk_3"),
            new AccessLinkIssued("lnk_8", LinkPurpose.Setup, Given.Owner, Role.Owner, null, "digest", Now.AddDays(1), null));
    }

    private static AccessLinkIssued Reset(string id, string memberId, Role role, string issuer) => new(id, LinkPurpose.Reset, memberId, role, null, "d", Now.AddDays(1), issuer);

    private static AccessLinkIssued Invite(string id, Role role, string issuer) => new(id, LinkPurpose.Invite, null, role, null, "d", Now.AddDays(1), issuer);

    private static Decision Use(string id, AccessDecisionState state, string? email = null)
        => UsingLink.Decide(id, "usr_new", email is null ? null : "New", email, _ => Storing, state);

    private static AccessDecisionState With(params object[] events) => After(Given.Everybody, events);

    private static AccessDecisionState After(AccessDecisionState state, params object[] events) => events.Aggregate(state, AccessFold.Fold.Evolve);
}
