using FsCheck;
using FsCheck.Fluent;

namespace Toolgate.EventStore.Tests;

public sealed class Laws
{
    [Fact]
    public void folding_a_concatenation_is_folding_the_second_part_from_the_state_of_the_first()
        => Prop.ForAll<long[], long[]>((first, second) =>
        {
            object[] head = [.. first.Select(Event)], tail = [.. second.Select(Event)];
            var whole = head.Concat(tail).Aggregate(Account.Fold.Initial, Account.Fold.Evolve);
            return whole == tail.Aggregate(head.Aggregate(Account.Fold.Initial, Account.Fold.Evolve), Account.Fold.Evolve);
        }).QuickCheckThrowOnFailure();

    /// <summary>Requests in any order, with expectations right and wrong and a few names to fight over, against a model that knows nothing of batches.</summary>
    [Fact]
    public void any_interleaving_keeps_streams_gapless_positions_increasing_and_one_holder_for_each_name()
        => Prop.ForAll(Requests().ToArbitrary(), requests =>
        {
            var positions = Enumerable.Range(1, requests.Sum(r => r.Events.Count)).Select(i => i * 3L).ToArray();
            var plan = BatchPlan.Of(requests, new Dictionary<string, long> { ["s0"] = 4 }, new Dictionary<NameClaim, string> { [new("n", "0")] = "s0" }, positions);
            var versions = new Dictionary<string, long> { ["s0"] = 4 };
            var holders = new Dictionary<NameClaim, string> { [new("n", "0")] = "s0" };
            var written = 0;
            for (var i = 0; i < requests.Length; i++)
            {
                // A batch of one request at a time is the definition; the batch must agree with it.
                var alone = BatchPlan.Of([requests[i]], versions, holders, positions.AsSpan(written));
                if (alone.Outcomes[0] != plan.Outcomes[i])
                {
                    return false;
                }

                foreach (var (stream, (_, version)) in alone.Streams)
                {
                    versions[stream] = version;
                }

                foreach (var (claim, holder) in alone.ClaimChanges)
                {
                    holders.Remove(claim);
                    if (holder is not null)
                    {
                        holders.Add(claim, holder);
                    }
                }

                written += alone.Events.Count;
            }

            var inOrder = plan.Events.Select(e => e.Position).SequenceEqual(plan.Events.Select(e => e.Position).Order());
            var gapless = plan.Events.GroupBy(e => requests[e.Request].StreamId)
                .All(s => s.Select(e => e.Version).SequenceEqual(Enumerable.Range(1, s.Count()).Select(v => (s.Key == "s0" ? 4L : 0L) + v)));
            return inOrder && gapless && written == plan.Events.Count
                && plan.Streams.All(s => versions[s.Key] == s.Value.Version)
                && plan.ClaimChanges.All(c => holders.GetValueOrDefault(c.Claim) == c.Holder);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void an_alias_is_snake_case_and_no_two_names_share_one()
        => Prop.ForAll(Names().ToArbitrary(), Names().ToArbitrary(), (one, other) =>
        {
            var (first, second) = (EventTypes.AliasOf(one), EventTypes.AliasOf(other));
            var back = string.Concat(first.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
            return back == one && (first == second) == (one == other) && first.All(c => c is '_' or (>= 'a' and <= 'z'));
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("HTTPCalled")]
    [InlineData("Call2Made")]
    [InlineData("Call_Made")]
    [InlineData("ÄnderungMade")]
    [InlineData("callMade")]
    public void a_name_that_marten_would_alias_otherwise_is_refused(string name)
        => Should.Throw<InvalidOperationException>(() => EventTypes.AliasOf(name)).Message.ShouldContain(name);

    [Fact]
    public async Task the_fold_at_every_version_is_the_fold_of_that_many_events()
    {
        await using var host = await TestHost.StartNew();
        var stream = 0;
        await Check(Gen.ArrayOf(Gen.Choose(-50, 50).Where(n => n != 0)).Where(a => a.Length > 0).Sample(12, 10), async amounts =>
        {
            var name = $"law-{stream++}";
            object[] events = [.. amounts.Select(a => Event(a))];
            await host.Append(name, events);
            for (var version = 0; version <= events.Length; version++)
            {
                var folded = await host.Log.FoldStream(name, Account.Fold, version);
                folded.State.ShouldBe(events.Take(version).Aggregate(Account.Fold.Initial, Account.Fold.Evolve));
                folded.Version.ShouldBe(version);
            }
        });
        stream.ShouldBeGreaterThan(5);
    }

    private static async Task Check<T>(IEnumerable<T> samples, Func<T, Task> law)
    {
        foreach (var sample in samples)
        {
            await law(sample);
        }
    }

    private static object Event(long amount) => amount >= 0 ? new DepositMade(amount) : new WithdrawalMade(-(amount + 1));

    private static Gen<AppendRequest[]> Requests()
    {
        var claims = Gen.Choose(0, 2).Select(n => new NameClaim("n", n.ToString(System.Globalization.CultureInfo.InvariantCulture))).ListOf().Select(c => c.Distinct().ToList());
        var request =
            from stream in Gen.Choose(0, 3)
            from expected in Gen.Choose(-1, 6)
            from events in Gen.Choose(1, 3)
            from claimed in claims
            from released in claims
            select new AppendRequest
            {
                StreamId = $"s{stream}",
                Expected = expected < 0 ? ExpectedVersion.Any : ExpectedVersion.At(expected),
                Events = [.. Enumerable.Range(0, events).Select(n => (object)new DepositMade(n))],
                Claims = claimed,
                Releases = released,
            };
        return Gen.ArrayOf(request);
    }

    private static Gen<string> Names()
    {
        var word = from first in Gen.Choose('A', 'Z')
                   from rest in Gen.Choose('a', 'z').NonEmptyListOf()
                   select (char)first + string.Concat(rest.Take(3).Select(c => (char)c));
        return word.NonEmptyListOf().Select(words => string.Concat(words.Take(3)));
    }
}
