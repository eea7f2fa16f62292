namespace Toolgate.EventStore.Tests;

public sealed class DecidingTests
{
    private static readonly Rejection TooLittle = Rejection.Conflict("too_little", "The account does not hold that much.");

    [Fact]
    public async Task a_decision_is_appended_and_its_effect_is_in_the_read_models_when_it_answers()
    {
        await using var host = await TestHost.StartNew();

        var done = (await Decide(host, _ => Decision.Accept(new DepositMade(10), new WithdrawalMade(4)))).ShouldBeOfType<Decided<Account>.Done>();

        done.State.ShouldBe(new Account(6, 2));
        done.Version.ShouldBe(2);
        done.Changed.ShouldBeTrue();
        host.Models.Current.Get<Balances>().ByAccount["a"].ShouldBe(6);
        (await host.Log.FoldStream("a", Account.Fold)).ShouldBe(new Folded<Account>(new(6, 2), 2, done.Position));
    }

    [Fact]
    public async Task a_rejection_writes_nothing_and_nothing_to_do_keeps_the_version()
    {
        await using var host = await TestHost.StartNew();
        await host.Append("a", new DepositMade(1));

        (await Decide(host, _ => TooLittle)).ShouldBe(new Decided<Account>.Refused(TooLittle));
        var unchanged = (await Decide(host, _ => Decision.Nothing)).ShouldBeOfType<Decided<Account>.Done>();

        unchanged.Changed.ShouldBeFalse();
        unchanged.Version.ShouldBe(1);
        (await host.Scalar<long>("select count(*) from events.mt_events")).ShouldBe(1);
    }

    [Fact]
    public async Task a_lost_race_is_decided_again_on_the_new_state()
    {
        await using var host = await TestHost.StartNew();
        await host.Append("a", new DepositMade(10));

        // Ten callers take 1 each, at once, only while something is left for all of them.
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 15).Select(_ => Decide(host, a => a.State.Balance > 0 ? Decision.Accept(new WithdrawalMade(1)) : TooLittle)));

        outcomes.Count(o => o is Decided<Account>.Done).ShouldBe(10);
        outcomes.Count(o => o is Decided<Account>.Refused { Rejection.Code: "too_little" }).ShouldBe(5);
        (await host.Log.FoldStream("a", Account.Fold)).State.Balance.ShouldBe(0);
    }

    [Fact]
    public async Task a_stale_if_match_is_refused_before_and_during_the_append()
    {
        await using var host = await TestHost.StartNew();
        await host.Append("a", new DepositMade(1), new DepositMade(1));

        Kind(await Decide(host, _ => Decision.Accept(new DepositMade(1)), ifMatch: 1)).ShouldBe(RejectionKind.PreconditionFailed);
        Kind(await Decide(host, folded =>
        {
            // Somebody else writes between the fold and the append.
            if (folded.Version == 2)
            {
                host.Append("a", new DepositMade(1)).GetAwaiter().GetResult();
            }

            return Decision.Accept(new DepositMade(1));
        }, ifMatch: 2)).ShouldBe(RejectionKind.PreconditionFailed);
        (await Decide(host, _ => Decision.Accept(new DepositMade(1)), ifMatch: 3)).ShouldBeOfType<Decided<Account>.Done>().Version.ShouldBe(4);
    }

    [Fact]
    public async Task what_may_not_be_seen_is_not_found_whatever_the_precondition()
    {
        await using var host = await TestHost.StartNew();
        await host.Append("a", new DepositMade(1));

        Kind(await Decide(host, _ => Rejection.NotFound("account_not_found", "No such account."), ifMatch: 7)).ShouldBe(RejectionKind.NotFound);
    }

    [Fact]
    public async Task a_taken_name_is_refused_in_the_words_of_the_caller()
    {
        await using var host = await TestHost.StartNew();
        await host.Log.Append(new() { StreamId = "b", Events = [new DepositMade(1)], Claims = [new("slug", "x")] });
        Func<Folded<Account>, Decision> claims = _ => Decision.Accept(new DepositMade(1)) with { Claims = [new("slug", "x")] };

        var plain = await host.Log.Decide("a", "account", Account.Fold, claims, EventMetadata.None);
        var worded = await host.Log.Decide(
            "a", "account", Account.Fold, claims, EventMetadata.None, nameTaken: taken => Rejection.Conflict("slug_taken", taken.HolderStreamId));

        plain.ShouldBeOfType<Decided<Account>.Refused>().Rejection.Code.ShouldBe("name_taken");
        worded.ShouldBeOfType<Decided<Account>.Refused>().Rejection.ShouldBe(Rejection.Conflict("slug_taken", "b"));
    }

    private static RejectionKind Kind(Decided<Account> decided) => decided.ShouldBeOfType<Decided<Account>.Refused>().Rejection.Kind;

    private static Task<Decided<Account>> Decide(TestHost host, Func<Folded<Account>, Decision> decide, long? ifMatch = null)
        => host.Log.Decide("a", "account", Account.Fold, decide, EventMetadata.By("test"), ifMatch);
}
