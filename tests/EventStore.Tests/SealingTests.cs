using System.Globalization;
using Npgsql;

namespace Toolgate.EventStore.Tests;

public sealed class SealingTests
{
    [Fact]
    public async Task an_honest_log_is_valid_and_ends_where_its_chain_ends()
    {
        await using var host = await Filled();

        var report = await Verify(host);

        report.FirstFault.ShouldBeNull();
        report.Valid.ShouldBeTrue();
        report.Events.ShouldBe(20);
        report.Head.ShouldNotBeNull().Position.ShouldBe(await host.Log.Head());
        var last = await host.Log.ReadAllRaw(0).LastAsync();
        last.Seal.ShouldBe(report.Head.Hash);
    }

    [Fact]
    public async Task an_empty_log_is_valid()
    {
        await using var host = await TestHost.StartNew();

        (await Verify(host)).ShouldBe(new VerificationReport(true, 0, null, null));
    }

    [Theory]
    [InlineData("update events.mt_events set data = '{\"amount\": 999}' where seq_id = 7", 7, "event_changed")]
    [InlineData("update events.mt_events set user_name = 'somebody else' where seq_id = 7", 7, "event_changed")]
    [InlineData("update events.mt_events set timestamp = timestamp + interval '1 microsecond' where seq_id = 7", 7, "event_changed")]
    [InlineData("update events.mt_events set headers = '{}' where seq_id = 7", 7, "event_changed")]
    [InlineData("delete from events.mt_events where seq_id = 7", 7, "event_missing")]
    [InlineData("delete from toolgate.event_seals where seq_id = 7", 7, "event_unsealed")]
    [InlineData("update toolgate.event_seals set hash = sha256('x') where seq_id = 7", 7, "event_changed")]
    [InlineData("update events.mt_events set version = version + 100 where seq_id = 20", 20, "event_changed")]
    public async Task tampering_with_one_row_is_found_where_it_was_done(string tampering, long position, string code)
    {
        await using var host = await Filled();

        await Tamper(host, tampering);

        var report = await Verify(host);
        report.Valid.ShouldBeFalse();
        report.FirstFault.ShouldNotBeNull().Code.ShouldBe(code);
        report.FirstFault.Position.ShouldBe(position);
    }

    [Fact]
    public async Task archiving_is_not_tampering()
    {
        await using var host = await Filled();

        await host.Execute("update events.mt_events set is_archived = true where seq_id <= 5");

        (await Verify(host)).Valid.ShouldBeTrue();
    }

    [Fact]
    public async Task two_events_that_changed_places_are_found()
    {
        await using var host = await Filled();

        await Tamper(host, "update events.mt_events set seq_id = case seq_id when -4 then 9 when -9 then 4 end where seq_id in (-4, -9)",
            before: "update events.mt_events set seq_id = -seq_id where seq_id in (4, 9)");

        (await Verify(host)).FirstFault.ShouldBe(new VerificationFault(4, "event_changed", "The stored event is not the one that was sealed here."));
    }

    [Fact]
    public async Task a_cut_tail_is_found_by_the_streams_that_remember_it()
    {
        await using var host = await Filled();

        await Tamper(host, "delete from events.mt_events where seq_id > 17; delete from toolgate.event_seals where seq_id > 17");

        (await Verify(host)).FirstFault.ShouldNotBeNull().Code.ShouldBe("log_truncated");
    }

    [Fact]
    public async Task a_cut_tail_is_found_by_a_checkpoint_when_the_streams_were_cut_too()
    {
        await using var host = await Filled();
        await host.Get<IVerification>().Checkpoint();

        await Tamper(host, Truncate);

        (await Verify(host)).FirstFault.ShouldNotBeNull().ShouldSatisfyAllConditions(f => f.Code.ShouldBe("log_truncated"), f => f.Position.ShouldBe(20));
    }

    [Fact]
    public async Task a_cut_tail_is_found_by_the_witness_outside_when_the_checkpoints_were_cut_too()
    {
        await using var host = await Filled();
        await host.Get<IVerification>().Checkpoint();

        await Tamper(host, Truncate + "; delete from toolgate.checkpoints");

        (await Verify(host)).FirstFault.ShouldNotBeNull().ShouldSatisfyAllConditions(f => f.Code.ShouldBe("log_truncated"), f => f.Position.ShouldBe(20));
    }

    [Fact]
    public async Task a_history_rewritten_with_a_chain_that_fits_is_found_by_the_witness()
    {
        await using var host = await Filled();
        await host.Get<IVerification>().Checkpoint();

        await Tamper(host, """
            update events.mt_events set data = '{"amount": 999}' where seq_id = 7;
            update toolgate.event_seals s set hash = c.hash
            from (select seq_id, toolgate.seal_chain(decode(repeat('00', 32), 'hex'), toolgate.event_leaf(e)) over (order by seq_id) as hash
                  from events.mt_events e) c where c.seq_id = s.seq_id;
            delete from toolgate.checkpoints
            """);

        (await Verify(host)).FirstFault.ShouldNotBeNull().ShouldSatisfyAllConditions(f => f.Code.ShouldBe("event_changed"), f => f.Position.ShouldBe(20));
    }

    [Fact]
    public async Task a_checkpoint_that_was_not_signed_with_our_key_is_forged()
    {
        await using var host = await Filled();
        var signed = await host.Get<IVerification>().Checkpoint();

        await Tamper(host, "update toolgate.checkpoints set position = 15, hash = (select hash from toolgate.event_seals where seq_id = 15)");

        signed.Head.Position.ShouldBe(20);
        (await Verify(host)).FirstFault.ShouldBe(new VerificationFault(15, "checkpoint_forged", "The signature of this checkpoint is not valid."));
    }

    [Fact]
    public async Task a_checkpoint_outlives_the_process_that_signed_it_and_its_key_is_private()
    {
        await using var host = await Filled();
        var signed = await host.Get<IVerification>().Checkpoint();

        await using var next = await TestHost.Start(host.Connection, host.Directory);

        (await next.Get<IVerification>().Checkpoints()).ShouldContain(signed);
        (await Verify(next)).Valid.ShouldBeTrue();
        foreach (var file in Directory.GetFiles(host.Directory))
        {
            if (!OperatingSystem.IsWindows())
            {
                File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite, file);
            }
        }

        (await next.Scalar<string>("select string_agg(c::text, '') from toolgate.checkpoints c")).ShouldNotContain("PRIVATE");
    }

    [Fact]
    public async Task the_head_is_signed_after_so_many_events_and_when_the_host_stops()
    {
        await using var host = await TestHost.StartNew(options: o => o.CheckpointEvents = 5);
        var verification = host.Get<IVerification>();
        for (var i = 0; i < 5; i++)
        {
            await host.Append("a", new TickRecorded(i, "x"));
        }

        while ((await verification.Checkpoints()).Count == 0)
        {
            await Task.Yield();
        }

        await host.Append("a", new TickRecorded(6, "x"));
        await host.Startup.Stop();

        (await verification.Checkpoints()).Select(c => c.Head.Position).ShouldBe([5, 6]);
    }

    [Theory]
    [InlineData("update events.mt_events set data = '{}'")]
    [InlineData("update events.mt_events set seq_id = seq_id + 1000")]
    [InlineData("delete from events.mt_events")]
    [InlineData("truncate events.mt_events")]
    [InlineData("truncate events.mt_streams cascade")]
    [InlineData("delete from events.mt_streams")]
    [InlineData("update events.mt_streams set id = id || 'x'")]
    [InlineData("update toolgate.event_seals set hash = ''")]
    [InlineData("delete from toolgate.event_seals")]
    [InlineData("truncate toolgate.event_seals")]
    public async Task the_database_itself_refuses(string statement)
    {
        await using var host = await Filled();

        (await Should.ThrowAsync<PostgresException>(host.Execute(statement))).MessageText.ShouldContain("append-only");

        (await Verify(host)).Valid.ShouldBeTrue();
    }

    private const string Truncate = """
        delete from events.mt_events where seq_id > 17; delete from toolgate.event_seals where seq_id > 17;
        update events.mt_streams s set version = (select max(version) from events.mt_events e where e.stream_id = s.id)
        """;

    private static async Task<TestHost> Filled()
    {
        var host = await TestHost.StartNew();
        for (var i = 0; i < 20; i++)
        {
            await host.Append($"s{(i % 3).ToString(CultureInfo.InvariantCulture)}", new DepositMade(i));
        }

        return host;
    }

    private static Task<VerificationReport> Verify(TestHost host) => host.Get<IVerification>().Verify();

    /// <summary>What a superuser can do: the triggers do not stop him, the chain tells on him.</summary>
    private static Task Tamper(TestHost host, string sql, string before = "select 1") => host.Execute($"""
        alter table events.mt_events disable trigger all; alter table events.mt_streams disable trigger all; alter table toolgate.event_seals disable trigger all;
        {before}; {sql};
        alter table events.mt_events enable trigger all; alter table events.mt_streams enable trigger all; alter table toolgate.event_seals enable trigger all
        """);
}
