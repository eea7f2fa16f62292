using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Toolgate.Access.Events;
using Toolgate.EventStore;

namespace Toolgate.Access.Tests;

public sealed class GrantDecisionTests
{
    private const string Verifier = "0123456789-0123456789-0123456789-0123456789";
    private const string Client = "cli_a";
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly string id = Rest.Ids.New("grt");
    private readonly string code;
    private readonly string family = GrantTokens.NewFamily();
    private GrantDecisionState state;

    public GrantDecisionTests()
    {
        code = GrantTokens.NewCode(id);
        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));
        state = Apply(GrantDecisionState.Fold.Initial, new GrantGiven(
            id, "usr_a", Client, "Client", "/mcp", null, ["mcp"], true, "https://x.example/", challenge, GrantTokens.Digest(code), Start.AddSeconds(60)));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(59.9, true)]
    [InlineData(60, false)]
    public void a_code_is_good_for_a_minute(double after, bool good)
        => (Redeem(Start.AddSeconds(after)) is Decision.Accepted { Events: [GrantTokensIssued] }).ShouldBe(good);

    [Fact]
    public void a_code_that_comes_again_ends_the_grant_even_when_it_has_expired()
    {
        Carry(Redeem(Start));
        ((GrantEnded)Carry(Redeem(Start.AddHours(3)))[0]).Reason.ShouldBe(GrantEnding.CodeReplayed);
        Redeem(Start).ShouldBeOfType<Decision.Rejected>("a grant that has ended gives nothing");
    }

    [Fact]
    public void somebody_elses_client_ends_nothing()
    {
        Carry(Redeem(Start));
        new RedeemCode("cli_b", code, null, Verifier, null).Decide(state, New(), Start).ShouldBeOfType<Decision.Rejected>();
        RefreshWith(New().Refresh, Start, client: "cli_b").ShouldBeOfType<Decision.Rejected>();
    }

    [Fact]
    public void a_replaced_token_is_good_for_45_seconds_and_ends_the_grant_after_them()
    {
        var (first, second) = (New(), New());
        Carry(Redeem(Start, first));
        Carry(RefreshWith(first.Refresh, Start.AddSeconds(10), second)).OfType<GrantTokensIssued>().Single().Generation.ShouldBe(2);

        ((Decision.Accepted)RefreshWith(first.Refresh, Start.AddSeconds(54.9))).Events[0].ShouldBeOfType<GrantTokensIssued>().Generation.ShouldBe(2);
        ((Decision.Accepted)RefreshWith(first.Refresh, Start.AddSeconds(55))).Events[0].ShouldBeOfType<GrantEnded>().Reason.ShouldBe(GrantEnding.RefreshReplayed);
    }

    [Fact]
    public void of_two_who_hold_tokens_of_one_generation_the_second_is_found_out()
    {
        var (first, mine, theirs, next) = (New(), New(), New(), New());
        Carry(Redeem(Start, first));
        Carry(RefreshWith(first.Refresh, Start, mine));
        Carry(RefreshWith(first.Refresh, Start.AddSeconds(1), theirs));
        Carry(RefreshWith(mine.Refresh, Start.AddSeconds(100), next));

        ((Decision.Accepted)RefreshWith(theirs.Refresh, Start.AddSeconds(200))).Events[0].ShouldBeOfType<GrantEnded>();
    }

    [Fact]
    public void a_token_two_generations_old_ends_the_grant_at_once()
    {
        var (first, second, third) = (New(), New(), New());
        Carry(Redeem(Start, first));
        Carry(RefreshWith(first.Refresh, Start, second));
        Carry(RefreshWith(second.Refresh, Start, third));

        ((Decision.Accepted)RefreshWith(first.Refresh, Start)).Events[0].ShouldBeOfType<GrantEnded>();
    }

    [Fact]
    public void who_does_not_know_the_family_ends_nothing()
    {
        Carry(Redeem(Start));
        var guess = GrantTokens.NewFamily();
        new RefreshTokens(Client, GrantTokens.NewRefresh(id, guess), guess, null).Decide(state, New(), Start).ShouldBeOfType<Decision.Rejected>();
    }

    [Fact]
    public void a_refresh_token_ends_when_it_is_not_used()
    {
        var first = New();
        Carry(Redeem(Start, first));
        RefreshWith(first.Refresh, Start.AddDays(29.9)).ShouldBeOfType<Decision.Accepted>();
        RefreshWith(first.Refresh, Start.AddDays(30)).ShouldBeOfType<Decision.Rejected>();
    }

    private NewTokens New() => new(GrantTokens.NewAccess(), family, GrantTokens.NewRefresh(id, family), TimeSpan.FromHours(1), TimeSpan.FromDays(30));

    private Decision Redeem(DateTimeOffset now, NewTokens? tokens = null) => new RedeemCode(Client, code, "https://x.example/", Verifier, "/mcp").Decide(state, tokens ?? New(), now);

    private Decision RefreshWith(string token, DateTimeOffset now, NewTokens? tokens = null, string client = Client)
        => new RefreshTokens(client, token, GrantTokens.OfRefresh(token)!.Value.Family, null).Decide(state, tokens ?? New(), now);

    private IReadOnlyList<object> Carry(Decision decision)
    {
        var events = decision.ShouldBeOfType<Decision.Accepted>().Events;
        state = events.Aggregate(state, Apply);
        return events;
    }

    private static GrantDecisionState Apply(GrantDecisionState state, object e) => GrantDecisionState.Fold.Evolve(state, e);
}
