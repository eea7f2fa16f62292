using System.Text.Json;
using Toolgate.Access.Events;
using Toolgate.EventStore;

namespace Toolgate.Access.Tests;

public sealed class JoinByProviderTests
{
    private static readonly MemberIdentity Ada = new("https://login.example", "sub-1");

    [Fact]
    public void Somebody_new_joins_with_the_role_of_their_groups_or_as_a_member()
    {
        Join(Person(null), Given.Everybody).ShouldBeAccepted(
            new MemberJoined("usr_new", MemberKind.Person, "Ada", Role.Member), new MemberEmailChanged("usr_new", "ada@example.com"),
            new MemberIdentityLinked("usr_new", Ada.Issuer, Ada.Subject));
        Join(Person(Role.Admin), Given.Everybody).ShouldBeOfType<Decision.Accepted>().Events[0]
            .ShouldBe(new MemberJoined("usr_new", MemberKind.Person, "Ada", Role.Admin));
    }

    [Fact]
    public void Who_is_known_by_issuer_and_subject_gets_the_role_of_today()
    {
        var state = With(new MemberIdentityLinked(Given.Member, Ada.Issuer, Ada.Subject));
        Join(Person(Role.Member), state).ShouldBeOfType<Decision.Unchanged>();
        Join(Person(null), state).ShouldBeOfType<Decision.Unchanged>();
        Join(Person(Role.Admin), state).ShouldBeAccepted(new MemberRoleChanged(Given.Member, Role.Admin));
        Join(Person(null) with { Identity = Ada with { Subject = "sub-2" } }, state).ShouldBeOfType<Decision.Accepted>().Events[0].ShouldBeOfType<MemberJoined>();
        Join(Person(null) with { Identity = Ada with { Issuer = "https://other.example" } }, state).ShouldBeOfType<Decision.Accepted>().Events[0].ShouldBeOfType<MemberJoined>();
    }

    [Fact]
    public void The_last_owner_stays_one_and_another_one_does_not()
    {
        var last = With(new MemberIdentityLinked(Given.Owner, Ada.Issuer, Ada.Subject));
        Join(Person(Role.Member), last).ShouldBeOfType<Decision.Unchanged>();
        var two = AccessFold.Fold.Evolve(last, new MemberRoleChanged(Given.Admin, Role.Owner));
        Join(Person(Role.Member), two).ShouldBeAccepted(new MemberRoleChanged(Given.Owner, Role.Member));
    }

    [Fact]
    public void A_demotion_by_groups_withdraws_links_like_any_other()
    {
        var state = With(
            new MemberIdentityLinked(Given.Admin, Ada.Issuer, Ada.Subject),
            new AccessLinkIssued("lnk_1", LinkPurpose.Invite, null, Role.Member, null, "d", null, Given.Admin));
        Join(Person(Role.Member), state).ShouldBeAccepted(new AccessLinkRevoked("lnk_1"), new MemberRoleChanged(Given.Admin, Role.Member));
    }

    [Fact]
    public void An_address_links_only_where_the_operator_allows_it_and_only_once()
    {
        var state = With(new MemberEmailChanged(Given.Owner, "ada@example.com"));
        Join(Person(null), state).ShouldBeRejected(RejectionKind.Conflict, "email_taken");
        Join(Person(null), state, linkByEmail: true).ShouldBeAccepted(new MemberIdentityLinked(Given.Owner, Ada.Issuer, Ada.Subject));
        var linked = AccessFold.Fold.Evolve(state, new MemberIdentityLinked(Given.Owner, Ada.Issuer, "sub-9"));
        Join(Person(null), linked, linkByEmail: true).ShouldBeRejected(RejectionKind.Conflict, "email_taken");
    }

    [Theory]
    [InlineData("""{"sub":"1","email":"a@example.com","email_verified":true}""", null)]
    [InlineData("""{"sub":"1","email":"a@EXAMPLE.com","email_verified":"true"}""", null)]
    [InlineData("""{"sub":"1","email":"a@example.com","email_verified":"yes"}""", "email_not_verified")]
    [InlineData("""{"sub":"1","email":"a@example.com"}""", "email_not_verified")]
    [InlineData("""{"sub":"1","email":"a@example.com.evil","email_verified":true}""", "domain_not_allowed")]
    [InlineData("""{"sub":"1","email":"a@evil@example.com","email_verified":true}""", "no_email")]
    [InlineData("""{"sub":"1","email_verified":true}""", "no_email")]
    [InlineData("""{"sub":"","email":"a@example.com","email_verified":true}""", "no_subject")]
    [InlineData("""{"sub":7,"email":"a@example.com","email_verified":true}""", "no_subject")]
    public void Who_may_come_in_is_said_by_the_operator(string claims, string? refusal)
    {
        var options = new OpenIdConnectOptions { Issuer = Ada.Issuer, AllowedDomains = ["example.com"] };
        var person = () => ProvidedPerson.Of(JsonSerializer.Deserialize<JsonElement>(claims), options);
        if (refusal is null)
        {
            person().Email.ShouldBe("a@example.com");
        }
        else
        {
            person.ShouldThrow<ProviderException>().Reason.ShouldBe(refusal);
        }
    }

    [Theory]
    [InlineData("""["staff"]""", Role.Member)]
    [InlineData("""["staff","ADMINS"]""", Role.Admin)]
    [InlineData("\"admins\"", Role.Admin)]
    [InlineData("""["other"]""", null)]
    [InlineData("""["*"]""", null)]
    [InlineData("""{"admins":true}""", null)]
    public void The_highest_role_of_the_groups_counts(string groups, Role? role)
    {
        var options = new OpenIdConnectOptions { Issuer = Ada.Issuer, Roles = { ["staff"] = Role.Member, ["admins"] = Role.Admin } };
        var claims = JsonSerializer.Deserialize<JsonElement>($$"""{"sub":"1","email":"a@example.com","email_verified":true,"groups":{{groups}}}""");
        if (role is not null)
        {
            ProvidedPerson.Of(claims, options).Role.ShouldBe(role);
        }
        else
        {
            Should.Throw<ProviderException>(() => ProvidedPerson.Of(claims, options)).Reason.ShouldBe("no_group");
        }

        options.Roles["*"] = Role.Member;
        ProvidedPerson.Of(claims, options).Role.ShouldBe(role ?? Role.Member);
    }

    [Theory]
    [InlineData("https://login.example", true)]
    [InlineData("http://127.0.0.1:5000", true)]
    [InlineData("http://login.example", false)]
    [InlineData("http://localhost.evil.example", false)]
    [InlineData("https://user@login.example", false)]
    [InlineData("file:///etc/passwd", false)]
    [InlineData("login.example", false)]
    public void A_provider_is_reached_safely(string address, bool isSafe) => OpenIdConnectOptions.IsSafe(address).ShouldBe(isSafe);

    private static ProvidedPerson Person(Role? role) => new(Ada, "ada@example.com", "Ada", role);

    private static Decision Join(ProvidedPerson person, AccessDecisionState state, bool linkByEmail = false) => JoiningByProvider.Decide(person, "usr_new", linkByEmail, state);

    private static AccessDecisionState With(params object[] events) => events.Aggregate(Given.Everybody, AccessFold.Fold.Evolve);
}
