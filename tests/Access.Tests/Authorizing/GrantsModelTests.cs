using Toolgate.Access.Events;
using Toolgate.EventStore;

namespace Toolgate.Access.Tests;

public sealed class GrantsModelTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly GrantsModel model = new();

    [Fact]
    public void a_snapshot_read_back_gives_equal_bytes_and_finds_the_same_tokens()
    {
        var (state, token) = Given();
        var back = model.Deserialize(model.Serialize(state));

        model.Serialize(back).ShouldBe(model.Serialize(state));
        back.Find(token, Start.AddMinutes(1))!.Id.ShouldBe("grt_1");
    }

    [Fact]
    public void a_token_is_found_until_it_expires_and_a_near_miss_never()
    {
        var (state, token) = Given();

        state.Find(token, Start.AddMinutes(59)).ShouldNotBeNull();
        state.Find(token, Start.AddMinutes(60)).ShouldBeNull();
        state.Find(token + "x", Start).ShouldBeNull();
        state.Find(token.AsSpan(0, token.Length - 1), Start).ShouldBeNull();
        state.Find(new string('x', 10_000), Start).ShouldBeNull();
    }

    [Fact]
    public void every_way_to_an_end_takes_the_tokens_and_says_that_something_ended()
    {
        object[] ends = [new GrantEnded("grt_1", GrantEnding.Revoked), new ClientRemoved("cli_1"), new MemberRemoved("usr_1"), new PasswordChanged("usr_1", null)];
        foreach (var end in ends)
        {
            var (state, token) = Given();
            var after = model.Evolve(state, Event(end, Start));
            after.Find(token, Start).ShouldBeNull(end.ToString());
            after.Endings.ShouldNotBeSameAs(state.Endings);
        }

        var (other, kept) = Given();
        model.Evolve(other, Event(new PasswordChanged("usr_1", "ses_1"), Start)).Find(kept, Start).ShouldNotBeNull("a person who changes it at the console sees what they allowed");
        model.Evolve(other, Event(new MemberRemoved("usr_2"), Start)).Endings.ShouldBeSameAs(other.Endings);
    }

    [Fact]
    public void what_has_run_out_goes_with_the_next_grant_and_old_tokens_with_the_next_token()
    {
        var (state, _) = Given();
        var later = model.Evolve(state, Event(Grant("grt_2"), Start.AddDays(31)));
        later.Grants.Keys.ShouldBe(["grt_2"]);

        for (var i = 0; i < 40; i++)
        {
            state = model.Evolve(state, Event(Issued("grt_1", GrantTokens.NewAccess(), 2), Start.AddSeconds(i)));
        }

        state.Grants["grt_1"].Tokens.Length.ShouldBe(Access.Grant.MaxTokens);
    }

    private (GrantsState State, string Token) Given()
    {
        var token = GrantTokens.NewAccess();
        var state = model.Evolve(GrantsState.Empty, Event(Grant("grt_1"), Start));
        return (model.Evolve(state, Event(Issued("grt_1", token, 1), Start)), token);
    }

    private static GrantGiven Grant(string id)
        => new(id, "usr_1", "cli_1", "Client", "/mcp", null, ["mcp"], true, "https://x.example/", "challenge", GrantTokens.Digest(id), Start.AddMinutes(1));

    private static GrantTokensIssued Issued(string id, string token, int generation)
        => new(id, generation, Start, GrantTokens.Digest(token), Start.AddHours(1), GrantTokens.Digest("f"), GrantTokens.Digest("r"), Start.AddDays(30));

    private static StoredEvent Event(object data, DateTimeOffset at) => new(1, Guid.Empty, "s", 1, "", data, at, EventMetadata.None);
}
