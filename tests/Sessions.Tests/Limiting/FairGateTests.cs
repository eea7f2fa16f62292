namespace Toolgate.Sessions.Tests;

/// <summary>How places are divided between principals.</summary>
public sealed class FairGateTests
{
    [Fact]
    public async Task one_principal_alone_takes_half_and_the_next_finds_room()
    {
        var gate = new FairGate(places: 8, waitingEach: 1_000);
        var first = Taken(gate, "a", 4);
        Waiting(gate, "a", 1_000);

        (await gate.Enter("b", default)).IsTaken.ShouldBeTrue();
        (await gate.Enter("c", default)).IsTaken.ShouldBeTrue();
        first.Count.ShouldBe(4);
    }

    [Fact]
    public async Task with_one_place_there_is_one_call_at_a_time()
    {
        var gate = new FairGate(places: 1, waitingEach: 10);
        var first = await gate.Enter("a", default);
        var second = gate.Enter("b", default).AsTask();
        second.IsCompleted.ShouldBeFalse();

        first.Dispose();
        (await second).IsTaken.ShouldBeTrue();
    }

    [Fact]
    public async Task queues_are_served_in_turn_however_long_one_is()
    {
        var gate = new FairGate(places: 1, waitingEach: 1_000);
        var order = new List<string>();
        var first = await gate.Enter("a", default);
        var all = Enumerable.Range(0, 100).Select(_ => "a").Concat(["b", "c", "b"]).Select(async principal =>
        {
            using var place = await gate.Enter(principal, default);
            lock (order)
            {
                order.Add(principal);
            }
        }).ToList();

        first.Dispose();
        await Task.WhenAll(all);
        order.Take(6).ShouldBe(["a", "b", "c", "a", "b", "a"]);
        order.Count.ShouldBe(103);
    }

    [Fact]
    public async Task beyond_the_queue_there_is_no_place_and_others_may_still_wait()
    {
        var gate = new FairGate(places: 1, waitingEach: 2);
        using var first = await gate.Enter("a", default);
        Waiting(gate, "a", 2);

        (await gate.Enter("a", default)).IsTaken.ShouldBeFalse();
        gate.Enter("b", default).AsTask().IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task who_gives_up_waiting_leaves_the_queue_and_takes_no_place()
    {
        var gate = new FairGate(places: 1, waitingEach: 1);
        var first = await gate.Enter("a", default);
        using var patience = new CancellationTokenSource();
        var given = gate.Enter("b", patience.Token).AsTask();
        await patience.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(given);
        var next = gate.Enter("b", default).AsTask();
        first.Dispose();
        (await next).Dispose();
        gate.Principals.ShouldBe(0, "whoever has nothing and waits for nothing is forgotten");
    }

    [Fact]
    public async Task after_any_number_of_comings_and_goings_all_places_are_free()
    {
        var gate = new FairGate(places: 3, waitingEach: 50);
        await Task.WhenAll(Enumerable.Range(0, 2_000).Select(i => Task.Run(async () =>
        {
            using var patience = new CancellationTokenSource();
            var entering = gate.Enter("p" + (i % 7), patience.Token).AsTask();
            if (i % 3 == 0)
            {
                await patience.CancelAsync();
            }

            try
            {
                using var place = await entering;
                await Task.Yield();
            }
            catch (OperationCanceledException)
            {
                // Given up, or too late for it: both must leave nothing behind.
            }
        })));

        gate.Principals.ShouldBe(0);
        Taken(gate, "a", 2).Count.ShouldBe(2);
    }

    private static List<FairGate.Place> Taken(FairGate gate, string principal, int count)
    {
        var places = new List<FairGate.Place>();
        for (var i = 0; i < count; i++)
        {
            gate.TryEnter(principal, out var place).ShouldBeTrue();
            places.Add(place);
        }

        return places;
    }

    private static void Waiting(FairGate gate, string principal, int count)
    {
        for (var i = 0; i < count; i++)
        {
            gate.Enter(principal, default).AsTask().IsCompleted.ShouldBeFalse();
        }
    }
}
