using System.Diagnostics;

namespace Toolgate.EventStore.Tests;

public sealed class AppendingTests
{
    private static readonly NameClaim Slug = new("slug", "first");

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

    [Fact]
    public async Task an_append_at_another_version_is_a_conflict_that_writes_nothing()
    {
        await using var host = await TestHost.StartNew();
        await host.Append("a", new DepositMade(1), new DepositMade(1));

        (await host.Append("a", ExpectedVersion.At(1), new DepositMade(9))).ShouldBe(new AppendOutcome.VersionConflict(2));
        (await host.Append("a", ExpectedVersion.NoStream, new DepositMade(9))).ShouldBe(new AppendOutcome.VersionConflict(2));
        (await host.Append("b", ExpectedVersion.At(1), new DepositMade(9))).ShouldBe(new AppendOutcome.VersionConflict(0));
        (await host.Append("a", ExpectedVersion.At(2), new DepositMade(1))).ShouldBeOfType<AppendOutcome.Appended>().Version.ShouldBe(3);
        (await host.Scalar<long>("select count(*) from events.mt_events")).ShouldBe(3);
    }

    [Fact]
    public async Task metadata_is_stored_and_the_correlation_is_the_callers_trace()
    {
        await using var host = await TestHost.StartNew();
        using var activity = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();

        await host.Log.Append(new()
        {
            StreamId = "a",
            Events = [new DepositMade(1)],
            Metadata = new("alice", CausationId: "because", Headers: new Dictionary<string, string> { ["origin"] = "test" }),
        });
        await host.Log.Append(new() { StreamId = "a", Events = [new DepositMade(1)], Metadata = new("bob", "chosen") });

        var events = await host.Log.ReadStream("a").ToListAsync();
        events[0].Metadata.Actor.ShouldBe("alice");
        events[0].Metadata.CausationId.ShouldBe("because");
        events[0].Metadata.Headers.ShouldNotBeNull()["origin"].ShouldBe("test");
        events[0].Metadata.CorrelationId.ShouldBe(activity.TraceId.ToHexString());
        events[1].Metadata.CorrelationId.ShouldBe("chosen");
        events.Select(e => e.Id.Version).ShouldBe([7, 7]);
    }

    [Fact]
    public async Task a_claimed_name_belongs_to_one_stream_until_it_is_given_back()
    {
        await using var host = await TestHost.StartNew();
        (await host.Log.Append(Claim("a"))).ShouldBeOfType<AppendOutcome.Appended>();

        (await host.Log.Append(Claim("b"))).ShouldBe(new AppendOutcome.NameTaken(Slug, "a"));
        (await host.Log.Append(Claim("a"))).ShouldBeOfType<AppendOutcome.Appended>();
        await host.Log.Append(new() { StreamId = "b", Events = [new DepositMade(1)], Releases = [Slug] });
        (await host.Log.Append(Claim("b"))).ShouldBe(new AppendOutcome.NameTaken(Slug, "a"));
        await host.Log.Append(new() { StreamId = "a", Events = [new DepositMade(1)], Releases = [Slug], Claims = [new("slug", "second")] });
        (await host.Log.Append(Claim("b"))).ShouldBeOfType<AppendOutcome.Appended>();
        (await host.Scalar<string>("select string_agg(name || '=' || stream_id, ',' order by name) from toolgate.name_claims")).ShouldBe("first=b,second=a");
    }

    [Fact]
    public async Task conflicts_inside_one_batch_fail_alone_and_later_requests_see_earlier_ones()
    {
        await using var host = await TestHost.StartNew();
        var (held, blocked) = await LogLock.BlockWriter(host);

        Task<AppendOutcome>[] requests =
        [
            host.Append("a", ExpectedVersion.NoStream, new DepositMade(1)),
            host.Append("a", ExpectedVersion.NoStream, new DepositMade(2)),
            host.Append("a", ExpectedVersion.At(1), new DepositMade(3), new DepositMade(4)),
            host.Log.Append(Claim("b")).AsTask(),
            host.Log.Append(Claim("c")).AsTask(),
            host.Log.Append(new() { StreamId = "b", Events = [new DepositMade(1)], Releases = [Slug] }).AsTask(),
            host.Log.Append(Claim("d")).AsTask(),
            host.Append("e", new DepositMade(5)),
        ];
        await held.DisposeAsync();
        var outcomes = await Task.WhenAll(requests);

        (await blocked).ShouldBeOfType<AppendOutcome.Appended>();
        outcomes[0].ShouldBeOfType<AppendOutcome.Appended>().Version.ShouldBe(1);
        outcomes[1].ShouldBe(new AppendOutcome.VersionConflict(1));
        outcomes[2].ShouldBeOfType<AppendOutcome.Appended>().Version.ShouldBe(3);
        outcomes[3].ShouldBeOfType<AppendOutcome.Appended>();
        outcomes[4].ShouldBe(new AppendOutcome.NameTaken(Slug, "b"));
        outcomes[5].ShouldBeOfType<AppendOutcome.Appended>();
        outcomes[6].ShouldBeOfType<AppendOutcome.Appended>();
        outcomes[7].ShouldBeOfType<AppendOutcome.Appended>();
        (await host.Scalar<string>("select stream_id from toolgate.name_claims")).ShouldBe("d");

        // One transaction: xmin is the same for the six that were written, and differs from the blocker's.
        (await host.Scalar<long>("select count(distinct xmin::text) from events.mt_events")).ShouldBe(2);
    }

    [Fact]
    public async Task a_side_write_happens_with_its_events_and_one_that_fails_fails_its_request_alone()
    {
        await using var host = await TestHost.StartNew();
        await host.Execute("create table toolgate.side (id text primary key, amount integer not null check (amount > 0))");
        var (held, blocked) = await LogLock.BlockWriter(host);

        var good = host.Log.Append(Side("good", 1)).AsTask();
        var bad = host.Log.Append(Side("bad", -1)).AsTask();
        var other = host.Append("other", new DepositMade(1));
        await held.DisposeAsync();

        (await good).ShouldBeOfType<AppendOutcome.Appended>();
        (await other).ShouldBeOfType<AppendOutcome.Appended>();
        (await blocked).ShouldBeOfType<AppendOutcome.Appended>();
        await Should.ThrowAsync<InvalidOperationException>(bad);
        (await host.Scalar<string>("select string_agg(id, ',') from toolgate.side")).ShouldBe("good");
        (await host.Scalar<string>("select string_agg(stream_id, ',' order by stream_id) from events.mt_events")).ShouldBe("blocker,good,other");
        (await host.Append("bad", ExpectedVersion.NoStream, new DepositMade(1))).ShouldBeOfType<AppendOutcome.Appended>();
        (await host.Get<IVerification>().Verify()).FirstFault.ShouldBeNull();

        static AppendRequest Side(string id, int amount) => new()
        {
            StreamId = id,
            Events = [new DepositMade(1)],
            Alongside = [new SideWrite("insert into toolgate.side (id, amount) values ($1, $2)", id, amount)],
        };
    }

    [Fact]
    public async Task what_cannot_be_an_event_is_refused_at_the_door()
    {
        await using var host = await TestHost.StartNew();

        await Should.ThrowAsync<ArgumentException>(host.Append("a"));
        (await Should.ThrowAsync<InvalidOperationException>(host.Append("a", "text"))).Message.ShouldContain("AddEvents");
    }

    [Fact]
    public async Task a_nul_is_refused_at_the_door_wherever_it_stands()
    {
        await using var host = await TestHost.StartNew();
        var proper = new AppendRequest { StreamId = "a", Events = [new TickRecorded(1, "fine")] };
        AppendRequest[] refused =
        [
            proper with { Events = [new TickRecorded(1, "fine"), new TickRecorded(2, "a\0b")] },
            proper with { Events = [new TickRecorded(1, "\\\0")] },
            proper with { StreamId = "a\0" },
            proper with { Metadata = new("eve\0") },
            proper with { Metadata = new(Headers: new Dictionary<string, string> { ["h"] = "\0" }) },
            proper with { Claims = [new("slug", "\0")] },
            proper with { Alongside = [new SideWrite("select $1", "\0")] },
        ];
        foreach (var request in refused)
        {
            await Should.ThrowAsync<ArgumentException>(host.Log.Append(request).AsTask());
        }

        var lookalike = new TickRecorded(1, @"the text \u0000 and \\u0000");
        (await host.Append("a", lookalike)).ShouldBeOfType<AppendOutcome.Appended>().Version.ShouldBe(1);
        (await host.Log.ReadStream("a").Select(e => e.Data).ToListAsync()).ShouldBe([lookalike]);
    }

    [Fact]
    public async Task a_stop_that_cannot_wait_for_the_writer_stops_the_rest_and_the_next_one_finishes()
    {
        await using var host = await TestHost.StartNew();
        var (held, blocked) = await LogLock.BlockWriter(host);

        using var patience = new CancellationTokenSource();
        var stop = host.Startup.Stop(patience.Token);
        await patience.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(stop);
        await Should.ThrowAsync<EventStoreUnavailableException>(host.Models.WaitFor(1_000).AsTask().WaitAsync(TimeSpan.FromSeconds(60)));

        await held.DisposeAsync();
        await host.Startup.Stop();
        (await blocked).ShouldBeOfType<AppendOutcome.Appended>();
    }

    [Fact]
    public async Task a_log_that_was_not_started_says_so()
    {
        await using var host = TestHost.Create(await (await PostgresCluster.Shared).CreateDatabase());

        (await Should.ThrowAsync<InvalidOperationException>(host.Append("a", new DepositMade(1)))).Message.ShouldContain("IEventStoreStartup.Start");
    }

    [Fact]
    public async Task cancelling_withdraws_what_waits_and_not_what_is_being_written()
    {
        await using var host = await TestHost.StartNew();
        using var cancel = new CancellationTokenSource();
        var held = await LogLock.Take(host);
        var taken = host.Log.Append(new() { StreamId = "taken", Events = [new DepositMade(1)] }, cancel.Token).AsTask();
        while (await host.Scalar<long>("select count(*) from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())") == 0)
        {
            await Task.Yield();
        }

        var waits = host.Log.Append(new() { StreamId = "waits", Events = [new DepositMade(1)] }, cancel.Token).AsTask();
        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(waits);
        taken.IsCompleted.ShouldBeFalse();
        await held.DisposeAsync();
        (await taken).ShouldBeOfType<AppendOutcome.Appended>();
        await host.Append("last", new DepositMade(1));
        (await host.Log.ReadAllRaw(0).Select(e => e.StreamId).ToListAsync()).ShouldBe(["taken", "last"]);
    }

    [Fact]
    public async Task stopping_writes_and_answers_what_was_accepted_and_refuses_the_rest()
    {
        await using var host = await TestHost.StartNew();
        var (held, blocked) = await LogLock.BlockWriter(host);
        var accepted = Enumerable.Range(0, 500).Select(i => host.Append($"s{i}", new DepositMade(i))).ToList();

        var stop = host.Startup.Stop();
        await Should.ThrowAsync<EventStoreUnavailableException>(host.Append("late", new DepositMade(1)));
        await held.DisposeAsync();
        await stop;

        (await Task.WhenAll(accepted)).ShouldAllBe(o => o is AppendOutcome.Appended);
        (await blocked).ShouldBeOfType<AppendOutcome.Appended>();
        (await host.Scalar<long>("select count(*) from events.mt_events")).ShouldBe(501);
    }

    private static AppendRequest Claim(string stream) => new() { StreamId = stream, Events = [new DepositMade(1)], Claims = [Slug] };
}
