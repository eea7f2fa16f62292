using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;

namespace Toolgate.EventStore.Tests;

public sealed class ReadModelTests
{
    [Fact]
    public async Task two_hosts_on_one_database_see_each_others_events()
    {
        await using var first = await TestHost.StartNew(options: o => o.PollInterval = TimeSpan.FromMinutes(1));
        await using var second = await TestHost.Start(first.Connection, options: o => o.PollInterval = TimeSpan.FromMinutes(1));

        for (var i = 0; i < 20; i++)
        {
            var (writer, other) = i % 2 == 0 ? (first, second) : (second, first);
            var appended = (AppendOutcome.Appended)await writer.Append("a", new DepositMade(1));
            await other.Models.WaitFor(appended.Position).AsTask().WaitAsync(TimeSpan.FromSeconds(60));
            other.Models.Current.Get<Balances>().ByAccount["a"].ShouldBe(i + 1);
        }
    }

    [Fact]
    public async Task without_notifications_polling_finds_what_others_wrote()
    {
        await using var host = await TestHost.StartNew(options: o => o.PollInterval = TimeSpan.FromMilliseconds(20));
        await host.Execute("""
            insert into events.mt_streams (id, version) values ('quiet', 1);
            insert into events.mt_events (seq_id, id, stream_id, version, data, type)
            values (nextval('events.mt_events_sequence'), gen_random_uuid(), 'quiet', 1, '{"amount": 4}', 'deposit_made')
            """);

        await host.Models.WaitFor(1).AsTask().WaitAsync(TimeSpan.FromSeconds(60));

        host.Models.Current.Get<Balances>().ByAccount["quiet"].ShouldBe(4);
    }

    [Fact]
    public async Task models_advance_together_and_an_unchanged_state_is_the_same_object()
    {
        await using var host = await TestHost.StartNew();
        var published = new List<ReadSnapshot>();
        host.Models.Published += published.Add;

        await WriteAndWait(host, new DepositMade(1));
        var before = host.Models.Current;
        await WriteAndWait(host, new WithdrawalMade(1));
        var after = host.Models.Current;
        await WriteAndWait(host, new TickRecorded(1, "nobody handles this"));

        after.Get<DepositCount>().ShouldBeSameAs(before.Get<DepositCount>());
        after.Get<Balances>().ShouldNotBeSameAs(before.Get<Balances>());
        host.Models.Current.Position.ShouldBe(3);
        published.ShouldBe([before, after]);
        host.Models.WaitFor(3).AsTask().IsCompletedSuccessfully.ShouldBeTrue();
        host.Models.CaughtUp.ShouldBeTrue();
    }

    [Fact]
    public async Task a_state_is_prepared_before_any_reader_sees_it()
    {
        var model = new PreparingModel();
        await using var host = await TestHost.StartNew(services => services.AddSingleton<IReadModel>(model));
        model.Current = () => host.Models.Current;

        await WriteAndWait(host, new DepositMade(1));

        model.SeenWhilePreparing.ShouldBe([(2L, 1L)], "(state being prepared, state that readers saw meanwhile)");
    }

    [Fact]
    public async Task an_event_that_a_model_cannot_fold_stops_all_models_before_it_and_says_so()
    {
        await using var host = await TestHost.StartNew(services => services.AddReadModel<BalancesModel>().AddReadModel<FragileModel>());
        await WriteAndWait(host, new DepositMade(1));

        await host.Append("a", new DepositMade(666));
        var later = (AppendOutcome.Appended)await host.Append("a", new DepositMade(1));

        await Should.ThrowAsync<EventStoreUnavailableException>(host.Models.WaitFor(later.Position).AsTask());
        host.Models.Fault.ShouldBeOfType<InvalidDataException>();
        host.Models.Current.Position.ShouldBe(1);
        host.Models.Current.Get<Balances>().ByAccount["a"].ShouldBe(1);

        // The log goes on; nobody keeps for these models what they will never take.
        for (var i = 0; i < 5; i++)
        {
            await host.Append("a", new DepositMade(1));
        }

        host.Get<ReadModelFollower>().Backlog.ShouldBeLessThanOrEqualTo(1);

        // A host that starts on this log comes up, not ready, and stands before the same event.
        await using var next = await TestHost.Start(host.Connection, null, services => services.AddReadModel<BalancesModel>().AddReadModel<FragileModel>());
        next.Models.Fault.ShouldBeOfType<InvalidDataException>();
        next.Models.CaughtUp.ShouldBeFalse();
        next.Models.Current.Get<Balances>().ByAccount["a"].ShouldBe(1);
    }

    [Fact]
    public async Task who_gives_up_waiting_leaves_nothing_behind_and_the_others_are_woken()
    {
        await using var host = await TestHost.StartNew();
        var follower = host.Get<ReadModelFollower>();
        using var patience = new CancellationTokenSource();
        var impatient = Enumerable.Range(0, 50).Select(_ => host.Models.WaitFor(long.MaxValue, patience.Token).AsTask()).ToList();
        Task[] patient = [host.Models.WaitFor(2).AsTask(), host.Models.WaitFor(1).AsTask(), host.Models.WaitFor(2).AsTask()];
        follower.Waiting.ShouldBe(53);

        await patience.CancelAsync();
        foreach (var waiter in impatient)
        {
            await Should.ThrowAsync<OperationCanceledException>(waiter);
        }

        follower.Waiting.ShouldBe(3);
        await host.Append("a", new DepositMade(1), new DepositMade(1));
        await Task.WhenAll(patient).WaitAsync(TimeSpan.FromSeconds(60));
        follower.Waiting.ShouldBe(0);
    }

    [Fact]
    public async Task the_past_is_folded_anew()
    {
        await using var host = await TestHost.StartNew();
        for (var i = 1; i <= 10; i++)
        {
            await host.Append("a", new DepositMade(i));
        }

        (await host.Models.At(4)).Get<Balances>().ByAccount["a"].ShouldBe(1 + 2 + 3 + 4);
        (await host.Models.At(0)).Get<Balances>().ByAccount.ShouldBeEmpty();
    }

    [Fact]
    public async Task a_start_from_a_snapshot_and_the_tail_equals_a_fold_from_nothing()
    {
        await using var writer = await TestHost.StartNew();
        await WriteAndWait(writer, new DepositMade(5));
        await writer.Startup.Stop();
        await using var tail = await TestHost.Start(writer.Connection, options: o => o.Snapshots = false);
        await WriteAndWait(tail, new DepositMade(2));

        await using var next = await TestHost.Start(writer.Connection);
        (await States(next)).ShouldBe(await States(tail));

        // The snapshot was used: the same start with a doctored one shows the doctored number.
        await next.Startup.Stop();
        await Doctor(tail);
        await using var doctoredHost = await TestHost.Start(writer.Connection);
        doctoredHost.Models.Current.Get<Balances>().ByAccount["a"].ShouldBe(1_000);
    }

    [Theory]
    [InlineData("update toolgate.snapshots set schema_version = 0 where name = 'balances'")]
    [InlineData("update toolgate.snapshots set state = 'not a snapshot' where name = 'balances'")]
    [InlineData("update toolgate.snapshots set position = 1000 where name = 'balances'")]
    [InlineData("delete from toolgate.snapshots where name = 'balances'")]
    public async Task a_snapshot_that_cannot_be_used_is_ignored_and_the_others_are_not(string damage)
    {
        await using var writer = await TestHost.StartNew();
        await WriteAndWait(writer, new DepositMade(5));
        await writer.Startup.Stop();
        await Doctor(writer);
        await writer.Execute(damage);

        await using var next = await TestHost.Start(writer.Connection);

        next.Models.Current.Get<Balances>().ByAccount["a"].ShouldBe(5);
        next.Models.Current.Get<DepositCount>().Count.ShouldBe(1);
        next.Models.Current.Position.ShouldBe(1);
    }

    /// <summary>Puts another balance into the saved state: whoever shows it has used the snapshot.</summary>
    private static async Task Doctor(TestHost host)
    {
        await using var command = host.Database.CreateCommand("update toolgate.snapshots set state = $1 where name = 'balances'");
        command.Parameters.Add(new() { Value = Zip(new BalancesModel().Serialize(new(ImmutableSortedDictionary<string, long>.Empty.Add("a", 1_000)))) });
        (await command.ExecuteNonQueryAsync()).ShouldBe(1);
    }

    private static byte[] Zip(byte[] bytes)
    {
        using var target = new MemoryStream();
        using (var zip = new System.IO.Compression.ZLibStream(target, System.IO.Compression.CompressionLevel.Fastest))
        {
            zip.Write(bytes);
        }

        return target.ToArray();
    }

    private static async Task<string> States(TestHost host)
    {
        await host.Models.WaitFor(await host.Log.Head());
        var snapshot = host.Models.Current;
        return $"{snapshot.Position} {snapshot.Get<DepositCount>()} {string.Join(',', snapshot.Get<Balances>().ByAccount)}";
    }

    private static async Task WriteAndWait(TestHost host, object data)
        => await host.Models.WaitFor(((AppendOutcome.Appended)await host.Append("a", data)).Position);

    private sealed class FragileModel : ReadModel<FragileModel.Nothing>
    {
        public override string Name => "fragile";

        public override int SchemaVersion => 1;

        public override IReadOnlyCollection<Type> Handles => [typeof(DepositMade)];

        public override Nothing Empty { get; } = new();

        public override Nothing Evolve(Nothing state, StoredEvent e)
            => e.Data is DepositMade { Amount: 666 } ? throw new InvalidDataException("This model does not take that.") : state;

        public override byte[] Serialize(Nothing state) => [];

        public override Nothing Deserialize(ReadOnlySpan<byte> bytes) => new();

        public sealed record Nothing;
    }

    private sealed class PreparingModel : ReadModel<PreparingModel.Version>
    {
        public Func<ReadSnapshot>? Current { get; set; }

        public List<(long Prepared, long Seen)> SeenWhilePreparing { get; } = [];

        public override string Name => "preparing";

        public override int SchemaVersion => 1;

        public override IReadOnlyCollection<Type> Handles => [typeof(DepositMade)];

        public override Version Empty { get; } = new(1);

        public override Version Evolve(Version state, StoredEvent e) => new(state.Number + 1);

        public override async ValueTask Prepare(Version next, CancellationToken cancellationToken)
        {
            await Task.Yield();
            if (Current is not null)
            {
                SeenWhilePreparing.Add((next.Number, Current().Get<Version>().Number));
            }
        }

        public override byte[] Serialize(Version state) => BitConverter.GetBytes(state.Number);

        public override Version Deserialize(ReadOnlySpan<byte> bytes) => new(BitConverter.ToInt64(bytes));

        public sealed record Version(long Number);
    }
}
