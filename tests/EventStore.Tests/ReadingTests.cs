using System.Text.Json;

namespace Toolgate.EventStore.Tests;

public sealed class ReadingTests
{
    [Fact]
    public async Task reading_goes_on_over_pages_and_in_order()
    {
        await using var host = await TestHost.StartNew();
        for (var i = 0; i < 5; i++)
        {
            await host.Append("a", [.. Enumerable.Range(i * 500, 500).Select(n => new TickRecorded(n, "x"))]);
        }

        (await host.Log.ReadAll(0).Select(e => ((TickRecorded)e.Data).Number).ToListAsync()).ShouldBe(Enumerable.Range(0, 2_500));
        (await host.Log.ReadStream("a").Select(e => e.Version).ToListAsync()).ShouldBe(Enumerable.Range(1, 2_500).Select(v => (long)v));
        (await host.Log.ReadStream("a", 1_200, 1_202).Select(e => e.Version).ToListAsync()).ShouldBe([1_200, 1_201, 1_202]);
        (await host.Log.ReadAll(0, new() { Limit = 1_500 }).CountAsync()).ShouldBe(1_500);
        (await host.Log.ReadAllRaw(0).CountAsync(e => e.Seal is { Length: 64 })).ShouldBe(2_500);
    }

    [Fact]
    public async Task filters_restrict_what_is_read()
    {
        await using var host = await TestHost.StartNew();
        await host.Log.Append(new() { StreamId = "a", Events = [new DepositMade(1), new WithdrawalMade(1)], Metadata = EventMetadata.By("alice") });
        await host.Log.Append(new() { StreamId = "b", Events = [new DepositMade(2)], Metadata = EventMetadata.By("bob") });
        var all = await host.Log.ReadAll(0).ToListAsync();

        (await Positions(new() { Types = ["deposit_made"] })).ShouldBe([all[0].Position, all[2].Position]);
        (await Positions(new() { StreamId = "b" })).ShouldBe([all[2].Position]);
        (await Positions(new() { Actor = "alice" })).ShouldBe([all[0].Position, all[1].Position]);
        (await Positions(new() { UpTo = all[1].Position })).ShouldBe([all[0].Position, all[1].Position]);
        (await Positions(new() { From = all[2].Timestamp })).ShouldBe([all[2].Position]);
        (await Positions(new() { To = all[0].Timestamp })).ShouldBe([all[0].Position, all[1].Position]);
        (await Positions(new() { Types = [] })).ShouldBeEmpty();

        async Task<List<long>> Positions(EventFilter filter) => await host.Log.ReadAllRaw(0, filter).Select(e => e.Position).ToListAsync();
    }

    [Fact]
    public async Task the_past_is_found_by_its_moment()
    {
        await using var host = await TestHost.StartNew();
        for (var i = 1; i <= 50; i++)
        {
            await host.Append("a", new DepositMade(1));

            // Numbers that were drawn and not used: positions have gaps.
            await host.Execute("select nextval('events.mt_events_sequence') from generate_series(1, 3)");
        }

        var events = await host.Log.ReadAll(0).ToListAsync();
        events.Select(e => e.Timestamp).ShouldBeInOrder();
        foreach (var e in events)
        {
            (await host.Log.PositionAt(e.Timestamp)).ShouldBe(e.Position);
            (await host.Log.PositionAt(e.Timestamp.AddMicroseconds(-1))).ShouldBe(events.LastOrDefault(o => o.Timestamp < e.Timestamp)?.Position ?? 0);
            (await host.Log.FoldStream("a", Account.Fold, asOf: e.Timestamp)).State.Events.ShouldBe((int)e.Version);
        }

        (await host.Log.PositionAt(events[^1].Timestamp.AddDays(1))).ShouldBe(events[^1].Position);
        (await host.Log.Head()).ShouldBe(events[^1].Position);
    }

    [Fact]
    public async Task a_payload_of_an_old_release_is_read_as_the_record_of_today()
    {
        await using var host = await TestHost.StartNew(services => services
            .AddReadModel<BalancesModel>()
            .AddUpcaster("money_paid_in", json => new DepositMade(json.GetProperty("cents").GetInt64() / 100)));
        await host.Execute("""
            insert into events.mt_streams (id, version) values ('old', 2);
            insert into events.mt_events (seq_id, id, stream_id, version, data, type) select nextval('events.mt_events_sequence'), gen_random_uuid(), 'old', v, data, type
            from (values (1, '{"cents": 700}'::jsonb, 'money_paid_in'), (2, '{}', 'nobody_knows_this')) as e(v, data, type)
            """);

        (await host.Log.ReadStream("old").Select(e => e.Data).ToListAsync()).ShouldBe([new DepositMade(7)]);
        var folded = await host.Log.FoldStream("old", Account.Fold);
        folded.State.Balance.ShouldBe(7);
        folded.Version.ShouldBe(2);
        (await host.Log.ReadAllRaw(0).Select(e => e.Type).ToListAsync()).ShouldBe(["money_paid_in", "nobody_knows_this"]);
        await host.Models.WaitFor(2);
        host.Models.Current.Get<Balances>().ByAccount["old"].ShouldBe(7);
    }

    [Fact]
    public void two_events_of_one_alias_are_refused()
    {
        Should.Throw<InvalidOperationException>(() => new EventTypes([new(typeof(DepositMade)), new(typeof(WithdrawalMade), "deposit_made", _ => new DepositMade(1))]))
            .Message.ShouldContain("deposit_made");
    }

    [Fact]
    public void payloads_are_camel_case_with_nulls_and_strict_numbers()
    {
        JsonSerializer.Serialize(new WithdrawalMade(3), EventTypes.Json).ShouldBe("""{"amount":3,"reason":null}""");
    }
}
