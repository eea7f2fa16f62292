namespace Toolgate.Toolkits.Tests.ShowingTools;

/// <summary>Time travel costs a read of the log: it must not cost everyone else.</summary>
public sealed class MomentTests
{
    [Fact]
    public async Task The_past_is_folded_one_moment_at_a_time_and_remembered()
    {
        var world = new World();
        world.Publish();
        world.Publish();
        using var moment = new Moment(null!, world, world);
        var hold = new TaskCompletionSource();
        world.Hold = hold.Task;
        var first = moment.Find("0", "/at", CancellationToken.None);
        var second = moment.Find("1", "/at", CancellationToken.None);
        world.Folds.ShouldBe(1);
        (await moment.Find(null, "/at", CancellationToken.None)).Snapshot.ShouldBeSameAs(world.Current);

        hold.SetResult();
        (await first).Snapshot.Position.ShouldBe(0);
        (await second).Snapshot.Position.ShouldBe(1);
        (await moment.Find("0", "/at", CancellationToken.None)).Snapshot.ShouldBeSameAs((await first).Snapshot);
        world.Folds.ShouldBe(2);
    }

    [Fact]
    public async Task Only_a_few_moments_are_remembered()
    {
        var world = new World();
        for (var i = 0; i < 6; i++)
        {
            world.Publish();
        }

        using var moment = new Moment(null!, world, world);
        foreach (var at in new[] { "0", "1", "2", "3", "0", "4", "0", "1" })
        {
            (await moment.Find(at, "/at", CancellationToken.None)).Problem.ShouldBeNull();
        }

        // 0 to 4, and 1 again: it had given way, while 0 was asked for in between.
        world.Folds.ShouldBe(6);
    }
}
