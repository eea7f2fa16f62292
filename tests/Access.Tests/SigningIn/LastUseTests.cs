namespace Toolgate.Access.Tests;

public sealed class LastUseTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);
    private readonly Clock clock = new() { Now = Start };

    [Fact]
    public void The_last_use_is_known_at_once_and_written_down_once()
    {
        var uses = new LastUse(clock);
        uses.Of("key_1").ShouldBeNull();
        uses.Note("key_1");
        clock.Now = Start.AddSeconds(30);
        uses.Note("key_1");

        uses.Of("key_1").ShouldBe(Start.AddSeconds(30));
        uses.Unsaved().ShouldBe([("key_1", Start.AddSeconds(30))]);
        uses.Saved("key_1", Start.AddSeconds(30));
        uses.Unsaved().ShouldBeEmpty();
    }

    [Fact]
    public void What_another_node_noted_counts_when_it_is_later()
    {
        var uses = new LastUse(clock);
        uses.Note("key_1");
        uses.Learn("key_1", Start.AddSeconds(-60));
        uses.Of("key_1").ShouldBe(Start);
        uses.Unsaved().ShouldBe([("key_1", Start)]);
        uses.Learn("key_1", Start.AddSeconds(60));
        uses.Of("key_1").ShouldBe(Start.AddSeconds(60));
        uses.Unsaved().ShouldBeEmpty();
    }

    [Fact]
    public void Credentials_that_have_ended_are_forgotten()
    {
        var uses = new LastUse(clock);
        uses.Note("key_1");
        uses.Note("key_2");
        uses.Forget(id => id == "key_2");
        uses.Of("key_1").ShouldBeNull();
        uses.Of("key_2").ShouldNotBeNull();
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
