using FsCheck;
using FsCheck.Fluent;
using Toolgate.Access.Events;
using Toolgate.EventStore;

namespace Toolgate.Access.Tests;

public sealed class ApiKeyDecisionTests
{
    [Theory]
    [InlineData(Role.Owner, Scopes.All)]
    [InlineData(Role.Admin, Scopes.All)]
    [InlineData(Role.Member, Scopes.Manage | Scopes.ToolsInvoke)]
    public void A_key_without_scopes_gets_all_that_its_member_may(Role role, Scopes expected)
        => Issued(Issue(new IssueApiKey("Mine", null, null, null), Given.Caller(role))).Scopes.ShouldBe(expected);

    [Fact]
    public void A_member_gets_no_audit_scope_and_the_refusal_points_to_it()
        => Issue(new IssueApiKey("Mine", ["manage", "audit"], null, null), Given.Caller(Role.Member)).ShouldBeRejected(RejectionKind.Invalid, "scope_not_held", "/scopes");

    [Fact]
    public void A_key_gets_no_scope_that_the_issuing_credential_lacks()
    {
        var manager = Given.Caller(Role.Owner, Scopes.Manage);
        Issue(new IssueApiKey("More", ["tools:invoke"], null, null), manager).ShouldBeRejected(RejectionKind.Invalid, "scope_not_held", "/scopes");
        Issued(Issue(new IssueApiKey("All I have", null, null, null), manager)).Scopes.ShouldBe(Scopes.Manage);
    }

    [Fact]
    public void No_key_ever_allows_more_than_its_member_and_its_issuer()
    {
        string[] names = ["manage", "audit", "tools:invoke"];
        var cases =
            from role in Gen.Elements(Role.Owner, Role.Admin, Role.Member)
            from held in Gen.Choose(1, 7)
            from asked in Gen.SubListOf(names)
            from target in Gen.Elements<string?>(null, Given.Service, Given.AdminService)
            select (role, held: (Scopes)held, asked, target);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var caller = Given.Caller(c.role, c.held);
            var decision = Issue(new IssueApiKey("K", c.asked.Count == 0 ? null : [.. c.asked], null, c.target), caller);
            if (decision is not Decision.Accepted { Events: [ApiKeyIssued issued] })
            {
                return true;
            }

            var member = Given.Everybody.Members[issued.MemberId].Role;
            return (issued.Scopes & ~AccessState.Allowed(member)) == Scopes.None && (issued.Scopes & ~c.held) == Scopes.None && member <= c.role;
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(Role.Owner, Given.Service, null)]
    [InlineData(Role.Owner, Given.AdminService, null)]
    [InlineData(Role.Admin, Given.Service, null)]
    [InlineData(Role.Admin, Given.AdminService, "unknown_member")]
    [InlineData(Role.Member, Given.Service, "unknown_member")]
    [InlineData(Role.Owner, Given.Member, "not_a_service_account")]
    [InlineData(Role.Owner, "usr_none", "unknown_member")]
    public void Keys_of_others_are_issued_for_service_accounts_by_those_who_manage_them(Role caller, string memberId, string? code)
    {
        var decision = Issue(new IssueApiKey("For it", null, null, memberId), Given.Caller(caller));
        if (code is null)
        {
            Issued(decision).MemberId.ShouldBe(memberId);
        }
        else
        {
            decision.ShouldBeOfType<Decision.Rejected>().Rejection.Code.ShouldBe(code);
        }
    }

    [Theory]
    [InlineData(Given.Owner, "key_service", true)]
    [InlineData(Given.Admin, "key_service", true)]
    [InlineData(Given.Member, "key_service", false)]
    [InlineData(Given.Member, "key_member", true)]
    [InlineData(Given.Owner, "key_member", false)]
    [InlineData(Given.Owner, "key_none", false)]
    public void A_key_is_revoked_by_its_member_or_as_a_service_accounts_by_an_admin_and_otherwise_does_not_exist(string caller, string keyId, bool allowed)
    {
        var state = new object[] { Given.Key("key_service", Given.Service), Given.Key("key_member", Given.Member) }.Aggregate(Given.Everybody, AccessFold.Fold.Evolve);
        var decision = RevokingApiKey.Decide(keyId, Given.Caller(caller), state);
        if (allowed)
        {
            decision.ShouldBeAccepted(new ApiKeyRevoked(keyId));
        }
        else
        {
            decision.ShouldBeRejected(RejectionKind.NotFound, "api_key_not_found");
        }
    }

    [Fact]
    public void The_last_key_of_an_owner_stays_and_one_of_two_goes()
    {
        RevokingApiKey.Decide("key_of_usr_owner", Given.Caller(Given.Owner), Given.Everybody).ShouldBeRejected(RejectionKind.Conflict, "last_owner_key");
        var two = AccessFold.Fold.Evolve(Given.Everybody, Given.Key("key_other", Given.Owner));
        RevokingApiKey.Decide("key_of_usr_owner", Given.Caller(Given.Owner), two).ShouldBeAccepted(new ApiKeyRevoked("key_of_usr_owner"));
    }

    [Fact]
    public void A_revoked_key_and_the_keys_of_a_removed_member_are_gone()
    {
        var state = new object[] { Given.Key("key_1", Given.Member), Given.Key("key_2", Given.Member), Given.Key("key_3", Given.Service), new ApiKeyRevoked("key_1"), new MemberRemoved(Given.Member) }
            .Aggregate(Given.Everybody, AccessFold.Fold.Evolve);
        state.Keys.Keys.Order(StringComparer.Ordinal).ShouldBe(["key_3", "key_of_usr_admin", "key_of_usr_owner"]);
    }

    [Theory]
    [InlineData(null, null, null, null)]
    [InlineData(null, 10, 10, null)]
    [InlineData(20, null, 20, null)]
    [InlineData(20, 20, 20, null)]
    [InlineData(20, 19, 19, null)]
    [InlineData(20, 21, null, "outlives_issuer")]
    public void A_key_never_outlives_the_key_that_issued_it(int? issuerEnds, int? asked, int? ends, string? code)
    {
        var state = AccessFold.Fold.Evolve(Given.Everybody, Given.Key("key_issuer", Given.Owner, Day(issuerEnds)));
        var decision = IssuingApiKey.Decide(
            new IssueApiKey("Next", null, Day(asked), null), "key_new", "", "", Given.Caller(Given.Owner) with { CredentialId = "key_issuer" }, state);
        if (code is null)
        {
            Issued(decision).ExpiresAt.ShouldBe(Day(ends));
        }
        else
        {
            decision.ShouldBeRejected(RejectionKind.Invalid, code, "/expiresAt");
        }

        static DateTimeOffset? Day(int? day) => day is { } d ? new DateTimeOffset(2027, 1, d, 0, 0, 0, TimeSpan.Zero) : null;
    }

    private static Decision Issue(IssueApiKey command, Principal caller)
        => IssuingApiKey.Decide(command, "key_new", new string('a', 64), "tgk_abcdef", caller, Given.Everybody);

    private static ApiKeyIssued Issued(Decision decision)
        => decision.ShouldBeOfType<Decision.Accepted>().Events.ShouldHaveSingleItem().ShouldBeOfType<ApiKeyIssued>();
}
