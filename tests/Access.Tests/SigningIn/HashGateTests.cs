namespace Toolgate.Access.Tests;

public sealed class HashGateTests
{
    [Fact]
    public async Task A_few_compute_some_wait_and_the_rest_is_turned_away()
    {
        using var gate = new HashGate(atOnce: 1, mostWaiting: 2);
        using var go = new ManualResetEventSlim();
        var running = gate.Run(() => { go.Wait(); return "first"; }, isKnown: false, default);
        var waiting = gate.Run(() => "second", isKnown: false, default);

        gate.IsFull(isKnown: false).ShouldBeTrue();
        (await gate.Run(() => "third", isKnown: false, default).WaitAsync(TimeSpan.FromSeconds(30))).ShouldBeNull();
        gate.IsFull(isKnown: true).ShouldBeFalse("who was in before finds room when strangers have taken theirs");
        var known = gate.Run(() => "known", isKnown: true, default);
        waiting.IsCompleted.ShouldBeFalse();

        go.Set();
        (await running, await waiting, await known).ShouldBe(("first", "second", "known"));
        gate.IsFull(isKnown: false).ShouldBeFalse();
    }

    [Fact]
    public async Task Who_gives_up_leaves_room_behind()
    {
        using var gate = new HashGate(atOnce: 1, mostWaiting: 2);
        using var go = new ManualResetEventSlim();
        using var patience = new CancellationTokenSource();
        var running = gate.Run(() => { go.Wait(); return "first"; }, isKnown: false, default);
        var waiting = gate.Run(() => "second", isKnown: false, patience.Token);

        await patience.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting);
        gate.IsFull(isKnown: false).ShouldBeFalse();
        go.Set();
        (await running).ShouldBe("first");
    }
}
