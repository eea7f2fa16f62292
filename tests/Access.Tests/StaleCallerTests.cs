using Toolgate.Access.Events;
using Toolgate.EventStore;
using Toolgate.Rest;

namespace Toolgate.Access.Tests;

/// <summary>A request is authenticated before it is decided; what changed in between counts.</summary>
public sealed class StaleCallerTests
{
    private static readonly IfMatch NoTag = new(null);

    public static TheoryData<string> Decisions => [.. All.Keys];

    private static Dictionary<string, Func<Principal, AccessDecisionState, Decision>> All { get; } = new()
    {
        ["add"] = (caller, state) => AddingServiceAccount.Decide(new AddServiceAccount("Bot", null), "svc_new", caller, state),
        ["change"] = (caller, state) => ChangingMember.Decide(Given.Service, new ChangeMember("New name", null), NoTag, caller, state),
        ["remove"] = (caller, state) => RemovingMember.Decide(Given.Service, NoTag, caller, state),
        ["issue"] = (caller, state) => IssuingApiKey.Decide(new IssueApiKey("Key", null, null, Given.Service), "key_new", "", "", caller, state),
        ["revoke"] = (caller, state) => RevokingApiKey.Decide("key_service", caller, state),
    };

    [Theory]
    [MemberData(nameof(Decisions))]
    public void An_admin_decides_as_long_as_it_is_one(string decision)
        => All[decision](Given.Caller(Given.Admin), After()).ShouldBeOfType<Decision.Accepted>();

    [Theory]
    [MemberData(nameof(Decisions))]
    public void A_revoked_credential_decides_nothing_any_more(string decision)
        => All[decision](Given.Caller(Given.Admin), After(new ApiKeyRevoked("key_of_usr_admin"))).ShouldBeOfType<Decision.Rejected>().Rejection.ShouldBe(MemberRules.CredentialEnded);

    [Theory]
    [MemberData(nameof(Decisions))]
    public void A_removed_member_decides_nothing_any_more(string decision)
        => All[decision](Given.Caller(Given.Admin), After(new MemberRemoved(Given.Admin))).ShouldBeOfType<Decision.Rejected>().Rejection.ShouldBe(MemberRules.CredentialEnded);

    [Theory]
    [MemberData(nameof(Decisions))]
    public void A_demoted_member_decides_with_the_role_that_it_has_now(string decision)
        => All[decision](Given.Caller(Given.Admin), After(new MemberRoleChanged(Given.Admin, Role.Member))).ShouldBeOfType<Decision.Rejected>();

    [Fact]
    public void A_promoted_member_need_not_come_again()
        => All["add"](Given.Caller(Given.Member), After(new MemberRoleChanged(Given.Member, Role.Admin))).ShouldBeOfType<Decision.Accepted>();

    private static AccessDecisionState After(params object[] events)
        => events.Prepend(Given.Key("key_service", Given.Service)).Aggregate(Given.Everybody, AccessFold.Fold.Evolve);
}
