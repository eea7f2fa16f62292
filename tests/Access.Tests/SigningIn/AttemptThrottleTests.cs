namespace Toolgate.Access.Tests;

public sealed class AttemptThrottleTests
{
    private readonly Clock clock = new();
    private readonly AttemptThrottle throttle;

    public AttemptThrottleTests() => throttle = new AttemptThrottle(clock);

    [Fact]
    public void Five_failures_of_a_pair_are_free_and_each_further_one_doubles_the_pause()
    {
        for (var i = 0; i < 5; i++)
        {
            throttle.Failed("ada", "10.0.0.1");
            throttle.Wait("ada", "10.0.0.1").ShouldBeNull();
        }

        foreach (var seconds in new[] { 2, 4, 8 })
        {
            throttle.Failed("ada", "10.0.0.1");
            throttle.Wait("ada", "10.0.0.1").ShouldBe(TimeSpan.FromSeconds(seconds));
        }

        throttle.Wait("ada", "10.0.0.2").ShouldBeNull("another network is another pair");
        clock.Advance(TimeSpan.FromSeconds(8));
        throttle.Wait("ada", "10.0.0.1").ShouldBeNull();
    }

    [Fact]
    public void Strangers_from_many_networks_keep_out_nobody_who_was_in_before()
    {
        for (var i = 0; i < 500; i++)
        {
            throttle.Failed("ada", $"10.0.{i / 250}.{i % 250}");
        }

        throttle.Wait("ada", "192.0.2.1").ShouldNotBeNull("a browser that the account does not know waits");
        throttle.Wait("ada", "192.0.2.1", "her browser").ShouldBeNull();
    }

    [Fact]
    public void A_browser_that_the_account_knows_is_slowed_down_for_itself_alone()
    {
        for (var i = 0; i < 60; i++)
        {
            throttle.Failed("ada", "10.0.0.1", "her browser");
        }

        throttle.Wait("ada", "10.0.0.9", "her browser").ShouldBe(TimeSpan.FromMinutes(15), "another network makes no difference to it");
        throttle.Wait("ada", "10.0.0.1").ShouldBeNull();
        throttle.Wait("ada", "10.0.0.1", "her telephone").ShouldBeNull();
    }

    [Fact]
    public void Whoever_fills_the_memory_does_not_wash_themselves_clean()
    {
        for (var i = 0; i < 12; i++)
        {
            throttle.Failed("ada", "10.0.0.1");
        }

        clock.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 30_000; i++)
        {
            throttle.Failed("made up " + i, $"10.{1 + (i / 62_500)}.{i / 250 % 250}.{i % 250}");
        }

        throttle.Count.ShouldBeLessThanOrEqualTo(20_003);
        throttle.Wait("ada", "10.0.0.1").ShouldNotBeNull();
    }

    [Fact]
    public void A_success_forgives_the_pair_and_takes_back_what_it_counted_elsewhere()
    {
        for (var i = 0; i < 6; i++)
        {
            throttle.Failed("ada", "10.0.0.1");
        }

        clock.Advance(TimeSpan.FromSeconds(2));
        throttle.Failed("ada", "10.0.0.1");
        throttle.Succeeded("ada", "10.0.0.1");
        throttle.Failed("ada", "10.0.0.1");
        throttle.Wait("ada", "10.0.0.1").ShouldBeNull();
    }

    private sealed class Clock : TimeProvider
    {
        private DateTimeOffset now = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => now;

        public void Advance(TimeSpan time) => now += time;
    }
}
