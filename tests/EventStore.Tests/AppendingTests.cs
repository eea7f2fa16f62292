namespace Toolgate.EventStore.Tests;

public sealed class AppendingTests
{
    [Fact]
    public async Task appended_events_are_read_back_in_order_and_the_read_models_show_them()
    {
        await using var host = await TestHost.StartNew();

        var outcome = await host.Append("a", ExpectedVersion.NoStream, new DepositMade(5), new WithdrawalMade(2));

        var appended = outcome.ShouldBeOfType<AppendOutcome.Appended>();
        appended.Version.ShouldBe(2);
        (await host.Log.ReadStream("a").Select(e => e.Data).ToListAsync()).ShouldBe([new DepositMade(5), new WithdrawalMade(2)]);
        await host.Models.WaitFor(appended.Position);
        host.Models.Current.Get<Balances>().ByAccount["a"].ShouldBe(3);
        host.Models.Current.Position.ShouldBe(appended.Position);
    }
}
